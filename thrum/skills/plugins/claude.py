"""The plugin for Claude Code, with the marketplace file by which it is installed.

In a plugin a slash command is ``/thrum:send``: the plugin's name stands before its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from thrum.runtimes import registry
from thrum.skills import slash, source
from thrum.skills.plugins import hooks
from thrum.skills.plugins.about import FACTS, NAME, SERVER, SUMMARY, TITLE, written
from thrum.skills.plugins.hooks import Dialect
from thrum.skills.skill import File, claude, page

DIALECT: Final = Dialect(
    root="${CLAUDE_PLUGIN_ROOT}",
    variable="CLAUDE_CONFIG_DIR",
    folder=".claude",
    project="${CLAUDE_PROJECT_DIR:-$PWD}",
)


def files() -> Iterator[File]:
    """Everything in it."""
    yield written(".claude-plugin/plugin.json", FACTS)
    yield written(
        ".claude-plugin/marketplace.json",
        {
            "name": NAME,
            "owner": {"name": TITLE},
            "metadata": {"description": SUMMARY},
            "plugins": [{"name": NAME, "source": "./", "description": SUMMARY}],
        },
    )
    adapter = registry.adapter("claude")
    yield from hooks.files(adapter, DIALECT)
    yield written(".mcp.json", {"mcpServers": {NAME: {**SERVER, **adapter.mcp_also}}})
    skill = source.skill()
    for file in skill.files(front=claude(skill)):
        yield file._replace(path=f"skills/{skill.name}/{file.path}")
    for each in slash.skills(prefix=""):
        front = claude(each)
        del front["name"]  # that of the file is its name
        yield File(f"commands/{each.name}.md", page(front, each.body))

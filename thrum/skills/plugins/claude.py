"""The plugin for Claude Code, with the marketplace file by which it is installed.

In a plugin a slash command is ``/thrum:send``: the plugin's name stands before its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from thrum.runtimes import claude as runtime
from thrum.runtimes import mark, registry
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


def monitor() -> dict[str, str]:
    """What runs as long as a session and says of new mail, a line each time.

    When it ends Claude begins a turn to say so. So there is always something that sleeps until
    Claude hangs up: where there is no Thrum, and where nothing is to be waited for any more.
    """
    words = " ".join(mark.waker(runtime.MONITOR, runtime.NAME))
    started = f'sh "{DIALECT.root}/{hooks.SCRIPT}" {words}'
    return {
        "name": "mail",
        "command": f"{started}; exec cat <&1 >/dev/null",
        "description": "Mail from other agents",
        "when": "always",
    }


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
    yield written("monitors/monitors.json", [monitor()])
    yield written(".mcp.json", {"mcpServers": {NAME: {**SERVER, **adapter.mcp_also}}})
    skill = source.skill()
    for file in skill.files(front=claude(skill)):
        yield file._replace(path=f"skills/{skill.name}/{file.path}")
    for each in slash.skills(prefix=""):
        front = claude(each)
        del front["name"]  # that of the file is its name
        yield File(f"commands/{each.name}.md", page(front, each.body))

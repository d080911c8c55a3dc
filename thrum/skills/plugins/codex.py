"""The plugin for Codex, within a marketplace that ``codex plugin marketplace add`` takes.

There ``plugins`` is a list; a table makes Codex refuse the whole file.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from thrum.runtimes import registry
from thrum.skills import slash, source
from thrum.skills.folders import UNLISTED
from thrum.skills.plugins import hooks
from thrum.skills.plugins.about import FACTS, NAME, SERVER, SUMMARY, TITLE, written
from thrum.skills.plugins.hooks import Dialect
from thrum.skills.skill import File, plain

FOLDER: Final = f"plugins/{NAME}"
DIALECT: Final = Dialect(root="${PLUGIN_ROOT}", variable="CODEX_HOME", folder=".codex")


def files() -> Iterator[File]:
    """The marketplace, and the plugin in a folder of its own."""
    yield written(
        ".agents/plugins/marketplace.json",
        {
            "name": NAME,
            "interface": {"displayName": TITLE},
            "plugins": [
                {
                    "name": NAME,
                    "source": {"source": "local", "path": f"./{FOLDER}"},
                    "policy": {"installation": "AVAILABLE", "authentication": "ON_INSTALL"},
                    "category": "Productivity",
                }
            ],
        },
    )
    for file in _plugin():
        yield file._replace(path=f"{FOLDER}/{file.path}")


def _plugin() -> Iterator[File]:
    yield written(
        ".codex-plugin/plugin.json",
        {
            **FACTS,
            "skills": "./skills/",
            "hooks": "./hooks/hooks.json",
            "mcpServers": "./.mcp.json",
            "interface": {
                "displayName": TITLE,
                "shortDescription": SUMMARY,
                "developerName": TITLE,
                "category": "Productivity",
            },
        },
    )
    adapter = registry.adapter("codex")
    yield from hooks.files(adapter, DIALECT)
    yield written(".mcp.json", {"mcpServers": {NAME: {**SERVER, **adapter.mcp_also}}})
    for skill in (source.skill(), *slash.skills(prefix="")):
        for file in skill.files(front=plain(skill)):
            yield file._replace(path=f"skills/{skill.name}/{file.path}")
        if skill.is_typed:
            yield UNLISTED._replace(path=f"skills/{skill.name}/{UNLISTED.path}")

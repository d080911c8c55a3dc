"""The package that several runtimes read: ``plugin.json``, skills and the MCP server.

Gemini and Qwen call such a package an extension and ask for a manifest by that name. Hooks are not
in it, because they differ from runtime to runtime: ``thrum setup`` writes those.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from thrum.runtimes import registry
from thrum.skills import slash, source
from thrum.skills.plugins.about import FACTS, NAME, SERVER, written
from thrum.skills.skill import File, plain

_EXTENSIONS: Final = ("gemini", "qwen")


def files() -> Iterator[File]:
    """Everything in it."""
    yield written("plugin.json", {**FACTS, "skills": "./skills/", "mcpServers": "./mcp.json"})
    yield written("mcp.json", {"mcpServers": {NAME: SERVER}})
    about = {key: FACTS[key] for key in ("name", "version", "description")}
    for name in _EXTENSIONS:
        server = {**SERVER, **registry.adapter(name).mcp_also}
        yield written(f"{name}-extension.json", {**about, "mcpServers": {NAME: server}})
    for skill in (source.skill(), *slash.skills()):
        for file in skill.files(front=plain(skill)):
            yield file._replace(path=f"skills/{skill.name}/{file.path}")

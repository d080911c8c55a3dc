"""What Claude Code was asked to trust (2.1.197): folders, and the servers of a project.

The answer for a folder stands in the person's file, for a linked work tree under the name of the
main one, and holds for what is below. The answer for a server of ``.mcp.json`` stands in the
settings, mostly in those that are kept out of git.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from thrum.runtimes import mark
from thrum.setup.trust import said


def trusted(home: Path, root: Path, env: Mapping[str, str]) -> bool:
    """Whether the folder is trusted, and our server where only the project names it.

    Raises:
        OSError: a file cannot be read.
        ValueError: a file is no such text.
    """
    named = env.get("CLAUDE_CONFIG_DIR", "")
    person = said.document((Path(named) if named else home) / ".claude.json")
    projects = person.get("projects", {})
    if not any(
        projects.get(each, {}).get("hasTrustDialogAccepted") is True for each in _names(root)
    ):
        return False
    ours = set(_servers(said.document(root / ".mcp.json"))) - set(_servers(person))
    if not ours:
        return True
    folder = Path(named) if named else home / ".claude"
    return ours <= _approved(folder, root, projects.get(str(root), {}))


def _names(root: Path) -> Iterator[str]:
    for tree in said.trees(root):
        yield from (str(each) for each in (tree, *tree.parents))


def _servers(document: Mapping[str, Any]) -> Iterator[str]:
    """The names of servers that are ours."""
    servers = document.get("mcpServers") or {}
    yield from (name for name, server in servers.items() if mark.is_ours(server))


def _approved(folder: Path, root: Path, older: Mapping[str, Any]) -> set[str]:
    """The servers of a project that may be started.

    Args:
        folder: the person's.
        root: the work tree.
        older: what the person's file says of the project; older versions answered there.
    """
    project = root / ".claude"
    files = (folder / "settings.json", project / "settings.json", project / "settings.local.json")
    documents = [older, *(said.document(file) for file in files)]
    if any(each.get("enableAllProjectMcpServers") is True for each in documents):
        enabled = set(_servers(said.document(root / ".mcp.json")))
    else:
        enabled = _listed(documents, "enabledMcpjsonServers")
    return enabled - _listed(documents, "disabledMcpjsonServers")


def _listed(documents: list[Mapping[str, Any]], key: str) -> set[str]:
    return {str(name) for each in documents for name in each.get(key) or ()}

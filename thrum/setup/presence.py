"""Whether a plugin of ours is in use already, which brings what setup would write once more."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from thrum.runtimes.contract import Adapter, Part, Where
from thrum.setup import foreign, json_text, toml_text
from thrum.skills.plugins.about import NAME

BROUGHT: Final = frozenset({Part.HOOKS, Part.MCP, Part.SKILL})
"""What a plugin brings along."""


def plugin(where: Where, adapter: Adapter) -> str:
    """The plugin of ours that the runtime uses here, by its own name for it; empty if none.

    A file that cannot be read says nothing: a plugin's hooks stand back where setup's are.
    """
    look = _LOOKS.get(adapter.name)
    return next(iter(look(where)), "") if look else ""


def _claude(where: Where) -> Iterator[str]:
    """By what the settings enable; those of the work tree beat the person's."""
    person = Path(where.env.get("CLAUDE_CONFIG_DIR") or where.home / ".claude")
    project = where.root / ".claude"
    enabled: dict[str, Any] = {}
    for file in (
        person / "settings.json",
        project / "settings.json",
        project / "settings.local.json",
    ):
        found = _decoded(file, json_text.decode).get("enabledPlugins")
        enabled |= found if isinstance(found, Mapping) else {}
    yield from (name for name, value in enabled.items() if value is True and _is_ours(name))


def _codex(where: Where) -> Iterator[str]:
    """By the plugins of the configuration."""
    file = Path(where.env.get("CODEX_HOME") or where.home / ".codex") / "config.toml"
    found = _decoded(file, toml_text.decode).get("plugins")
    for name, plugin in (found if isinstance(found, Mapping) else {}).items():
        if _is_ours(name) and isinstance(plugin, Mapping) and plugin.get("enabled") is not False:
            yield name


def _is_ours(name: str) -> bool:
    """Whether a plugin's name, with that of its marketplace behind it, is that of ours."""
    return name.partition("@")[0] == NAME


def _decoded(file: Path, decode: Callable[[str], Any]) -> Mapping[str, Any]:
    try:
        found = foreign.read(file)
        document = decode(found.text) if found.raw is not None else {}
    except (foreign.Obstacle, ValueError):
        return {}
    return document if isinstance(document, Mapping) else {}


_LOOKS: Final[Mapping[str, Callable[[Where], Iterator[str]]]] = {
    "claude": _claude,
    "codex": _codex,
}

"""What Codex was asked to trust (0.171.0): each hook, by a hash of what it is.

The answers stand in the person's ``config.toml`` under ``hooks.state``, by file, event, number of
the group and number of the handler in it. So a hook that somebody puts in front of ours makes it
another one to Codex. The hash is over the handler as Codex has read it, with the times and the
matcher that count in the end.

In a linked work tree Codex reads the hooks of the main one. A project's are read at all where the
person trusts the project. Of a plugin's hooks the hash is over something that is not known.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from thrum.runtimes import mark
from thrum.setup.trust import said

_BRIEF: Final = {"SessionEnd": (1, 3), "Interrupt": (1, 3)}
"""Seconds that a hook has at these events: where it says nothing, and at most."""

_SECONDS: Final = (600, None)
_ALWAYS: Final = frozenset({"UserPromptSubmit", "Stop", "Interrupt"})
"""Events at which a matcher does not count."""


class Hooked(NamedTuple):
    """One handler of a file: its event, and the numbers of its group and of itself."""

    event: str
    group: int
    number: int
    is_ours: bool
    handler: Mapping[str, Any]
    matcher: str | None

    @property
    def digest(self) -> str:
        """The hash that Codex has of it."""
        return digest(self.event, self.handler, self.matcher)

    @property
    def name(self) -> str:
        """The event as Codex spells it there."""
        return _spelled(self.event)


def trusted(home: Path, root: Path, env: Mapping[str, str]) -> bool | None:
    """Whether every hook of ours is trusted as it stands; None where there is none in a file.

    Raises:
        OSError: a file cannot be read.
        ValueError: a file is no such text.
    """
    named = env.get("CODEX_HOME", "")
    base = Path(named).resolve() if named else home / ".codex"
    config = said.document(base / "config.toml", tomllib.loads)
    trees = tuple(said.trees(root))
    files = (base / "hooks.json", trees[-1] / ".codex" / "hooks.json")
    ours = {file: [each for each in hooked(said.document(file)) if each.is_ours] for file in files}
    if not any(ours.values()):
        return None
    if said.at(config, "features", "hooks") is False or (
        ours[files[1]] and not _knows(config, trees)
    ):
        return False
    state = said.at(config, "hooks", "state") or {}
    return all(_is_trusted(state, file, each) for file in files for each in ours[file])


def hooked(document: Mapping[str, Any]) -> Iterator[Hooked]:
    """The handlers of a ``hooks.json``."""
    for event, groups in (document.get("hooks") or {}).items():
        for number, group in enumerate(groups):
            for place, handler in enumerate(group.get("hooks") or ()):
                is_ours = mark.is_ours(handler)
                yield Hooked(event, number, place, is_ours, handler, group.get("matcher"))


def digest(event: str, handler: Mapping[str, Any], matcher: str | None = None) -> str:
    """The hash of a handler, as it stands behind ``trusted_hash``."""
    unsaid, most = _BRIEF.get(event, _SECONDS)
    seconds = max(int(handler.get("timeout", unsaid)), 1)
    read: dict[str, Any] = {
        "type": handler["type"],
        "command": handler["command"],
        "timeout": min(seconds, most) if most else seconds,
        "async": handler.get("async", False),
    }
    if "statusMessage" in handler:
        read["statusMessage"] = handler["statusMessage"]
    found: dict[str, Any] = {"event_name": _spelled(event), "hooks": [read]}
    if matcher is not None and event not in _ALWAYS:
        found["matcher"] = matcher
    text = json.dumps(found, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    import hashlib  # loads OpenSSL, which a look at files without trust does not need

    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _spelled(event: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", event).lower()


def _is_trusted(state: Mapping[str, Any], file: Path, hook: Hooked) -> bool:
    known = state.get(f"{file}:{hook.name}:{hook.group}:{hook.number}", {})
    stored = known.get("trusted_hash")
    return bool(stored) and stored == hook.digest and known.get("enabled") is not False


def _knows(config: Mapping[str, Any], trees: tuple[Path, ...]) -> bool:
    """Whether the person trusts the project."""
    return any(said.at(config, "projects", str(tree), "trust_level") == "trusted" for tree in trees)

"""Whether a runtime runs what was set up, as far as its own files say so."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

Answer = bool | None
"""Yes, no, or nobody can tell."""


def trusted(runtime: str, home: Path, root: Path, env: Mapping[str, str]) -> Answer:
    """Whether a runtime trusts what is in its settings, and the folder that it would run in.

    Args:
        runtime: its name.
        home: the person's.
        root: the work tree.
        env: the environment, for the runtime's own folder.
    """
    look = _LOOKS.get(runtime)
    if look is None:
        return None
    try:
        return look(home, root, env)
    except (OSError, ValueError, AttributeError, TypeError):
        # It is the runtime's file and says what it likes; then it says nothing to us.
        return None


def _claude(home: Path, root: Path, env: Mapping[str, str]) -> Answer:
    """The folder, or one above it, for which the person said yes."""
    base = env.get("CLAUDE_CONFIG_DIR", "")
    text = ((Path(base) if base else home) / ".claude.json").read_text(encoding="utf-8")
    projects = json.loads(text).get("projects", {})
    folders = (str(each) for each in (root, *root.parents))
    return any(projects.get(each, {}).get("hasTrustDialogAccepted") is True for each in folders)


def _codex(home: Path, _root: Path, env: Mapping[str, str]) -> Answer:
    """A hash for each hook of ours, by the file and the event."""
    base = Path(env.get("CODEX_HOME") or home / ".codex")
    known: Mapping[str, Any] = tomllib.loads((base / "config.toml").read_text(encoding="utf-8"))
    state = known.get("hooks", {}).get("state", {})
    ours = [each for key, each in state.items() if key.startswith(f"{base / 'hooks.json'}:")]
    return any(each.get("trusted_hash") for each in ours)


_LOOKS: Final[Mapping[str, Callable[[Path, Path, Mapping[str, str]], Answer]]] = {
    "claude": _claude,
    "codex": _codex,
}

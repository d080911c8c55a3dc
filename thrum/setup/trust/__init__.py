"""Whether a runtime runs what was set up, as far as its own files say so.

Nothing is started and nothing is written. What stands here was seen in the programs themselves, in
the versions that the modules name; another version's files may say nothing that is understood.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from thrum.setup.trust import claude, codex, folders

Answer = bool | None
"""Yes, not yet, or nobody can tell."""


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
    except (OSError, ValueError, AttributeError, TypeError, LookupError, RecursionError):
        # It is the runtime's file and says what it likes; then it says nothing to us.
        return None


_LOOKS: Final[Mapping[str, Callable[[Path, Path, Mapping[str, str]], Answer]]] = {
    "claude": claude.trusted,
    "codex": codex.trusted,
    "gemini": folders.gemini,
    "qwen": folders.qwen,
}

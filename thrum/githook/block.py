"""Our lines in a hook that is a shell script, and taking them out again; pure, byte for byte.

They name no place of this machine, for a hook may be a file of a team: they start what lies in the
repository's git directory, and where nothing lies there they do nothing.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Final

BEGIN: Final = b"# >>> thrum hook install pre-commit (--remove takes these lines out) >>>\n"
END: Final = b"# <<< thrum <<<\n"
_END_OF_BARE: Final = b"# <<< thrum, behind a line without an end <<<\n"
"""The same behind a line that got its end from us."""

GUARD: Final = "thrum/pre-commit"
"""What is started, below the git directory that all worktrees share."""

_BODY: Final = f"""\
thrum_guard="$(git rev-parse --git-common-dir 2>/dev/null || :)/{GUARD}"
if [ -x "$thrum_guard" ]; then "$thrum_guard" </dev/null || exit 1; fi
""".encode()

OWN: Final = b"#!/bin/sh\n# Made by `thrum hook install pre-commit`.\n"
"""How a hook begins that was not there before."""

KEPT: Final = "before-thrum"
"""The folder beside a hook in which the one lies that was there, under its own name: programs look
at the name by which they are called."""

_CHAIN: Final = f"""\
hook="$(dirname "$0")/{KEPT}/$(basename "$0")"
if [ -x "$hook" ]; then exec "$hook" "$@"; fi
""".encode()

_SHELLS: Final = frozenset({"sh", "ash", "bash", "dash", "ksh", "mksh", "zsh"})
_HUSKY: Final = re.compile(rb"[ \t]*(\.|source)[ \t].*husky\.sh")
"""A line by which an older husky starts the very script once more, in a shell of its choice."""


def is_in(hook: bytes) -> bool:
    """Whether our lines are in a hook."""
    return BEGIN in hook


def is_shell(hook: bytes) -> bool:
    """Whether a hook is a script for a shell, into which lines can be put.

    One without a first line that says what runs it is run by ``sh``.
    """
    if b"\0" in hook:
        return False
    if not hook.startswith(b"#!"):
        return True
    words = hook[2:].splitlines()[0].decode(errors="replace").split() if hook[2:].strip() else []
    names = [PurePosixPath(each).name for each in words]
    if names[:1] == ["env"]:
        names = [each for each in names[1:] if not each.startswith("-") and "=" not in each]
    return bool(names) and names[0] in _SHELLS


def put(hook: bytes) -> bytes:
    """A hook with our lines before everything that it does; one that has them stays as it is."""
    if is_in(hook):
        return hook
    at = _place(hook)
    head, tail = hook[:at], hook[at:]
    is_bare = bool(head) and not head.endswith(b"\n")
    return head + b"\n" * is_bare + BEGIN + _BODY + (_END_OF_BARE if is_bare else END) + tail


def drop(hook: bytes) -> bytes:
    """A hook as it was without our lines.

    Raises:
        ValueError: where they end has been taken away.
    """
    while is_in(hook):
        head, _, rest = hook.partition(BEGIN)
        ends = [(rest.find(each), each) for each in (END, _END_OF_BARE) if each in rest]
        if not ends:
            raise ValueError(f"the line {END.decode().strip()!r} is not there any more")
        at, end = min(ends)
        hook = (head[:-1] if end is _END_OF_BARE else head) + rest[at + len(end) :]
    return hook


def new() -> bytes:
    """A hook that does nothing else."""
    return put(OWN)


def chained() -> bytes:
    """A hook that goes on with the one that was there."""
    return put(OWN) + _CHAIN


def is_chained(hook: bytes) -> bool:
    """Whether a hook is ours, and goes on with another one."""
    return is_in(hook) and hook.endswith(_CHAIN)


def _place(hook: bytes) -> int:
    """Where our lines go: behind the line that says what runs it, and behind that of husky."""
    lines = hook.splitlines(keepends=True)
    at = len(lines[0]) if hook.startswith(b"#!") else 0
    seen = 0
    for line in lines:
        seen += len(line)
        if _HUSKY.match(line):
            return seen
    return at

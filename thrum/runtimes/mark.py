"""The mark by which an entry in somebody's file is known to be ours: what it starts.

Texts change from release to release, paths from machine to machine. A program called ``thrum`` that
is told to do what only setup writes down stays.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any, Final

PROGRAM: Final = "thrum"
TASKS: Final = (("hook",), ("mcp", "serve"), ("statusline",))
RETIRED: Final = (
    "thrum-startup.sh",
    "thrum-check-inbox.sh",
    "thrum-polling.sh",
    "inject-prime-context.sh",
)
"""Scripts of older programs, which their setups wrote into the same files."""

_COMMANDS: Final = ("command", "bash")


def command(program: Path, *words: str) -> str:
    """A line for a shell, the same in every release."""
    return shlex.join([str(program), *words])


def hook(program: Path, event: str, runtime: str) -> str:
    """The line that tells us of an event."""
    return command(program, "hook", event, "--runtime", runtime)


def waker(event: str, runtime: str) -> list[str]:
    """The words with which a process is started that waits until a session is to be woken."""
    return ["hook", event, "--runtime", runtime, "--wake"]


def is_ours(value: Any) -> bool:
    """Whether a handler, a server or a status line is what some Thrum put there."""
    return isinstance(value, Mapping) and (_starts_us(_words(value)) or _is_retired(value))


def is_present(value: Any) -> bool:
    """Whether a value holds something of ours: it is ours, or a group with such a handler."""
    return bool(without_ours(value) != value)


def without_ours(value: Any) -> Any:
    """What is left of an element of a list of hooks: itself, or the group without our handlers.

    None where nothing is left.
    """
    if is_ours(value):
        return None
    handlers = value.get("hooks") if isinstance(value, Mapping) else None
    if not isinstance(handlers, list):
        return value
    left = [each for each in handlers if not is_ours(each)]
    if len(left) == len(handlers):
        return value
    return {**value, "hooks": left} if left else None


def _words(value: Mapping[str, Any]) -> list[str]:
    """What a handler or server starts, word by word; empty where nobody can tell."""
    words: list[str] = []
    args = value.get("args")
    for key in _COMMANDS:
        found = value.get(key)
        if isinstance(found, str):
            # With words of its own a command is a path, for which no shell is asked.
            words += [found] if isinstance(args, list) else _split(found)
        elif isinstance(found, list):
            words += [str(each) for each in found]
    return words + [str(each) for each in args] if isinstance(args, list) else words


def _split(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:
        return []


def _starts_us(words: list[str]) -> bool:
    program = PurePath(words[0]) if words else PurePath()
    if program.name != PROGRAM or not (program.is_absolute() or words[0] == PROGRAM):
        return False
    return any(tuple(words[1 : 1 + len(task)]) == task for task in TASKS)


def _is_retired(value: Mapping[str, Any]) -> bool:
    line = " ".join(_words(value))
    return any(script in line for script in RETIRED)

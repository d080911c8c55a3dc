"""Which commands a ready process becomes: those that ask the daemon and print what it says.

What starts programs, writes other people's files, or goes on for hours at a terminal runs in its
caller's own process, as does whatever is told the name of a file: it would be opened with the
rights of the ready process, and a caller in a sandbox has fewer.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NoReturn

from thrum import front
from thrum.cli.table import COMMANDS, Entry
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from thrum.cli.context import Context
    from thrum.cli.signature import Parameter

MODULES: Final = frozenset(
    {
        "agent",
        "ask",
        "bulk",
        "claim",
        "group",
        "hook",
        "inbox",
        "loops",
        "message",
        "overview",
        "ping",
        "prime",
        "prompts",
        "reply",
        "search",
        "send",
        "sent",
        "session",
        "statusline",
        "team",
        "thread",
        "tmux_queue",
        "version",
        "wait",
        "who_has",
        "whoami",
    }
)
"""The modules of these commands, in ``thrum.cli.commands``."""

PACKAGES: Final = ("thrum.cli", "thrum.cli.steps", "thrum.cli.render", "thrum.identity")
"""What they may need in the course of it."""

BESIDES: Final = frozenset({"hook pre-commit"})
"""Single commands of other modules."""

FILES: Final = frozenset({"file", "directory"})
"""Values of parameters that name something that is opened; ``-`` is the standard input."""


def _is_ready(entry: Entry) -> bool:
    return entry.module in MODULES or entry.name in BESIDES


class Elsewhere(BaseException):
    """This line must run in its caller's own process; nothing of it was done."""


@dataclass
class Bounds:
    """Says of a line whether it may run here.

    Attributes:
        is_asked: whether the daemon was asked something, from when on the line stays here.
    """

    is_asked: bool = False

    def command(self, entry: Entry) -> None:
        """Before the command is loaded.

        Raises:
            Elsewhere: it is none of those.
        """
        if not _is_ready(entry):
            raise Elsewhere

    def values(
        self, context: Context, parameters: Sequence[Parameter], values: Mapping[str, Any]
    ) -> None:
        """Before anything of it is done.

        Raises:
            Elsewhere: it names a file, or talks with a person for a long time.
        """
        named = [values.get(each.name) for each in parameters if FILES & {*each.takes.kinds}]
        if context.options.repo or any(each and each != "-" for each in named):
            raise Elsewhere
        if context.stdin_is_terminal and values.get("follow"):
            raise Elsewhere

    def leave(self) -> NoReturn:
        """Where something is needed that only the caller's own process has.

        Raises:
            Elsewhere: nothing was done so far.
            ThrumError: ``internal``, it is too late for that.
        """
        if not self.is_asked:
            raise Elsewhere
        raise ThrumError(
            "internal",
            "this command needs a process of its own",
            f"run it again with {front.OFF.decode()}=0",
        )


def load() -> None:
    """Loads what these commands need, so that nobody waits for that."""
    from thrum.cli import signature

    for package in PACKAGES:
        for found in pkgutil.iter_modules(importlib.import_module(package).__path__):
            if not found.ispkg:
                importlib.import_module(f"{package}.{found.name}")
    for entry in COMMANDS.values():
        if _is_ready(entry):
            signature.parameters(signature.load(entry))

"""The flags of every command, wherever on the line they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from thrum.errors import ThrumError

if TYPE_CHECKING:
    from thrum.cli.takes import Kind, Syntax


class Options:
    """What the flags of every command say.

    Attributes:
        json: one JSON document on stdout.
        quiet: only what was asked for.
        verbose: more, where there is more.
        help: print help and do nothing.
        version: print the version and do nothing.
        role: instead of the registered role; empty without the flag.
        module: instead of the registered module; empty without the flag.
        repo: the directory to work on; empty without the flag.
    """

    def __init__(self) -> None:
        self.json = False
        self.quiet = False
        self.verbose = False
        self.help = False
        self.version = False
        self.role = ""
        self.module = ""
        self.repo = ""

    def set(self, attribute: str, value: bool | str) -> None:
        """Sets what a flag stands for."""
        setattr(self, attribute, value)


class Flag(NamedTuple):
    """A flag of every command.

    Attributes:
        attribute: what it sets in `Options`.
        help: what it does, in a few words.
        kinds: what its value is, where it has one and that can be looked up.
        syntax: how its value is written.
    """

    attribute: str
    help: str
    kinds: tuple[Kind, ...] = ()
    syntax: Syntax | None = None


SWITCHES: Final = {
    "--json": Flag("json", "one JSON document on stdout"),
    "--quiet": Flag("quiet", "only what was asked for"),
    "--verbose": Flag("verbose", "say more, where there is more to say"),
    "--help": Flag("help", "help"),
    "-h": Flag("help", "help"),
}
"""Flags without a value."""

VALUES: Final = {
    "--role": Flag("role", "another role than the registered one", ("role",), "role"),
    "--module": Flag("module", "another module than the registered one", ("module",), "module"),
    "--repo": Flag("repo", "work on the repository at this path", ("directory",)),
}
"""Flags with one."""

VERSION: Final = {
    "-v": Flag("version", "the version"),
    "--version": Flag("version", "the version"),
}
"""Only before the command."""


def truth(flag: str, text: str) -> bool:
    """The value in ``--flag=VALUE`` of a flag that needs none.

    Raises:
        ThrumError: ``usage``.
    """
    if text.lower() in {"true", "1", "t"}:
        return True
    if text.lower() in {"false", "0", "f"}:
        return False
    raise ThrumError("usage", f"{flag} is true or false, not {text!r}")

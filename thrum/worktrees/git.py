"""The ``git`` program, which alone makes and removes worktrees whole: filters, hooks, submodules.

It is never given to a shell, asks nobody anything, and ends by a deadline.
"""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from thrum.errors import ThrumError

LIMIT_S: Final = 120.0
"""Seconds for a question; a status of a large work tree takes some."""

CHECKOUT_S: Final = 1800.0
"""Seconds for what writes or removes a whole work tree."""

_TALK: Final = ("hint:", "Preparing worktree", "HEAD is now at")
_MOST_WORDS: Final = 600
_FOREIGN: Final = re.compile(r"detected dubious ownership in repository at '([^']*)'")
_FATAL: Final = 128
"""How git ends where it works with no repository."""


@dataclass(frozen=True, slots=True)
class Git:
    """Runs git in one folder.

    Attributes:
        root: where it stands.
        environment: what it inherits, without what would have it work on another repository.
    """

    root: Path
    environment: Mapping[str, str]

    def standing_in(self, root: Path) -> Git:
        """The same in another folder."""
        return replace(self, root=root)

    def run(self, *arguments: str, limit_s: float = LIMIT_S) -> str:
        """What git prints.

        Raises:
            ThrumError: ``repository``, git refuses, in its own words; ``program``, it cannot be
                run; ``timed_out``.
        """
        done = self._done(arguments, limit_s)
        if done.returncode:
            raise self._refusal(done)
        return done.stdout

    def ask(self, *arguments: str) -> str | None:
        """What git prints, without the end of the line; None if its answer is no.

        Raises:
            ThrumError: ``repository``, git works with no repository here; ``program``;
                ``timed_out``.
        """
        done = self._done(arguments, LIMIT_S)
        if done.returncode == _FATAL and _FOREIGN.search(done.stderr):
            raise self._refusal(done)
        return None if done.returncode else done.stdout.rstrip("\n")

    def _done(self, arguments: tuple[str, ...], limit_s: float) -> subprocess.CompletedProcess[str]:
        # Imported here: help and completion of a command load its module, and not libgit2 with it.
        from gitstore import scrub
        from gitstore.child import Owner

        try:
            return Owner().run(["git", *arguments], scrub(self.environment), self.root, limit_s)
        except OSError as error:
            text = f"git cannot be run in {self.root}: {error.strerror or error}"
            todo = "install git, and see that the folder is there"
            raise ThrumError("program", text, todo) from error
        except subprocess.TimeoutExpired:
            text = f"`git {arguments[0]}` did not end within {limit_s:g} s"
            raise ThrumError("timed_out", text) from None

    def _refusal(self, done: subprocess.CompletedProcess[str]) -> ThrumError:
        words = _words(done.stderr or done.stdout)
        if not words:
            text = f"git ended with {done.returncode} and did not say why"
            return ThrumError("repository", text, "see what the hooks of the repository do")
        foreign = _FOREIGN.search(words)
        if foreign is None:
            return ThrumError("repository", f"git says: {words}")
        place = shlex.quote(foreign[1])
        todo = f"if you trust it: git config --global --add safe.directory {place}"
        return ThrumError("repository", f"git says: {foreign[0]}", todo)


def _words(text: str) -> str:
    """Git's reason in one line, without its advice."""
    lines = [line.strip() for line in text.splitlines()]
    said = [
        line.removeprefix("fatal: ").removeprefix("error: ")
        for line in lines
        if line and not line.startswith(_TALK)
    ]
    return "; ".join(said)[:_MOST_WORDS]

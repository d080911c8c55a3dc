"""What the identity files say of who a shell is, for whoever cannot ask the daemon or need not.

The daemon decides by the same rules (`choice`) and knows more: which agents are registered, where
their sessions were. So files are enough only where they leave nobody else and nothing about them is
doubtful; what is, `Evidence.is_certain` tells.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from thrum import git_place
from thrum.errors import ThrumError
from thrum.identity import choice, files, owner
from thrum.identity.choice import Choice
from thrum.identity.files import Identity, Scan
from thrum.identity.process import Process

REGISTER: Final = "register with `thrum quickstart NAME --role ROLE --module MODULE`"


@dataclass(frozen=True, slots=True)
class Evidence:
    """The identity files of a repository, as they stand to one shell.

    Attributes:
        all: every readable identity of every worktree.
        by_process: those of the nearest process above that has any, the newest first.
        here: those in the worktree where the shell stands, the newest first.
        folder: where those lie; None if the shell stands in no worktree of the repository.
        faults: why others there cannot be read: they may be the shell's own.
    """

    all: tuple[Identity, ...] = ()
    by_process: tuple[Identity, ...] = ()
    here: tuple[Identity, ...] = ()
    folder: Path | None = None
    faults: tuple[ThrumError, ...] = ()

    @property
    def candidates(self) -> tuple[Identity, ...]:
        """Every identity that could be the shell's, each once; the likeliest first."""
        found = {each.path: each for each in (*self.by_process, *self.here)}
        return tuple(found.values())

    @property
    def is_certain(self) -> bool:
        """Whether there is one agent only, of one file only, which lies where it was written.

        Of a file that was carried here, or that another worktree has as well, only the daemon
        knows whether its agent ever worked here.
        """
        if self.faults or len(self.candidates) != 1:
            return False
        (only,) = self.candidates
        return only.is_native and sum(each.name == only.name for each in self.all) == 1

    def file_of(self, name: str) -> Identity | None:
        """The agent's identity: one that could be the shell's, else its own in another worktree."""
        named = [each for each in (*self.candidates, *self.all) if each.name == name]
        return next((each for each in named if each.is_native), named[0] if named else None)

    def fault_of(self, name: str) -> ThrumError | None:
        """Why nothing is known of that agent where the shell stands, if its file is the reason."""
        return Scan([], list(self.faults)).fault_of(self.folder, name) if self.folder else None

    def choose(self, claim: str = "") -> Choice:
        """Who is meant, as far as the files tell."""
        at_home = [each.name for each in self.here if each.is_native]
        owning = sorted(self.by_process, key=lambda each: each.name not in at_home)
        return choice.choose(claim, [each.name for each in owning], at_home)

    def refusal(self, *, asked: bool) -> ThrumError:
        """Why nobody is known to be meant, and what helps.

        Args:
            asked: whether the daemon said that it is nobody; else it could not be asked.
        """
        if self.faults:
            return self.faults[0]
        names = ", ".join(sorted(each.name for each in self.here))
        if not self.here:
            return ThrumError("identity", "no agent is registered in this worktree", REGISTER)
        if not any(each.is_native for each in self.here):
            return self._carried(names)
        if asked:
            text = f"the daemon knows of no agent that lives here, in spite of the files: {names}"
            return ThrumError("identity", text, REGISTER)
        return ThrumError(
            "identity",
            f"several agents live here and none of them is known to be you: {names}",
            "set THRUM_NAME to one of them",
        )

    def _carried(self, names: str) -> ThrumError:
        """Why nobody speaks where every file came along with a copy of another folder."""
        homes = ", ".join(sorted({each.worktree for each in self.here}))
        who = f"{names} lives" if len(self.here) == 1 else f"{names} live"
        return ThrumError(
            "identity",
            f"no agent lives here: the identity files are copies from {homes}, where {who}",
            f"go on there, or {REGISTER.replace('register', 'register another agent here', 1)}",
        )


def gather(repository: Path, standing: Path, chain: Iterable[Process]) -> Evidence:
    """Reads the identity files of all worktrees.

    Args:
        repository: the checkout that the daemon serves.
        standing: the directory that the shell stands in.
        chain: the shell's process and its ancestors, nearest first.
    """
    scans = {folder: files.scan(folder) for folder in files.folders(repository)}
    every = [each for scan in scans.values() for each in scan.identities]
    owning, _ = owner.nearest(chain, every)
    git = git_place.find(standing)
    folder = files.folder(git.toplevel) if git else None
    here = scans.get(folder) if folder else None
    if here is None:
        return Evidence(tuple(every), tuple(owning))
    residents = files.newest_first(here.identities)
    return Evidence(tuple(every), tuple(owning), tuple(residents), folder, tuple(here.faults))

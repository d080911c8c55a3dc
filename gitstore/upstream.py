"""The remote that the branch is exchanged with, and what was last seen of it."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pygit2
from msgspec import Struct
from msgspec.structs import replace

from gitstore import remote as remotes
from gitstore.disk import Disk
from gitstore.errors import LogError
from gitstore.format import Format
from gitstore.inspection import Inspection
from gitstore.leftovers import Leftovers
from gitstore.partial import complete, is_partial
from gitstore.program import Answer, GitProgram
from gitstore.ref import Ref, common_directory
from gitstore.remote import UNTOLD, Choice, Told
from gitstore.sources import Sources

log = logging.getLogger(__name__)


class Upstream(Struct, dict=True):
    """The remote of one log; which one it is can change while the log is open.

    Args:
        repository: whose remotes are meant.
        format: names and keys; its remote is the one that was chosen last.
        git: the program that asks the remote.
        disk: the disk calls of the tracking ref.
        sleep: waits that many seconds.
        inspection: looks at what was fetched before libgit2 does.
        wanted: the name of the remote; empty for the one that `gitstore.remote` chooses.
    """

    repository: pygit2.Repository
    format: Format
    git: GitProgram
    disk: Disk
    sleep: Callable[[float], None]
    inspection: Inspection
    wanted: str = ""
    _told: Told = UNTOLD
    _is_doubtful: bool = False

    def __post_init__(self) -> None:
        self.sources = Sources(self.git)
        self.leftovers = Leftovers(common_directory(self.repository), ())
        self.git.on_killed = self.leftovers.git_was_killed
        self._turn_to(self.format.remote)
        choice = self._choice()
        self._is_doubtful = choice.name is None
        self._turn_to_choice(choice)

    def ask(self) -> Answer | None:
        """Has git say which remotes there are; why it does not, and then what it said counts.

        Where it would say the same as the last time, it is not asked.
        """
        self._is_doubtful = False
        if self.sources.are_known():
            return None
        before = self.sources.before()
        told = remotes.ask(self.repository, self.format.branch, self.git)
        if isinstance(told, Answer):
            return told
        self._told = told
        self.sources.after(before)
        return None

    def choose(self) -> Choice:
        """Turns to the remote that the branch is to be exchanged with now, if there is one.

        Where there seemed to be none when the log was opened, git is asked now: that takes
        processes, for which nobody waits who only opens it.
        """
        choice = self._choice()
        if choice.name is None and self._is_doubtful:
            self.ask()
            choice = self._choice()
        self._turn_to_choice(choice)
        return choice

    def _choice(self) -> Choice:
        return remotes.choose(self.repository, self.format.branch, self.wanted, self._told)

    def _turn_to_choice(self, choice: Choice) -> None:
        if choice.name and choice.name != self.format.remote:
            log.info("the branch is exchanged with %s", choice.name)
            self._turn_to(choice.name)

    def _turn_to(self, name: str) -> None:
        self.format = self.git.format = replace(self.format, remote=name)
        self.ref = Ref(self.repository, self.format.tracking, self.disk, sleep=self.sleep)
        shallow = common_directory(self.repository) / "shallow.lock"
        self.leftovers.locks = (self.ref.lock, shallow)

    @property
    def exists(self) -> bool:
        """Whether there is a remote to exchange the branch with."""
        return self.choose().name is not None

    @property
    def tip(self) -> str | None:
        """The remote branch's commit as last seen.

        Raises:
            DamagedObject: it cannot be read.
        """
        if self._is_doubtful:
            self.choose()
        found = self.ref.seen()
        if found is not None:
            self.inspection.inspect(found)
        return found

    @property
    def addresses(self) -> tuple[str, ...]:
        """Every place that a push goes to, by what git itself says.

        Several may be configured, and remotes and rules to rewrite them may stand in variables, and
        in files that are included under conditions which libgit2 does not know.

        Raises:
            LogError: git does not say it.
        """
        failed = self.ask()
        name = self.choose().name
        if name is None:
            return ()
        found = {} if failed else self._told.addresses
        if name not in found:
            words = failed.words if failed else f"it knows no remote {name}"
            raise LogError(f"git does not say where a push goes: {words}")
        return tuple(dict.fromkeys(url for url in found[name] if url))

    @property
    def is_partial(self) -> bool:
        """Whether files may be missing here because the remote promised to give them later."""
        return is_partial(self.repository, self.format)

    def complete(self, commit: str | None) -> None:
        """In a partial clone: fetches the files of a commit that were left at the remote.

        Raises:
            LogError: the remote does not give them.
        """
        if commit and self.is_partial:
            complete(self.repository, commit, self.git)

    def stands_at(self, commit: str) -> None:
        """Notes that the remote's branch is at a commit that was pushed."""
        # Git moves the tracking ref itself where the remote's refspec covers the branch.
        seen = self.tip
        if seen != commit:
            self.ref.swap(seen, commit)
        upstream = f"branch.{self.format.branch}"
        config = self.repository.config
        if f"{upstream}.remote" not in config:
            config[f"{upstream}.remote"] = self.format.remote
            config[f"{upstream}.merge"] = self.format.ref

"""Which of a repository's remotes the branch is exchanged with."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import pygit2
from msgspec import Struct, field

from gitstore.format import Format
from gitstore.program import Answer, GitProgram, Outcome
from gitstore.repository import open_repository

USUAL: Final = "origin"


class Choice(NamedTuple):
    """The remote's name, or why there is none; no words: the repository has no remotes."""

    name: str | None
    words: str = ""

    @property
    def refusal(self) -> Answer:
        """What it comes to where there is none."""
        return Answer(Outcome.FAILED if self.words else Outcome.NO_REMOTE, self.words)


class Told(Struct, frozen=True):
    """What git says of the remotes where libgit2 says something else.

    Variables (``GIT_CONFIG_COUNT``, ``GIT_CONFIG_GLOBAL``) and files that are included under some
    conditions hold for git alone.

    Attributes:
        more: remotes of which libgit2 knows nothing.
        fewer: remotes that only libgit2 finds.
        upstream: the remote that git has for the branch, where libgit2 has none.
        addresses: by remote, every address that a push goes to.
    """

    more: frozenset[str] = frozenset()
    fewer: frozenset[str] = frozenset()
    upstream: str = ""
    addresses: Mapping[str, Sequence[str]] = field(default_factory=dict)


UNTOLD: Final = Told()


def ask(repository: pygit2.Repository, branch: str, git: GitProgram) -> Told | Answer:
    """Asks git for the remotes, and for the branch's upstream where that is needed to choose."""
    found = git.remotes()
    if isinstance(found, Answer):
        return found
    seen, said = _seen(repository), frozenset(found)
    needed = len(found) > 1 and not _upstream(repository, branch)
    upstream = git.configured(f"branch.{branch}.remote") if needed else ""
    return Told(said - seen, seen - said, upstream, found)


def choose(
    repository: pygit2.Repository, branch: str, wanted: str = "", told: Told = UNTOLD
) -> Choice:
    """The remote that is wanted, else the branch's upstream, else ``origin``, else the only one.

    Asked anew each time, because people rename remotes while a daemon runs.
    """
    # A name that begins with a dash would be an option of the git program.
    known = _seen(repository) - told.fewer | told.more
    names = sorted(name for name in known if not name.startswith("-"))
    if wanted:
        return Choice(wanted) if wanted in names else Choice(None, _unknown(wanted, names))
    for name in (_upstream(repository, branch) or told.upstream, USUAL):
        if name in names:
            return Choice(name)
    if len(names) == 1:
        return Choice(names[0])
    return Choice(None, _several(branch, names) if names else "")


def choose_once(git: GitProgram, repository: pygit2.Repository, wanted: str) -> Choice:
    """As `choose`, by what git says; by what libgit2 sees where git says nothing."""
    told = ask(repository, git.format.branch, git)
    told = UNTOLD if isinstance(told, Answer) else told
    return choose(repository, git.format.branch, wanted, told)


def has_remote(place: Path, environment: Mapping[str, str] | None = None) -> bool:
    """Whether the repository at or above a directory has any remote.

    Args:
        place: a directory in the repository.
        environment: what the git program inherits; the process's own if None.

    Raises:
        RepositoryError: the repository cannot be used.
    """
    inherited = os.environ if environment is None else environment
    repository = open_repository(place, inherited)
    if _seen(repository):
        return True
    found = GitProgram.of(repository, Format(), inherited).remotes()
    return not isinstance(found, Answer) and bool(found)


def chosen(
    repository: pygit2.Repository, format: Format, wanted: str, environment: Mapping[str, str]
) -> str:
    """The remote to look at; the format's own name where none can be chosen.

    Git is asked only where libgit2 finds none.
    """
    choice = choose(repository, format.branch, wanted)
    if choice.name is None:
        choice = choose_once(GitProgram.of(repository, format, environment), repository, wanted)
    return choice.name or format.remote


def _seen(repository: pygit2.Repository) -> frozenset[str]:
    return frozenset(name for name in repository.remotes.names() if name)


def _upstream(repository: pygit2.Repository, branch: str) -> str:
    # All of them: libgit2 refuses to give the one value of a key that stands in the file twice.
    found = list(repository.config.get_multivar(f"branch.{branch}.remote"))
    return str(found[-1]) if found else ""


def _unknown(wanted: str, names: list[str]) -> str:
    there = f"there are: {', '.join(names)}" if names else "there is none at all"
    return f"the configured remote {wanted} does not exist; {there}"


def _several(branch: str, names: list[str]) -> str:
    return (
        f"there are several remotes ({', '.join(names)}) and nothing says which of them carries "
        f"{branch}; run `git config branch.{branch}.remote NAME`"
    )

"""Which of a repository's remotes the branch is exchanged with."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

import pygit2

from gitstore.format import Format
from gitstore.program import Answer, Outcome
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


def choose(repository: pygit2.Repository, branch: str, wanted: str = "") -> Choice:
    """The remote that is wanted, else the branch's upstream, else ``origin``, else the only one.

    Asked anew each time, because people rename remotes while a daemon runs.
    """
    # A name that begins with a dash would be an option of the git program.
    names = sorted(name for name in repository.remotes.names() if name and not name.startswith("-"))
    if wanted:
        return Choice(wanted) if wanted in names else Choice(None, _unknown(wanted, names))
    for name in (_upstream(repository, branch), USUAL):
        if name in names:
            return Choice(name)
    if len(names) == 1:
        return Choice(names[0])
    return Choice(None, _several(branch, names) if names else "")


def has_remote(place: Path) -> bool:
    """Whether the repository at or above a directory has any remote.

    Raises:
        RepositoryError: the repository cannot be used.
    """
    return any(name for name in open_repository(place).remotes.names())


def chosen(repository: pygit2.Repository, format: Format, wanted: str) -> str:
    """The remote to look at; the format's own name where none can be chosen."""
    return choose(repository, format.branch, wanted).name or format.remote


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

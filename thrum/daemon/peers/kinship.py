"""Whether two daemons are of clones of one repository, who then give each other everything."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Final

import pygit2

from thrum.ids import normalize_url

MOST: Final = 16
"""First commits that are told; a repository has one, or few."""
MOST_COMMITS: Final = 500_000
"""So far back is looked; of what is longer no first commit is known."""


def roots(repository: Path) -> list[str]:
    """The first commits of a repository, as far as git tells them. Not on the event loop.

    Those without a file do not count: two of them may be one by chance.
    """
    try:
        opened = pygit2.Repository(str(repository))
        if opened.head_is_unborn:
            return []
        walked = islice(opened.walk(opened.head.target), MOST_COMMITS)
        first = [each for each in walked if not each.parent_ids]
        return sorted(str(each.id) for each in first if len(each.tree))[:MOST]
    except (pygit2.GitError, KeyError, OSError, ValueError):
        return []  # then the remote tells, and else the narrower scope is the right one


def is_kin(
    own_url: str, other_url: str, own_roots: Iterable[str], other_roots: Iterable[str]
) -> bool:
    """Whether both are of one repository: by the address of the remote, or by a first commit."""
    if set(own_roots) & set(other_roots):
        return True
    return bool(own_url and other_url) and _canonical(own_url) == _canonical(other_url)


def _canonical(url: str) -> str:
    try:
        return normalize_url(url).rstrip("/")
    except ValueError:
        return url

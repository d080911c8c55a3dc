"""What commits changed, by comparing trees: only what differs is read."""

from __future__ import annotations

import logging
from typing import Final

import pygit2
from msgspec import Struct, field
from pygit2.enums import DeltaStatus, FileMode

from thrum.clock import format_seconds
from thrum.daemon.projection.queries.sessions import Commit, FileChange
from thrum.daemon.work.ahead import Ahead
from thrum.daemon.work.deadline import Deadline

logger = logging.getLogger("thrum.work")

MOST_COMMITS: Final = 100
MOST_FILES: Final = 500
"""Files of a branch or of a worktree that are told of."""

MOST_OF_COMMIT: Final = 100
"""Files of one commit that are told of."""

LARGEST_BLOB: Final = 1024 * 1024
"""Bytes; lines of larger files are not counted, nor are those of binary files."""

_STATUS: Final = {DeltaStatus.ADDED: "added", DeltaStatus.DELETED: "deleted"}
_NS: Final = 1_000_000_000


class Changes(Struct, frozen=True):
    """What a branch has that its base has not.

    Attributes:
        commits: the newest first.
        files: paths that differ from where the branch began, by name.
        details: the same files with their lines, the latest touched first.
    """

    commits: list[Commit] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    details: list[FileChange] = field(default_factory=list)


def text(raw: bytes) -> str:
    """A path or a subject as text; bytes that are none become replacement characters."""
    return raw.decode(errors="replace")


def path_of(delta: pygit2.DiffDelta) -> str:
    """The path that a difference is about: the new one, if the file is still there."""
    return text(delta.new_file.raw_path or delta.old_file.raw_path)


def changes(repository: pygit2.Repository, found: Ahead, deadline: Deadline) -> Changes:
    """The commits of a branch, and its files with their lines.

    Raises:
        Expired: the deadline.
        pygit2.GitError, KeyError: an object cannot be read.
    """
    if not found.commits:
        return Changes()
    commits, touched = [], dict[str, int]()
    for commit in found.commits[:MOST_COMMITS]:
        deadline.check()
        files = _files(commit)
        for path in files:
            touched[path] = max(touched.get(path, 0), commit.author.time)
        commits.append(Commit(str(commit.id), subject(commit), files[:MOST_OF_COMMIT]))
    if found.fork is None:
        return Changes(commits)
    # A file of a commit past the bound was touched before the oldest one that was looked at.
    oldest = found.commits[len(commits) - 1].author.time
    start = repository[found.fork].peel(pygit2.Commit).tree
    diff = start.diff_to_tree(found.commits[0].tree, context_lines=0, interhunk_lines=0)
    deltas = list(diff.deltas)
    paths = [path_of(delta) for delta in deltas]
    newest = sorted(range(len(paths)), key=lambda n: (-touched.get(paths[n], oldest), paths[n]))
    details = []
    for number in newest[:MOST_FILES]:
        deadline.check()
        added, removed = _lines(repository, diff, number, deltas[number])
        moment = format_seconds(touched.get(paths[number], oldest) * _NS)
        status = _STATUS.get(deltas[number].status, "modified")
        details.append(FileChange(paths[number], moment, added, removed, status))
    return Changes(commits, sorted(paths)[:MOST_FILES], details)


def subject(commit: pygit2.Commit) -> str:
    """The first paragraph of a commit's message on one line, as git shows it."""
    lines: list[str] = []
    for line in text(commit.raw_message).strip().splitlines():
        if not line.strip():
            break
        lines.append(line.strip())
    return " ".join(lines)


def _files(commit: pygit2.Commit) -> list[str]:
    """The paths that a commit changed; a merge changes none by itself."""
    if len(commit.parents) > 1:
        return []
    if commit.parents:
        diff = commit.parents[0].tree.diff_to_tree(commit.tree)
    else:
        diff = commit.tree.diff_to_tree(swap=True)
    return [path_of(delta) for delta in diff.deltas]


def _lines(
    repository: pygit2.Repository, diff: pygit2.Diff, number: int, delta: pygit2.DiffDelta
) -> tuple[int, int]:
    """Lines added and removed in one file of a difference; 0 where they are not counted."""
    if not all(_is_countable(repository, side) for side in (delta.old_file, delta.new_file)):
        return 0, 0
    try:
        patch = diff[number]
    except pygit2.GitError as error:
        # Attributes are looked up in the index, which may be the one thing that is damaged.
        logger.info("the lines of %s are not counted: %s", path_of(delta), error)
        return 0, 0
    if patch is None or patch.delta.is_binary:
        return 0, 0
    _, added, removed = patch.line_stats
    return added, removed


def _is_countable(repository: pygit2.Repository, side: pygit2.DiffFile) -> bool:
    """Whether this side of a difference is a file of bearable size, or no file at all."""
    if not any(side.id.raw):
        return True
    if side.mode == FileMode.COMMIT or side.id not in repository.odb:
        return False  # a submodule, or a blob that a partial clone does not have
    return int(repository.odb.read_header(side.id)[1]) <= LARGEST_BLOB

"""A repository is opened, or refused in one sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pygit2
import pytest

from gitstore import RepositoryError
from gitstore.repository import explain, open_repository

Git = Callable[..., str]
Clone = Callable[[str], Path]


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        (("extensions.refStorage", "reftable"), "reftable"),
        (("extensions.objectFormat", "sha256"), "SHA-256"),
        (("extensions.somethingNew", "true"), "extension somethingnew, .* use a clone"),
    ],
)
def test_a_repository_that_cannot_be_read_is_refused_in_one_sentence(
    clone: Clone, git: Git, setting: tuple[str, str], words: str
) -> None:
    where = clone("one")
    git("config", "core.repositoryFormatVersion", "1", cwd=where)
    git("config", *setting, cwd=where)
    with pytest.raises(RepositoryError, match=words):
        open_repository(where)


def test_outside_git_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(RepositoryError, match="git init"):
        open_repository(tmp_path)


def test_it_is_found_from_below_and_syncs_what_it_writes(clone: Clone) -> None:
    where = clone("one")
    below = where / "a" / "b"
    below.mkdir(parents=True)
    assert Path(open_repository(below).path) == where / ".git"
    assert pygit2.option(pygit2.enums.Option.ENABLE_FSYNC_GITDIR, True) is None


@pytest.mark.parametrize(
    ("words", "way_out"),
    [
        ("unsupported extension name extensions.relativeworktrees", "git worktree repair"),
        ("repository path '/x' is not owned by current user", "safe.directory /x"),
        ("unsupported repository version; only versions up to 1 are supported", "plain clone"),
        ("something nobody has seen before", "something nobody has seen before"),
    ],
)
def test_what_libgit2_says_becomes_a_way_out(words: str, way_out: str) -> None:
    text = explain(Path("/x"), words)
    assert text.startswith("/x ")
    assert way_out in text

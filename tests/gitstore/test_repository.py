"""A repository is opened, or refused in one sentence."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
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


def test_what_is_to_be_typed_is_one_word_to_a_shell() -> None:
    text = explain(Path("/x $(touch hit)"), "repository path '/x' is not owned by current user")
    assert "safe.directory '/x $(touch hit)'`" in text


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


@pytest.fixture
def another(clone: Clone) -> Iterator[Path]:
    """A clone that belongs to somebody else; libgit2 looks at owners again afterwards."""
    where = clone("one")
    for path in (where, *where.rglob("*")):
        os.chown(path, 4001, 4001)
    yield where
    pygit2.option(pygit2.enums.Option.SET_OWNER_VALIDATION, True)


@needs_root
def test_a_repository_of_somebody_else_is_refused_with_the_command_that_helps(
    another: Path, git: Git
) -> None:
    with pytest.raises(RepositoryError, match=r"safe\.directory") as refused:
        open_repository(another)
    command = str(refused.value).partition("`git ")[2].partition("`")[0]
    git(*command.split(), cwd=another)
    assert open_repository(another).path


@needs_root
@pytest.mark.parametrize(
    "settings",
    [
        {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "safe.directory",
            "GIT_CONFIG_VALUE_0": "*",
        },
        {"GIT_CONFIG_PARAMETERS": "'safe.directory=*'"},
        {"GIT_CONFIG_GLOBAL": "settings"},
        {"HOME": "other"},
    ],
)
def test_a_repository_of_somebody_else_is_opened_where_git_works_in_it(
    another: Path, tmp_path: Path, settings: dict[str, str]
) -> None:
    text = "[safe]\n\tdirectory = *\n"
    (tmp_path / "settings").write_text(text)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / ".gitconfig").write_text(text)
    place = {"GIT_CONFIG_GLOBAL": str(tmp_path / "settings"), "HOME": str(tmp_path / "other")}
    given = {name: place.get(name, value) for name, value in settings.items()}
    assert open_repository(another, {**os.environ, **given}).path
    assert open_repository(another / ".git", {**os.environ, **given}).path


@needs_root
def test_without_git_nobody_vouches_for_it(another: Path, tmp_path: Path) -> None:
    with pytest.raises(RepositoryError, match=r"safe\.directory"):
        open_repository(another, {"PATH": str(tmp_path)})

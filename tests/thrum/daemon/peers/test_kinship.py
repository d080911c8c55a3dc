"""Clones of one repository are kin: by a first commit, or by the address of their remote."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.thrum.daemon.ground import git
from thrum.daemon.peers import kinship


def made(place: Path, text: str) -> Path:
    """A repository with a first commit that holds something, or nothing, and a second one."""
    place.mkdir()
    git(place, "init", "-q", "-b", "main")
    if text:
        (place / "file").write_text(text)
        git(place, "add", "file")
    git(place, "commit", "-q", "--allow-empty", "-m", "first")
    git(place, "commit", "-q", "--allow-empty", "-m", "second")
    return place


def test_clones_share_their_first_commit(tmp_path: Path) -> None:
    one, other = made(tmp_path / "one", "a"), made(tmp_path / "other", "b")
    git(tmp_path, "clone", "-q", "one", "clone")
    git(tmp_path / "clone", "commit", "-q", "--allow-empty", "-m", "third")
    (first,) = kinship.roots(one)
    assert kinship.roots(tmp_path / "clone") == [first]
    assert kinship.is_kin("", "", [first], [first])
    assert not kinship.is_kin("", "", [first], kinship.roots(other))


def test_what_holds_nothing_or_is_none_has_no_first_commit(tmp_path: Path) -> None:
    (tmp_path / "unborn").mkdir()
    git(tmp_path / "unborn", "init", "-q")
    assert kinship.roots(made(tmp_path / "empty", "")) == []
    assert kinship.roots(tmp_path / "unborn") == []
    assert kinship.roots(tmp_path / "nowhere") == []
    assert not kinship.is_kin("", "", [], [])


@pytest.mark.parametrize(
    ("one", "other", "are_kin"),
    [
        ("git@example.org:a/b.git", "https://example.org/a/b", True),
        ("https://user@Example.org/a/b.git", "https://example.org/a/b/", True),
        ("https://example.org/a/b", "https://example.org/a/c", False),
        ("git@broken", "git@broken", True),
        ("git@broken", "https://example.org/a/b", False),
        ("https://example.org/a/b", "", False),
    ],
)
def test_one_remote_has_many_spellings(one: str, other: str, are_kin: bool) -> None:
    assert kinship.is_kin(one, other, [], []) is are_kin

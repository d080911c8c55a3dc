from __future__ import annotations

from pathlib import Path

import pygit2
import pytest

from gitstore import recent
from gitstore.recent import KEPT_SECONDS, Recent


@pytest.fixture
def repository(tmp_path: Path) -> pygit2.Repository:
    return pygit2.init_repository(str(tmp_path / "one"), bare=True)


def path(repository: pygit2.Repository, id: pygit2.Oid) -> Path:
    return Path(repository.path) / "objects" / str(id)[:2] / str(id)[2:]


def recent_of(repository: pygit2.Repository) -> Recent:
    return Recent(Path(repository.path) / "objects")


def test_what_has_gone_is_written_again_as_it_was(repository: pygit2.Repository) -> None:
    kept = recent_of(repository)
    ids = [repository.create_blob(b"one"), repository.TreeBuilder().write()]
    kept.keep(repository, ids, 0)
    assert kept.mend(1) == 0
    for id in ids:
        path(repository, id).unlink()
    assert kept.mend(2) == 2
    assert kept.mend(3) == 0
    again = pygit2.Repository(repository.path)
    assert again.read(ids[0])[1] == b"one"
    assert isinstance(again[ids[1]], pygit2.Tree)


def test_it_forgets_what_is_old(repository: pygit2.Repository) -> None:
    kept = recent_of(repository)
    old, young = repository.create_blob(b"old"), repository.create_blob(b"young")
    kept.keep(repository, [old], 0)
    kept.keep(repository, [young], 10)
    for id in (old, young):
        path(repository, id).unlink()
    assert kept.mend(KEPT_SECONDS) == 1
    assert path(repository, young).exists()
    assert not path(repository, old).exists()


def test_it_holds_no_more_than_it_may(
    repository: pygit2.Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recent, "KEPT_BYTES", 250)
    kept = recent_of(repository)
    ids = [repository.create_blob(bytes([n]) * 100) for n in range(5)]
    for id in (*ids, ids[3]):
        kept.keep(repository, [id], 0)
    for id in ids:
        path(repository, id).unlink()
    assert kept.mend(1) == 2
    assert [path(repository, id).exists() for id in ids] == [False, False, False, True, True]


def test_what_is_missing_cannot_be_kept(repository: pygit2.Repository) -> None:
    id = pygit2.Oid(hex="1" * 40)
    with pytest.raises(KeyError):
        recent_of(repository).keep(repository, [id], 0)

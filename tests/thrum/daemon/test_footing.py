"""What a daemon stands on, and how it sees that it is gone."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from thrum import paths
from thrum.daemon import footing, lifecycle
from thrum.daemon.footing import FIRM, Footing


@pytest.fixture
def place(repository: Path) -> paths.Place:
    (repository / ".thrum").mkdir()
    (repository / ".thrum/config.json").write_text("{}")
    return paths.at(repository)


@pytest.fixture
def standing(place: paths.Place) -> Iterator[Footing]:
    with lifecycle.only_daemon(place) as lock:
        yield Footing.of(lock)


def cleaned(place: paths.Place) -> None:
    shutil.rmtree(place.shared)


def emptied(place: paths.Place) -> None:
    shutil.rmtree(place.var)


def set_up_again(place: paths.Place) -> None:
    shutil.rmtree(place.shared)
    place.var.mkdir(parents=True)


def renamed(place: paths.Place) -> None:
    place.root.rename(place.root.with_name("renamed"))


def deleted(place: paths.Place) -> None:
    shutil.rmtree(place.root)


def another_clone(place: paths.Place) -> None:
    shutil.copytree(place.root, place.root.with_name("copy"), ignore=None)
    place.root.rename(place.root.with_name("first"))
    place.root.with_name("copy").rename(place.root)


def no_git(place: paths.Place) -> None:
    shutil.rmtree(place.root / ".git")


def test_nothing_is_lost_while_everything_is_there(standing: Footing) -> None:
    assert standing.lost() == ""
    assert standing.has_repository()
    assert FIRM.lost() == ""
    assert FIRM.has_repository()


@pytest.mark.parametrize(
    ("happens", "has_repository"),
    [
        (cleaned, True),
        (emptied, True),
        (set_up_again, True),
        (renamed, False),
        (deleted, False),
        (another_clone, False),
        (no_git, False),
    ],
)
def test_what_goes_is_seen(
    place: paths.Place,
    standing: Footing,
    happens: Callable[[paths.Place], None],
    has_repository: bool,
) -> None:
    happens(place)
    assert standing.lost()
    assert standing.has_repository() is has_repository


@pytest.mark.parametrize("then", ["nothing", "an empty file"])
def test_a_lock_that_was_removed_is_held_again(
    place: paths.Place, standing: Footing, then: str
) -> None:
    place.lock.unlink()
    if then != "nothing":
        place.lock.touch()
    assert standing.lost() == ""
    with pytest.raises(Exception, match="another daemon"), lifecycle.only_daemon(place):
        pass
    assert standing.lost() == ""


def test_a_lock_that_another_daemon_has_by_now_is_lost(
    place: paths.Place, standing: Footing
) -> None:
    place.lock.unlink()
    with lifecycle.only_daemon(place):
        assert standing.lost() == f"another daemon holds {place.lock}"
        assert standing.has_repository()


def test_what_goes_for_a_moment_only_is_not_the_end(
    standing: Footing, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter(["gone", "", "gone", "gone", "not asked any more"])
    monkeypatch.setattr(standing, "lost", lambda: next(answers))
    monkeypatch.setattr(footing, "LOOK_S", 0)
    assert asyncio.run(standing.gone()) == "gone"
    assert next(answers) == "not asked any more"

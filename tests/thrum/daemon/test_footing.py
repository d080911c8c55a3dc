"""What a daemon stands on, and how it sees that it is gone."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gitstore import LogError
from thrum import config, paths
from thrum.daemon import footing, lifecycle, main
from thrum.daemon.footing import FIRM, Footing
from thrum.daemon.node import Setting
from thrum.daemon.service.clock import SystemClock
from thrum.ids import Ids


@pytest.fixture
def place(repository: Path) -> paths.Place:
    (repository / ".thrum").mkdir()
    (repository / ".thrum/config.json").write_text("{}")
    return paths.at(repository)


@pytest.fixture
def standing(place: paths.Place) -> Iterator[Footing]:
    with lifecycle.only_daemon(place) as lock:
        found = Footing.of(lock)
        yield found
        found.close()


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
    if has_repository:
        standing.demand_repository()
    else:
        with pytest.raises(LogError, match="not the repository"):
            standing.demand_repository()


@pytest.mark.parametrize("ask", ["tip", "standing", "commit", "rescue", "since"])
def test_a_clone_that_took_the_place_of_ours_gets_no_branch_from_us(
    place: paths.Place, standing: Footing, ask: str
) -> None:
    """It may be in the middle of being cloned, and look as if it had none."""
    place.var.mkdir(exist_ok=True)
    setting = Setting(place, os.environ, SystemClock(), Ids(time.time_ns))
    opened = main.open_log(setting, config.load(place.config, {}), os.environ, standing)
    opened.append([[("events.jsonl", b'{"event_id":"e"}')]])
    place.root.rename(place.root.with_name("first"))
    subprocess.run(["git", "init", "-q", str(place.root)], check=True)
    question: dict[str, Callable[[], object]] = {
        "tip": lambda: opened.tip,
        "standing": opened.standing,
        "commit": opened.commit,
        "rescue": opened.rescue,
        "since": lambda: opened.since(None),
    }
    with pytest.raises(LogError, match="not the repository"):
        question[ask]()
    assert list((place.root / ".git" / "refs" / "heads").iterdir()) == []
    opened.close()


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
    monkeypatch.setattr(Footing, "lost", lambda _: next(answers))
    monkeypatch.setattr(footing, "LOOK_S", 0)
    assert asyncio.run(standing.gone()) == "gone"
    assert next(answers) == "not asked any more"


@pytest.mark.parametrize("which", [".git", ".thrum", ".thrum/var"])
def test_a_folder_that_was_made_again_is_another_one(
    place: paths.Place, standing: Footing, which: str
) -> None:
    """On disks that give the number of what was deleted to what is made next, too."""
    assert (len(standing.held), standing.lost()) == (3, "")
    folder, copy = place.root / which, place.root / "copy"
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("thrum.lock"))
    shutil.rmtree(folder)
    shutil.copytree(copy, folder)
    assert standing.lost() == f"{folder} is another folder now"

"""A process that lives for weeks holds no more packs open than there are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gitstore import Log, mover, packing
from gitstore import log as log_module
from gitstore.repository import open_repository
from gitstore.vanished import Vanished
from tests import descriptors

pytestmark = descriptors.listed

Clone = Callable[[str], Path]
Open = Callable[..., Log]
Event = Callable[..., bytes]
Git = Callable[..., str]


def held(where: Path) -> tuple[int, int]:
    """How many packs of the repository this process has open, and how many of these are gone."""
    packs = [
        each for each in descriptors.files() if each.startswith(f"{where}/") and ".pack" in each
    ]
    return len(packs), sum(each.endswith(" (deleted)") for each in packs)


def write(log: Log, event: Event, times: int = 1) -> None:
    for number in range(times):
        log.append([[(f"messages/agent{number % 3}.jsonl", event("some words " * 40))]])
        log.commit()


@pytest.fixture(autouse=True)
def looks_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mover, "MEND_EVERY_NS", 0)


@pytest.mark.parametrize(
    "collect",
    [("gc", "-q", "--prune=now"), ("repack", "-adq"), ("repack", "-Adq")],
)
def test_packs_that_somebodys_gc_replaces_are_let_go(
    clone: Clone,
    open_log: Open,
    event: Event,
    git: Git,
    collect: tuple[str, ...],
) -> None:
    where = clone("one")
    log = open_log(where)
    for _ in range(6):
        write(log, event)
        git(*collect, cwd=where)
        git("prune-packed", cwd=where)
        assert list(log.read())  # from the pack
    log.tidy()
    assert len(list(log.read())) == 6
    assert held(where) == (1, 0)


def test_packs_that_our_fold_replaces_are_let_go(
    clone: Clone,
    open_log: Open,
    event: Event,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(log_module, "PACK_AT", 2)
    monkeypatch.setattr(packing, "FOLD_AT", 2)
    where = clone("one")
    log = open_log(where)
    for _ in range(12):
        write(log, event, 2)
        assert log.tidy()
        assert list(log.read())
    log.tidy()
    assert len(list(log.read())) == 24
    there = len(list((where / ".git/objects/pack").glob("*.pack")))
    assert held(where) == (there, 0)


def test_a_commit_lets_go_of_them_as_well(
    clone: Clone,
    open_log: Open,
    event: Event,
    git: Git,
) -> None:
    where = clone("one")
    log = open_log(where)
    write(log, event, 3)
    for _ in range(3):
        git("repack", "-adq", cwd=where)
        list(log.read())
        write(log, event)
    assert held(where)[1] <= 1  # the one that went since


def test_a_closed_log_holds_none(
    clone: Clone,
    open_log: Open,
    event: Event,
    git: Git,
) -> None:
    where = clone("one")
    log = open_log(where)
    write(log, event)
    git("gc", "-q", cwd=where)
    assert list(log.read())
    assert held(where) == (1, 0)
    log.close()
    assert held(where) == (0, 0)
    assert list(log.read())  # the branch can still be asked
    log.close()


def test_nothing_is_opened_anew_while_no_pack_goes(packed: Path, git: Git) -> None:
    looked = Vanished(open_repository(packed))
    assert not looked.let_go()
    git("commit", "-q", "--allow-empty", "-m", "one", cwd=packed)
    git("repack", "-dq", cwd=packed)  # one more
    assert not looked.let_go()
    git("repack", "-adq", cwd=packed)
    assert looked.let_go()
    assert not looked.let_go()


def test_a_store_without_packs_is_no_trouble(clone: Clone) -> None:
    where = clone("one")
    (where / ".git/objects/pack").rmdir()
    assert not Vanished(open_repository(where)).let_go()

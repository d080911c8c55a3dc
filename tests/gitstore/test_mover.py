"""Moving the branch while others move it, lock it or take objects away."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pygit2
import pytest

from gitstore import Log, LogError
from gitstore.mover import MEND_EVERY_NS, MOST_ATTEMPTS, Mover

Git = Callable[..., str]
Clone = Callable[[str], Path]
Open = Callable[..., Log]
Event = Callable[..., bytes]


@pytest.fixture
def mover(clone: Clone, open_log: Open) -> Mover:
    return open_log(clone("one")).mover


def empty_commit(mover: Mover, parent: str, message: str = "") -> str:
    return mover.commit(mover.objects.tree(b""), [parent], message)


def test_it_moves_to_what_is_made_of_the_tip(mover: Mover) -> None:
    before, moves = mover.tip, mover.moves
    moved = mover.move(lambda tip: empty_commit(mover, tip))
    assert moved
    assert moved == (before, mover.tip)
    assert mover.tip != before
    assert mover.moves == moves + 1


@pytest.mark.parametrize("same", [True, False])
def test_there_is_nothing_to_move_to(mover: Mover, same: bool) -> None:
    before = mover.tip
    assert mover.move(lambda tip: tip if same else None) is None
    assert (mover.tip, mover.moves) == (before, 0)


def test_a_move_that_others_were_faster_than_is_made_anew(mover: Mover) -> None:
    tips: list[str] = []

    def overtaken(tip: str) -> str:
        tips.append(tip)
        if len(tips) < 3:
            assert mover.ref.swap(tip, empty_commit(mover, tip, f"faster {len(tips)}"))
        return empty_commit(mover, tip, "ours")

    assert mover.move(overtaken)
    assert len(set(tips)) == 3
    parents = mover.repository[mover.tip].peel(pygit2.Commit).parent_ids
    assert list(map(str, parents)) == [tips[-1]]


def test_a_branch_that_never_stands_still_is_said_so(mover: Mover) -> None:
    tries = 0

    def always_slower(tip: str) -> str:
        nonlocal tries
        tries += 1
        mover.ref.swap(tip, empty_commit(mover, tip, f"faster {tries}"))
        return empty_commit(mover, tip, "ours")

    with pytest.raises(LogError, match="does not stand still"):
        mover.move(always_slower)
    assert tries == MOST_ATTEMPTS


def test_an_object_that_is_missing_for_a_moment_is_waited_for(mover: Mover) -> None:
    tries = 0

    def missing_twice(tip: str) -> str:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise KeyError("gone")
        return empty_commit(mover, tip)

    assert mover.move(missing_twice)
    assert tries == 3


def test_an_object_that_stays_missing_ends_it_and_the_branch_stays(mover: Mover) -> None:
    before = mover.tip

    def missing(_tip: str) -> str:
        raise KeyError("f" * 40)

    with pytest.raises(LogError, match="lacks an object"):
        mover.move(missing)
    assert mover.tip == before


def test_objects_that_go_right_after_the_move_take_the_ref_back(
    mover: Mover, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, tips = mover.tip, []
    answers = iter([False, True])
    monkeypatch.setattr(mover.objects, "all_present", lambda: next(answers))

    def made(tip: str) -> str:
        tips.append(tip)
        return empty_commit(mover, tip)

    assert mover.move(made)
    assert tips == [before, before]
    assert mover.moves == 1


def test_what_a_prune_took_is_looked_for_once_a_second(mover: Mover) -> None:
    now = [10**18]
    mover.elapsed_ns = lambda: now[0]
    mover.move(lambda tip: empty_commit(mover, tip))
    tip = mover.tip
    file = Path(mover.repository.path) / "objects" / tip[:2] / tip[2:]
    mover.mend()
    file.unlink()
    mover.mend()
    assert not file.exists()
    now[0] += MEND_EVERY_NS
    mover.mend()
    assert file.exists()
    file.unlink()
    mover.mend(at_once=True)
    assert file.exists()


def test_a_commit_says_when_it_was_made(mover: Mover) -> None:
    mover.now_ns = lambda: 1_800_000_000 * 10**9
    found = mover.repository[empty_commit(mover, mover.tip)].peel(pygit2.Commit)
    assert (found.message, found.commit_time) == ("sync: 2027-01-15T08:00:00Z", 1_800_000_000)


def test_other_errors_are_explained_as_they_are(mover: Mover) -> None:
    error = OSError("disk full")
    assert mover.explained(error) is error


@pytest.mark.parametrize("has_branch", [True, False])
def test_nothing_is_moved_or_made_in_a_repository_that_took_the_place_of_ours(
    mover: Mover, git: Git, has_branch: bool
) -> None:
    def refuse() -> None:
        raise LogError("it is another one")

    before, where = mover.tip, Path(mover.repository.path)
    if not has_branch:
        git("update-ref", "-d", "refs/heads/a-sync", cwd=where)
    mover.demand = refuse
    with pytest.raises(LogError, match="another one"):
        mover.move(lambda tip: empty_commit(mover, tip))
    if has_branch:
        assert mover.tip == before
    else:
        with pytest.raises(LogError, match="another one"):
            assert mover.tip
    assert git("for-each-ref", "refs/heads/a-sync", cwd=where).count("a-sync") == has_branch

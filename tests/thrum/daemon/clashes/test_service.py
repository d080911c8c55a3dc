"""What agents hear at a boundary of others that are at the same files, and hear once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import anyio
import pytest

from thrum.daemon.clashes.kept import Key
from thrum.daemon.clashes.service import MOST_NAMED, MOST_OTHERS, Clashes
from thrum.daemon.transaction import Transaction
from thrum.daemon.work import noting
from thrum.daemon.work.reading import GitWork
from thrum.daemon.work.service import Work

SEAT = {"runtime": "claude", "session": "s1"}


@pytest.fixture
def crew(node: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A node with furiosa and nux, each with a session; nobody looks at worktrees by himself."""
    monkeypatch.setattr(Work, "stir", lambda _self, _agent: None)
    for name in ("furiosa", "nux"):
        node.agent(name)
    return node


def changes(node: Any, name: str, files: Iterable[str], worktree: str = "") -> None:
    """What a look at an agent's worktree finds."""
    (row,) = node.store.reader().execute(
        "SELECT session_id FROM sessions WHERE agent_id = ? AND ended_at IS NULL", (name,)
    )
    work = GitWork("main", worktree or f"/{name}", uncommitted_files=sorted(files))

    def keep(transaction: Transaction) -> None:
        noting.note(transaction, row[0], name, work)

    node.store.transact_blocking(keep)


def hears(node: Any, name: str, boundary: str = "tools", *, gets: bool = True) -> list[Any]:
    """Of whom and how many files an agent hears at a boundary."""
    node.stand(name)
    caller = node.connect()
    answer = caller.call("delivery.ask", **SEAT, boundary=boundary, can_tell=True)
    met = answer.get("clashes") or []
    if gets:
        caller.call("delivery.given", **SEAT, clash_ids=[each["id"] for each in met])
    caller.close()
    return [(each["agent_id"], each["form"], each["files"], each["count"]) for each in met]


def test_both_hear_of_a_file_once(crew: Any) -> None:
    changes(crew, "furiosa", ["src/a.py", "b"])
    assert hears(crew, "furiosa") == []
    changes(crew, "nux", ["SRC/a.py", "c"])
    assert hears(crew, "nux", "end_of_turn") == []  # it begins no turn
    assert hears(crew, "nux", "prompt") == [("furiosa", "changes", ["SRC/a.py"], 1)]
    assert hears(crew, "nux") == []
    assert hears(crew, "furiosa") == [("nux", "changes", ["src/a.py"], 1)]
    changes(crew, "nux", ["src/a.py", "b"])
    assert hears(crew, "nux") == [("furiosa", "changes", ["b"], 1)]


def test_what_did_not_get_through_is_told_again(crew: Any, wait_until: Any) -> None:
    changes(crew, "furiosa", ["a"])
    changes(crew, "nux", ["a"])
    assert len(hears(crew, "nux", gets=False)) == 1
    wait_until(lambda: hears(crew, "nux") != [])
    assert hears(crew, "nux") == []


def test_thousands_of_files_are_one_sentence(crew: Any) -> None:
    many = [f"f{number:04}" for number in range(5_000)]
    changes(crew, "furiosa", many)
    changes(crew, "nux", many)
    ((other, form, files, count),) = hears(crew, "nux")
    assert (other, form, len(files), count) == ("furiosa", "changes", MOST_NAMED, 5_000)
    assert hears(crew, "nux") == []


def test_of_many_others_a_boundary_tells_of_some(crew: Any) -> None:
    others = [f"a{number}" for number in range(MOST_OTHERS + 2)]
    for name in others:
        crew.agent(name)
        changes(crew, name, ["x"])
    changes(crew, "nux", ["x"])
    heard = [each[0] for _ in range(3) for each in hears(crew, "nux")]
    assert heard == others


def test_a_shared_worktree_and_a_path_that_is_committed_say_nothing(crew: Any) -> None:
    changes(crew, "furiosa", ["a"], "/shared")
    changes(crew, "nux", ["a"], "/shared")
    assert hears(crew, "nux") == []
    changes(crew, "nux", ["a"], "/own")
    changes(crew, "furiosa", [], "/shared")
    assert hears(crew, "nux") == []


def test_a_renamed_file_is_both(crew: Any) -> None:
    changes(crew, "furiosa", ["old -> new"])
    changes(crew, "nux", ["old"])
    assert [each[2] for each in hears(crew, "nux")] == [["old"]]


def test_who_holds_a_file_and_who_changes_it_both_hear(crew: Any) -> None:
    crew.call("furiosa", "claim.take", what=["src/**/*.py", "docs"])
    crew.call("furiosa", "claim.take", what=["notes"], shared=True)
    changes(crew, "furiosa", ["src/a.py"])
    changes(crew, "nux", ["docs/x", "notes/y", "src/deep/B.PY", "src/b.c"])
    assert hears(crew, "nux") == [("furiosa", "held", ["docs/x", "src/deep/B.PY"], 2)]
    assert hears(crew, "furiosa") == [("nux", "holds", ["docs/x", "src/deep/B.PY"], 2)]
    assert hears(crew, "furiosa") == []
    changes(crew, "nux", ["src/c.py"])
    crew.call("furiosa", "claim.release", all=True)
    assert hears(crew, "nux") == []


def test_nobody_hears_it_again_after_a_restart(crew: Any) -> None:
    changes(crew, "furiosa", ["a"])
    changes(crew, "nux", ["a"])
    assert len(hears(crew, "nux")) == 1
    service = Clashes(crew.parts)

    async def begin() -> set[Key]:
        await service.start()
        found = set(service._told)
        await service._forget()
        assert service._told == found
        return found

    assert anyio.run(begin) == {("nux", "furiosa", "a")}

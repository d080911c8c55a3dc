"""A full session is saved, its agent told, and whoever restarts sessions called."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest

from thrum.daemon.restart.fullness import Fullness
from thrum.daemon.restart.service import THRESHOLD_KEY, Full, Restart
from thrum.snapshots import shelf
from thrum.snapshots.shelf import Shelf

RECORDED = Path(__file__).parents[4] / "fixtures" / "transcripts"
FILE = RECORDED / "claude" / "another-branch.jsonl"


@pytest.fixture
def desk(node: Any) -> Any:
    """Furiosa works in a worktree of her own; sessions are full at 80 percent."""
    node.agent("furiosa")
    node.agent("nux")
    (node.homes["furiosa"] / ".thrum").mkdir(exist_ok=True)
    node.parts.config.set(THRESHOLD_KEY, 80)
    return node


def report(desk: Any, used: float, session: str = "s1", **given: Any) -> bool:
    about = {"runtime": "claude", "session": session, "transcript": str(FILE), "used": used}
    found: bool = desk.call("furiosa", "restart.report", **about | given)["is_due"]
    asyncio.run(desk.parts.service(Restart).act())
    return found


def mine(desk: Any) -> Shelf:
    return shelf.of(desk.homes["furiosa"] / ".thrum", "furiosa")


def notices(desk: Any, agent: str = "furiosa") -> list[str]:
    return [text for text in desk.inbox(agent) if "percent full" in text]


def test_it_is_saved_and_its_agent_told_once(desk: Any) -> None:
    assert not report(desk, 79)
    assert (mine(desk).text(), notices(desk)) == ("", [])
    assert report(desk, 82.4)
    text = mine(desk).text()
    assert "**Reason:** context-threshold" in text
    assert "**Session:** s1" in text
    assert "Blue it is." in text
    (notice,) = notices(desk)
    assert notice.startswith("The context of this session is 82 percent full.")
    assert str(mine(desk).path) in notice
    assert "`## Resume Plan`" in notice
    assert not report(desk, 83)
    assert len(notices(desk)) == 1
    assert notices(desk, "nux") == []


def test_whoever_restarts_sessions_is_called_after_that(desk: Any) -> None:
    called: list[Full] = []

    async def restart(found: Full) -> None:
        assert mine(desk).text()
        called.append(found)

    desk.parts.service(Restart).when_full.append(restart)
    report(desk, 90)
    (found,) = called
    assert found.seat == ("furiosa", "claude", "s1")
    assert (found.root, found.used) == (desk.homes["furiosa"], 90)


def test_a_daemon_that_begins_anew_does_not_tell_it_again(desk: Any) -> None:
    report(desk, 90)
    desk.parts.service(Restart)._fullness = Fullness()  # as the next daemon knows it
    assert report(desk, 90)
    assert len(notices(desk)) == 1
    assert report(desk, 90, "s2")
    assert len(notices(desk)) == 2


def test_what_the_agent_wrote_itself_stays(desk: Any) -> None:
    mine(desk).save("## Resume Plan\n\nPaint the tank.\n")
    report(desk, 90)
    assert mine(desk).text() == "## Resume Plan\n\nPaint the tank.\n"
    assert "is saved in" in notices(desk)[0]


@pytest.mark.parametrize("what", ["no file", "empty", "garbage", "no place"])
def test_where_nothing_can_be_saved_that_is_told(desk: Any, tmp_path: Path, what: str) -> None:
    file = tmp_path / "s1.jsonl"
    if what == "no place":
        shutil.copy(FILE, file)
        mine(desk).folder.write_text("")
    elif what != "no file":
        file.write_bytes(b"\xff{[" if what == "garbage" else b"")
    assert report(desk, 90, transcript=str(file))
    assert "could not be saved" in notices(desk)[0]


@pytest.mark.parametrize("runtime", ["kiro-cli", "amp", "opencode"])
def test_of_what_cannot_be_read_nothing_follows(desk: Any, runtime: str) -> None:
    assert not report(desk, 99, runtime=runtime)


def test_nothing_follows_without_a_threshold(desk: Any) -> None:
    desk.parts.config.set(THRESHOLD_KEY, 0)
    assert not report(desk, 100)


def test_what_makes_no_sense_is_refused(desk: Any) -> None:
    good = {"runtime": "claude", "session": "s1", "transcript": str(FILE), "used": 9.0}
    for wrong in ({"transcript": "s1.jsonl"}, {"transcript": "/" + "x" * 5_000}, {"used": "9"}):
        assert desk.refused("furiosa", "restart.report", **good | wrong) == "invalid_params"
    assert desk.refused("furiosa", "restart.report", **good | {"runtime": "x"}) == "not_found"
    assert desk.refused("nobody", "restart.report", **good) == "anonymous_caller"

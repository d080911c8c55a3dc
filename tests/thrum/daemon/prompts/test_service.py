"""What becomes of questions by themselves: answers by messages, reminders, ends."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest
from msgspec.structs import replace

from tests.thrum.daemon.conftest import eventually
from tests.thrum.daemon.prompts.conftest import Desk
from thrum.clock import format_ns, parse
from thrum.daemon.projection.queries import replies
from thrum.daemon.projection.queries.replies import Reply
from thrum.daemon.prompts import kept, times
from thrum.daemon.prompts.prompt import Prompt
from thrum.daemon.prompts.service import MOST_OF_ONE, Prompts


def decision(hook: Any) -> str:
    found: str = hook.read()["result"]["decision"]
    return found


@pytest.mark.parametrize(
    ("said", "wanted"),
    [("y", "allow"), (" Yes\n", "allow"), ("A", "allow"), ("n", "deny"), ("DENY", "deny")],
)
def test_a_reply_of_a_supervisor_is_an_answer(desk: Desk, said: str, wanted: str) -> None:
    hook, waits = desk.asks()
    desk.node.send("boss", said, to="furiosa", reply_to=waits)
    desk.act()
    assert decision(hook) == wanted
    assert desk.listed() == []


@pytest.mark.parametrize("said", ["yes, but look first", "why?", "y n", "", "ok"])
def test_any_other_reply_is_a_word_and_no_answer(desk: Desk, said: str) -> None:
    _, waits = desk.asks()
    desk.node.send("boss", said or ".", to="furiosa", reply_to=waits)
    desk.act()
    assert len(desk.listed()) == 1


@pytest.mark.parametrize("who", ["furiosa", "nux"])
def test_a_reply_of_somebody_else_is_none(desk: Desk, who: str) -> None:
    hook, waits = desk.asks()
    desk.node.send(who, "y", to="boss", reply_to=waits)
    desk.act()
    assert len(desk.listed()) == 1
    desk.node.send("boss", "n", to=who, reply_to=waits)
    desk.act()
    assert decision(hook) == "deny"


def test_a_reply_within_the_thread_is_one_and_the_first_counts(desk: Desk) -> None:
    hook, waits = desk.asks()
    asked = desk.node.send("boss", "why?", to="furiosa", reply_to=waits)["message_id"]
    said = desk.node.send("furiosa", "it is stuck", to="boss", reply_to=asked)["message_id"]
    desk.node.send("boss", "no", to="furiosa", reply_to=said)
    desk.node.send("boss", "yes", to="furiosa", reply_to=waits)
    desk.act()
    assert decision(hook) == "deny"


def test_of_two_questions_each_has_its_own_answer(desk: Desk) -> None:
    one, first = desk.asks()
    other, second = desk.asks(session="s2")
    desk.node.send("boss", "n", to="furiosa", reply_to=second)
    desk.node.send("boss", "y", to="furiosa", reply_to=first)
    desk.act()
    assert (decision(one), decision(other)) == ("allow", "deny")


def aged(desk: Desk, message_id: str, age_ns: int) -> None:
    """Has a question have come up so long ago."""
    prompt = desk.service.book.prompts[message_id]
    now = desk.node.parts.now_ns()
    first = format_ns(now - age_ns)
    expires = format_ns(now - age_ns + times.EXPIRES_NS)
    desk.service.book.prompts[message_id] = replace(
        prompt, first_detected=first, expires_at=expires
    )


def test_supervisors_are_reminded_in_the_thread_and_answer_there(desk: Desk) -> None:
    hook, waits = desk.asks()
    for number, age in enumerate(times.REMINDERS_NS, 2):
        aged(desk, waits, age - times.REMINDERS_NS[0] // 2)
        desk.act()
        assert len(desk.notices("boss")) == number - 1
        aged(desk, waits, age)
        desk.act()
        assert desk.listed()[0]["nudges"] == number
        assert f"(reminder {number}/6 · " in desk.notices("boss")[0]
    aged(desk, waits, times.EXPIRES_NS - 1_000_000_000_000)
    desk.act()
    assert len(desk.notices("boss")) == times.MOST
    listed = desk.node.call("boss", "message.list", for_agent="boss")["messages"]
    last = max(listed, key=lambda row: row["created_at"])
    assert last["message_id"] != waits
    desk.node.send("boss", "y", to="furiosa", reply_to=last["message_id"])
    desk.act()
    assert decision(hook) == "allow"


def test_one_agent_does_not_take_the_room_of_others(desk: Desk) -> None:
    hooks = [desk.asks(session=f"s{number}", waits=False) for number in range(MOST_OF_ONE + 1)]
    assert [id != "" for _, id in hooks] == [True] * MOST_OF_ONE + [False]
    assert not desk.service.has_room("furiosa")
    assert desk.service.has_room("nux")
    hooks[0][0].close()
    eventually(lambda: desk.service.has_room("furiosa"))


def test_a_machine_that_slept_reminds_once_when_it_wakes(desk: Desk) -> None:
    _, waits = desk.asks()
    aged(desk, waits, times.REMINDERS_NS[2])
    desk.act()
    desk.act()
    assert len(desk.notices("boss")) == 2
    assert "(reminder 4/6 · " in desk.notices("boss")[0]


def test_what_has_expired_is_answered_by_nobody(desk: Desk) -> None:
    hook, waits = desk.asks()
    aged(desk, waits, times.EXPIRES_NS)
    desk.act()
    assert decision(hook) == ""
    assert desk.listed() == []
    assert desk.node.refused("boss", "prompt.answer", id=waits, allow=True) == "not_found"
    assert stored(desk) == {}


def stored(desk: Desk) -> dict[str, Prompt]:
    return desk.on_loop(desk.service.tables.ask(kept.load))


def test_a_daemon_that_begins_anew_withdraws_what_hooks_waited_for(desk: Desk) -> None:
    _, waits = desk.asks()
    assert set(stored(desk)) == {waits}
    later = Prompts(desk.node.parts)  # as the next daemon has it
    desk.on_loop(later.start())
    desk.on_loop(later.act())
    assert stored(desk) == {}


def test_whoever_deletes_the_row_has_the_answer(desk: Desk) -> None:
    hook, waits = desk.asks()
    now = format_ns(desk.node.parts.now_ns())

    def take(db: sqlite3.Connection) -> Prompt | None:
        return kept.claim(db, waits, now)

    taken = desk.on_loop(desk.service.tables.write(take))
    assert taken is not None
    assert desk.on_loop(desk.service.tables.write(take)) is None
    assert parse(taken.expires_at) - parse(taken.first_detected) == times.EXPIRES_NS
    assert desk.node.refused("boss", "prompt.answer", id=waits, allow=True) == "not_found"
    hook.close()


@pytest.mark.parametrize(
    ("author", "origin", "counts"),
    [
        ("boss", "", True),
        ("boss", "d_here", True),
        ("boss", "d_elsewhere", False),
        ("user:max", "d_elsewhere", True),
        ("nux", "", False),
    ],
)
def test_what_comes_from_another_clone_is_an_answer_of_people_alone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, author: str, origin: str, counts: bool
) -> None:
    hook, waits = desk.asks()
    said = [Reply(waits, author, "y", origin)]
    monkeypatch.setattr(replies, "replies", lambda *_: said)
    desk.act()
    assert (desk.listed() == []) is counts
    if counts:
        assert decision(hook) == "allow"

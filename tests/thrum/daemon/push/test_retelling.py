"""Whoever asks from any place gets all of what came after it, in order, once."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.thrum.daemon.push.retold import emit
from tests.thrum.daemon.push.test_pushing import sent
from thrum import events
from thrum.daemon.node import Node
from thrum.daemon.projection.queries import happenings
from thrum.daemon.push import cursor
from thrum.daemon.push.mail import MessageGone, MessageTold
from thrum.daemon.push.retelling import retold
from thrum.events import Body


def spoken(pushes: list[Any]) -> list[Any]:
    """Those about messages."""
    return [each for each in pushes if isinstance(each, MessageTold | MessageGone)]


def course(node: Node, seed: int) -> list[str]:
    """Sends, edits and deletes by chance; the messages in the order in which they were touched."""
    chance, touched = random.Random(seed), sent(node, 4, ["nux"])
    for _ in range(12):
        id = chance.choice(touched)
        gone = node.store.reader().execute(
            "SELECT deleted FROM messages WHERE message_id = ?", (id,)
        )
        if gone.fetchone() == (0,) and chance.random() < 0.8:
            edit = events.MessageEdit(message_id=id, body=Body(f"text {chance.random()}"))
            emit(node, edit if chance.random() < 0.7 else events.MessageDelete(message_id=id))
            touched.append(id)
        else:
            touched += sent(node, chance.randint(1, 3), ["nux"])
    return touched


@pytest.mark.parametrize(("seed", "most"), [(1, 1), (2, 3), (3, 7), (4, 1000)])
def test_portions_make_the_whole(parts: Node, seed: int, most: int) -> None:
    db = parts.store.reader()
    begin = cursor.present(db)
    touched = course(parts, seed)
    at, more = begin, True
    found: list[Any] = []
    while more:
        at = cursor.read(db, str(at))
        answer = retold(db, at.number, most, "user:ada")
        found, at, more = [*found, *answer.pushes], answer.cursor, answer.more
    mail = spoken(found)
    assert [each.message_id for each in mail] == touched
    assert at == cursor.present(db)
    numbers = [each.sequence for each in found]
    assert numbers == sorted(numbers)
    assert len({each.sequence for each in mail}) == len(mail)


def test_from_each_push_on_the_rest_follows(parts: Node) -> None:
    db = parts.store.reader()
    course(parts, 5)
    whole = retold(db, 0, 1000, "user:ada").pushes
    for each in whole:
        rest = retold(db, cursor.read(db, each.cursor).number, 1000, "user:ada")
        after = [one.sequence for one in spoken(whole) if one.sequence > each.sequence]
        assert [one.sequence for one in spoken(rest.pushes)] == after


def test_where_nothing_came_the_place_stays(parts: Node) -> None:
    db = parts.store.reader()
    assert retold(db, 0, 10, "user:ada") == ([], cursor.present(db), False)
    sent(parts, 1, ["nux"])
    now = cursor.present(db)
    assert retold(db, now.number, 10, "user:ada") == ([], now, False)


def test_what_shows_nothing_moves_the_place_all_the_same(parts: Node) -> None:
    db = parts.store.reader()
    emit(parts, events.SessionStart(session_id="ses_1", agent_id="nux"))
    edit = events.AgentUpdate(agent_id="nux")
    emit(parts, edit)
    answer = retold(db, cursor.present(db).number - 1, 10, "user:ada")
    assert (answer.pushes, answer.cursor) == ([], cursor.present(db))


@pytest.mark.parametrize("key", ["", "a", "k" * 64])
def test_what_its_maker_called_it_comes_back(parts: Node, key: str) -> None:
    sent(parts, 1, ["nux"], idempotency_key=key)
    (push,) = spoken(retold(parts.store.reader(), 0, 10, "user:ada").pushes)
    assert push.client_id == key


def test_it_costs_the_same_however_much_there_was_before(parts: Node) -> None:
    db = parts.store.reader()

    def steps() -> int:
        number = cursor.present(db).number
        sent(parts, 5, ["nux"])
        count = 0

        def step() -> int:
            nonlocal count
            count += 1
            return 0

        db.set_progress_handler(step, 100)
        answer: Any = retold(db, number, 100, "user:ada")
        db.set_progress_handler(None, 0)
        assert len(spoken(answer.pushes)) == 5
        return count

    steps()
    before = steps()
    sent(parts, 3000, ["nux"])
    assert steps() <= before + 2


def test_what_comes_while_one_looks_is_told_the_next_time(
    parts: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = parts.store.reader()
    begin, look = cursor.present(db), happenings.since
    made: list[str] = []

    def interrupted(*asked: Any) -> Any:
        found = look(*asked)
        made.extend(sent(parts, 2, ["nux"]) if not made else [])
        return found

    monkeypatch.setattr(happenings, "since", interrupted)
    nothing = retold(db, begin.number, 10, "user:ada")
    assert (nothing.pushes, nothing.cursor) == ([], begin)
    told = retold(db, nothing.cursor.number, 10, "user:ada").pushes
    assert [each.message_id for each in spoken(told)] == made

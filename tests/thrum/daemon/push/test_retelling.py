"""Whoever asks from any place gets all of what came after it, in order, once."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from tests.thrum.daemon.push.retold import ADA, emit, last, note, read, registered
from tests.thrum.daemon.push.test_pushing import sent
from thrum import events
from thrum.daemon.node import Node
from thrum.daemon.projection.queries import happenings
from thrum.daemon.push import cursor
from thrum.daemon.push.badges import CountsTold
from thrum.daemon.push.mail import MessageGone, MessageTold
from thrum.daemon.push.receipts import ReceiptTold
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


@pytest.mark.parametrize(
    "lengths", [[50] * 9, [5, 5, 400, 5, 5], [700, 700, 700], [150, 1, 150, 1]]
)
def test_long_events_come_in_portions_however_few_they_are(
    parts: Node, monkeypatch: pytest.MonkeyPatch, lengths: list[int]
) -> None:
    db = parts.store.reader()
    emit(parts, *registered("furiosa", "nux"))
    before = last(parts)
    ids = [f"msg_{number}" for number in range(len(lengths))]
    for id, length in zip(ids, lengths, strict=True):
        made = note(id, "furiosa", "nux")
        made.body = Body("x" * length)
        emit(parts, made)
    monkeypatch.setattr(happenings, "MOST_CHARACTERS", 1000)
    at, found, more, portions = before, [], True, 0
    while more:
        answer = retold(db, at, 1000, ADA)
        assert answer.cursor.number > at
        found += [each.message_id for each in spoken(answer.pushes)]
        at, more, portions = answer.cursor.number, answer.more, portions + 1
    assert found == ids
    assert (at, 1 < portions <= len(lengths)) == (last(parts), True)
    assert [each.message_id for each in spoken(retold(db, before, 1, ADA).pushes)] == ids[:1]


def picture(pushes: list[Any]) -> dict[tuple[str, ...], Any]:
    """What somebody knows who was told that: the last word of each thing."""
    known: dict[tuple[str, ...], Any] = {}
    for each in pushes:
        told: dict[tuple[str, ...], Any]
        if isinstance(each, ReceiptTold):
            told = {(each.name, each.agent_id, one.message_id): one for one in each.messages}
        elif isinstance(each, CountsTold):
            told = {(each.name,): (each.inbox, each.groups, each.partners, each.agents)}
        else:
            fields = msgspec.structs.asdict(each)
            key = next(fields[name] for name in KEYS if name in fields)
            for name in ("cursor", "sequence", "client_id"):
                del fields[name]
            told = {(each.name, key): fields}
        known.update(told)
    return known


KEYS = ("message_id", "thread_id", "group_id", "session_id", "agent_id")


def receipts(ids: list[str]) -> list[Any]:
    """Of two people, never two of one person after each other."""
    return [one for each in ids for who in (ADA, "nux") for one in read(who, each)]


AFTERWARDS: dict[str, Callable[[list[str]], list[Any]]] = {
    "nothing": lambda _: [],
    "receipts of two by turns": receipts,
    "a person's receipts, in several threads": lambda ids: read(ADA, *ids),
    "what counts, then what does not": lambda ids: [
        *read(ADA, *ids[:2]),
        *registered("slit", "toast"),
    ],
    "an answer, then receipts around an edit": lambda ids: [
        note("msg_answer", "nux", ADA, answers=ids[0]),
        *read(ADA, ids[1]),
        events.MessageEdit(message_id=ids[2], body=Body("other")),
        *read(ADA, ids[2]),
    ],
}


@pytest.mark.parametrize("what", AFTERWARDS)
def test_whoever_is_cut_off_after_any_push_misses_nothing(parts: Node, what: str) -> None:
    emit(parts, *registered("furiosa", "nux", ADA))
    before = last(parts)
    ids = list(dict.fromkeys(course(parts, 5)))
    open_ids = [each for each in ids if not gone(parts, each)]
    emit(parts, *AFTERWARDS[what](open_ids))
    db = parts.store.reader()
    whole = retold(db, before, 1000, ADA)
    for count in range(1, len(whole.pushes) + 1):
        at = cursor.read(db, whole.pushes[count - 1].cursor)
        rest = retold(db, at.number, 1000, ADA)
        assert picture([*whole.pushes[:count], *rest.pushes]) == picture(whole.pushes)
    assert (whole.pushes[-1].cursor, rest.pushes) == (str(whole.cursor), [])


def gone(node: Node, message_id: str) -> bool:
    """Whether a message was taken back."""
    return bool(
        node.store.reader()
        .execute("SELECT deleted FROM messages WHERE message_id = ?", (message_id,))
        .fetchone()[0]
    )


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

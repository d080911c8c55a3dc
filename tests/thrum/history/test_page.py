"""Which entries are wanted, and who did what."""

from __future__ import annotations

import pytest

from gitstore import canonical
from thrum import clock
from thrum.history import Filter
from thrum.history.entry import Entry, entry
from thrum.history.page import Page, as_document, is_wanted

TIME = "2026-01-01T00:00:05Z"
AT = clock.parse(TIME)


def told(kind: str, path: str = "events.jsonl", **fields: object) -> Entry:
    base = {"type": kind, "event_id": "evt_1", "timestamp": TIME}
    return entry(path, 1, canonical(base | fields))


def page(*entries: Entry) -> Page:
    made = Page()
    for each in entries:
        made.learn(each)
    return made


SENT = told("message.create", message_id="msg_1", agent_id="ann", body={"content": "x"})
BEGUN = told("agent.session.start", session_id="ses_1", agent_id="bob")


@pytest.mark.parametrize(
    ("each", "actor"),
    [
        (SENT, "ann"),
        (told("message.receipt", message_id="msg_1", agent_id="cy", receipt_type="read"), "cy"),
        (told("message.edit", message_id="msg_1", body={"content": "y"}), "ann"),
        (told("message.delete", "messages/eve.jsonl", message_id="msg_9"), "eve"),
        (told("message.delete", "events.jsonl", message_id="msg_9"), ""),
        (told("message.delete", "messages/eve.3.jsonl", message_id="msg_1"), "ann"),
        (told("agent.session.end", session_id="ses_1"), "bob"),
        (told("agent.session.end", session_id="ses_9"), ""),
        (told("group.create", group_id="g", name="n", created_by="dan"), "dan"),
        (told("group.update", group_id="g", updated_by="dan"), "dan"),
        (told("group.delete", group_id="g", deleted_by="dan"), "dan"),
        (told("purge.executed", cutoff=TIME), ""),
        (told("weather.report", agent_id="ann"), ""),
    ],
)
def test_who_did_it(each: Entry, actor: str) -> None:
    assert page(SENT, BEGUN).actor(each) == actor


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Filter(), True),
        (Filter(since=AT, until=AT), True),
        (Filter(since=AT + 1), False),
        (Filter(until=AT - 1), False),
        (Filter(types=("message",)), True),
        (Filter(types=("mess",)), False),
        (Filter(types=("agent", "message.create")), True),
        (Filter(types=("message.create.more",)), False),
        (Filter(agent="ann"), True),
        (Filter(agent="an"), False),
        (Filter(agent="bob", types=("message",)), False),
    ],
)
def test_what_a_filter_lets_through(wanted: Filter, expected: bool) -> None:
    assert is_wanted(Page(), SENT, wanted) is expected


def test_a_document_says_where_and_whether_it_is_gone() -> None:
    gone = told("message.delete", message_id="msg_1")
    document = as_document(page(SENT, gone), SENT)
    assert document["deleted"] is True
    assert (document["file"], document["line"], document["committed"]) == ("events.jsonl", 1, True)
    assert (document["type"], document["actor"]) == ("message.create", "ann")
    assert document["timestamp"] == clock.normalize(TIME)
    assert document["event"]["body"] == {"content": "x"}
    waiting = as_document(Page(), Entry("events.jsonl", 0, SENT.raw, SENT.body, moment=AT))
    assert waiting["committed"] is False
    assert "line" not in waiting
    assert "deleted" not in waiting


def test_of_what_is_purged_no_text_is_told() -> None:
    purge = told("purge.executed", cutoff="2026-02-01T00:00:00Z", timestamp="2026-02-01T00:00:00Z")
    edit = told("message.edit", message_id="msg_1", body={"content": "y"})
    row = {"message_id": "msg_1", "author_id": "ann", "created_at": TIME, "body": "x"}
    old = entry("messages-v2/ann.jsonl", 1, canonical(row))
    for each in (SENT, edit, old):
        document = as_document(page(purge), each)
        assert document["purged"] is True
        assert "body" not in document["event"]
        assert document["event"]["message_id"] == "msg_1"
        assert "purged" not in as_document(page(), each)
    for each in (BEGUN, purge):
        assert "purged" not in as_document(page(purge), each)


def test_a_row_may_say_that_its_message_is_gone() -> None:
    row = {"message_id": "msg_1", "author_id": "ann", "created_at": TIME, "deleted": True}
    each = entry("messages-v2/ann.jsonl", 1, canonical(row))
    assert page(each).deleted == {"msg_1"}
    assert page(each).actor(each) == "ann"


def test_what_nobody_can_read_is_shown_as_it_is() -> None:
    document = as_document(Page(), entry("a\udcffb", 3, b"{\xff"))
    assert document["text"] == "{\\xff"
    assert document["unreadable"]
    assert document["file"].encode()  # a name that is no UTF-8 can be printed all the same
    assert "event" not in document


@pytest.mark.parametrize(
    ("kind", "fields", "actor"),
    [
        ("message.delete", {"message_id": "msg_1"}, "ann"),
        ("message.delete", {"message_id": "msg_1", "deleted_by": "boss"}, "boss"),
        ("agent.cleanup", {"agent_id": "bob"}, "bob"),
        ("agent.cleanup", {"agent_id": "bob", "deleted_by": "boss"}, "boss"),
        ("agent.session.end", {"session_id": "ses_1", "ended_by": "user:ada"}, "user:ada"),
        ("purge.executed", {"cutoff": TIME}, ""),
        ("purge.executed", {"cutoff": TIME, "executed_by": "boss"}, "boss"),
        ("group.delete", {"group_id": "grp_1", "deleted_by": "boss"}, "boss"),
    ],
)
def test_who_did_it_is_who_did_it_and_not_to_whom(
    kind: str, fields: dict[str, str], actor: str
) -> None:
    each = told(kind, **fields)
    assert page(SENT, each).actor(each) == actor
    assert is_wanted(page(SENT, each), each, Filter(agent=actor))

"""The oldest layout: what can be read goes where it belongs, once, and the old file stays."""

from __future__ import annotations

import json
from typing import Any

import pygit2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitstore import Log, canonical
from thrum import events
from thrum.daemon.projection.facts import interpret
from thrum.daemon.routing import EVENTS
from thrum.daemon.sync.carry import OLD, carry_over, readable, shard_of

AT = "2026-01-02T03:04:05Z"


def create(message_id: str = "msg_1", agent_id: str = "ann", **more: Any) -> dict[str, Any]:
    body = {"format": "markdown", "content": "hello"}
    fields = {"message_id": message_id, "agent_id": agent_id, "session_id": "s", "body": body}
    return {"type": "message.create", "timestamp": AT, **fields, **more}


def about(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "timestamp": AT, **more}


def old(log: Log, *lines: bytes | dict[str, Any]) -> None:
    """Has the branch hold these lines in the one old file, as somebody may have pushed them."""
    raw = [each if isinstance(each, bytes) else json.dumps(each).encode() for each in lines]
    repository, branch = log.repository, "refs/heads/a-sync"
    log.commit()
    before = repository.references[branch].peel(pygit2.Commit)
    tree = before.tree
    builder = repository.TreeBuilder(tree)
    earlier = tree[OLD].read_raw() if OLD in tree else b""
    data = earlier + b"".join(line + b"\n" for line in raw)
    builder.insert(OLD, repository.create_blob(data), pygit2.enums.FileMode.BLOB)
    who = pygit2.Signature("T", "t@example.org", 1, 0)
    repository.create_commit(branch, who, who, "pushed", builder.write(), [before.id])
    log.commit()


def carried(log: Log) -> dict[str, list[dict[str, Any]]]:
    """What stands elsewhere than in the old file, by file."""
    found: dict[str, list[dict[str, Any]]] = {}
    log.commit()
    for line in log.read():
        if line.path != OLD:
            found.setdefault(line.path, []).append(json.loads(line.raw))
    return found


def test_without_an_old_file_there_is_nothing_to_do(log: Log) -> None:
    assert carry_over(log) == 0
    log.append([[("events.jsonl", canonical(about("agent.cleanup", agent_id="x", event_id="e")))]])
    log.commit()
    assert carry_over(log) == 0
    assert list(carried(log)) == ["events.jsonl"]


def test_each_event_goes_where_it_belongs(log: Log) -> None:
    body = {"format": "markdown", "content": "changed"}
    old(
        log,
        create(),
        about("message.edit", message_id="msg_1", body=body),
        about("message.delete", message_id="msg_1"),
        about("message.delete", message_id="msg_gone"),
        about("message.receipt", message_id="msg_1", agent_id="user:bob", receipt_type="read"),
        about("agent.register", agent_id="ann", role="r", module="m"),
        about("of.another.time", what="ever"),
    )
    before = [line.raw for line in log.read(shard=OLD)]
    assert carry_over(log) == 7
    kinds = {path: sorted(e["type"] for e in found) for path, found in carried(log).items()}
    assert kinds == {
        "messages/ann.jsonl": ["message.create", "message.delete", "message.edit"],
        "messages/user_bob.jsonl": ["message.receipt"],
        "events.jsonl": ["agent.register", "message.delete", "of.another.time"],
    }
    assert [line.raw for line in log.read(shard=OLD)] == before


def test_an_edit_before_its_message_lies_with_the_author_too(log: Log) -> None:
    old(log, about("message.delete", message_id="msg_1"), create())
    carry_over(log)
    assert [len(found) for found in carried(log).values()] == [2]


def test_once_is_enough_however_often_it_is_done(log: Log) -> None:
    old(log, create(), create("msg_2"))
    assert carry_over(log) == 2
    log.commit()
    assert carry_over(log) == 0
    # As if a kill had come between two of them, in a clone that had only got the first.
    old(log, create("msg_3"))
    assert carry_over(log) == 1
    assert sorted(e["message_id"] for e in carried(log)["messages/ann.jsonl"]) == [
        "msg_1",
        "msg_2",
        "msg_3",
    ]


def test_what_stands_twice_is_carried_over_once(log: Log) -> None:
    line = create()
    old(log, line, json.dumps(line, indent=1).replace("\n", " ").encode())
    carry_over(log)
    (found,) = carried(log).values()
    assert [each["message_id"] for each in found] == ["msg_1"]


def test_what_nobody_can_read_stays_where_it_is(log: Log) -> None:
    hostile = [
        b"no json",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b'{"type":"message.create","timestamp":"2026-01-02T03:04:05Z"}',
        json.dumps(create(agent_id="../../etc/passwd")).encode(),
        json.dumps(create(agent_id=".git")).encode(),
        json.dumps(create(message_id="")).encode(),
        json.dumps(create() | {"timestamp": "yesterday"}).encode(),
        json.dumps(create() | {"event_id": 7}).encode(),
        json.dumps(create(extra="\ud800")).encode(),
        b'{"type":"x","timestamp":"2026-01-02T03:04:05Z","n":1e999}',
        b'{"type":"x","timestamp":"2026-01-02T03:04:05Z","n":' + b"[" * 5000 + b"]" * 5000 + b"}",
    ]
    assert list(readable(hostile)) == []
    old(log, *hostile, create())
    assert carry_over(log) == 1
    assert list(carried(log)) == ["messages/ann.jsonl"]


def test_fields_that_nobody_knows_and_large_numbers_are_kept(log: Log) -> None:
    more: dict[str, Any] = {"of_tomorrow": {"b": [1, None, "é<>"], "a": 2**70}}
    old(log, create(**more, v=3, event_id="evt_kept"))
    carry_over(log)
    ((found,),) = carried(log).values()
    assert found["of_tomorrow"] == more["of_tomorrow"]
    assert (found["v"], found["event_id"]) == (3, "evt_kept")


@pytest.mark.parametrize("version", [None, 0])
def test_what_has_no_version_gets_the_first(version: int | None) -> None:
    line = create() if version is None else create(v=version)
    ((_, raw),) = readable([json.dumps(line).encode()])
    assert json.loads(raw)["v"] == 1


pairs = st.lists(st.sampled_from([{"type": "t", "value": v} for v in "abc"]), max_size=6)


@given(pairs, st.lists(st.sampled_from("abc"), max_size=6))
def test_a_line_is_alike_for_everybody_and_means_the_same(
    refs: list[dict[str, str]], recipients: list[str]
) -> None:
    line = json.dumps(create(refs=refs, scopes=refs, recipients=recipients)).encode()
    ((body, raw),) = readable([line])
    ((again, same),) = readable([raw])
    assert (again, same) == (interpret(OLD, raw).body, raw), "it is done already"
    assert raw == canonical(json.loads(raw))
    assert isinstance(body, events.MessageCreate)
    told = json.loads(raw)
    assert told["event_id"] == body.event_id
    for name, given_ in (("refs", refs), ("scopes", refs), ("recipients", recipients)):
        once = [each for at, each in enumerate(given_) if each not in given_[:at]]
        assert told[name] == once


def test_the_ids_are_those_that_every_reader_gives(log: Log) -> None:
    lines = [json.dumps(each).encode() for each in (create(), about("group.delete", group_id="g"))]
    for (body, raw), line in zip(readable(lines), lines, strict=True):
        read = interpret(OLD, line).body
        assert isinstance(read, events.Event)
        assert log.id_of(raw) == body.event_id == read.event_id


def test_the_place_of_an_event_is_its_authors() -> None:
    delete = events.MessageDelete(message_id="msg_1")
    assert shard_of(delete, {"msg_1": "user:ann"}) == "messages/user_ann.jsonl"
    assert shard_of(delete, {}) == EVENTS
    assert shard_of(events.UnknownEvent(type="x"), {"msg_1": "ann"}) == EVENTS

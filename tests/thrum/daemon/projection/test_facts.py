from __future__ import annotations

import json
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum import events
from thrum.daemon.projection.facts import MessageRow, ReceiptRow, interpret


def line(**fields: object) -> bytes:
    return json.dumps({"timestamp": "2026-01-01T00:00:00Z", "event_id": "evt_1", **fields}).encode()


def create(**fields: object) -> bytes:
    usual = {"message_id": "msg_1", "agent_id": "ann", "body": {"content": "x"}}
    return line(**{"type": "message.create", **usual, **fields})


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000000000Z"),
        ("2026-01-01T00:00:00.5Z", "2026-01-01T00:00:00.500000000Z"),
        ("2026-01-01T02:00:00.000000001+02:00", "2026-01-01T00:00:00.000000001Z"),
        ("2026-01-01T00:00:00.123456789Z", "2026-01-01T00:00:00.123456789Z"),
    ],
)
def test_times_become_comparable_as_text(written: str, stored: str) -> None:
    event = interpret("events.jsonl", create(timestamp=written)).body
    assert isinstance(event, events.MessageCreate)
    assert event.timestamp == stored


@pytest.mark.parametrize("year", [2023, 2024])
def test_a_day_counts_where_there_is_one(year: int) -> None:
    """As nearly all times have the stored form already, days are told by their form first."""
    for month in range(14):
        for day in range(33):
            written = f"{year}-{month:02}-{day:02}T00:00:00.000000001Z"
            try:
                datetime(year, month, day)
            except ValueError:
                with pytest.raises(ValueError):
                    interpret("events.jsonl", create(timestamp=written))
            else:
                event = interpret("events.jsonl", create(timestamp=written)).body
                assert isinstance(event, events.MessageCreate)
                assert event.timestamp == written


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (
            {"type": "agent.register", "agent_id": "furiosa"},
            "evt_01KDVDNA00C9GKCRSGC5HP6D1G",
        ),
        ({"type": "agent.register", "agent_id": "nux"}, None),
        ({"type": "agent.session.start", "agent_id": "furiosa", "session_id": "s"}, None),
        ({"type": "purge.executed", "cutoff": "2026-01-01T00:00:00Z"}, None),
        ({"type": "something.new"}, None),
    ],
)
def test_an_id_is_computed_where_none_was_written(
    raw: dict[str, str], expected: str | None
) -> None:
    text = json.dumps({"timestamp": "2026-01-01T00:00:00Z", **raw}).encode()
    first = interpret("events.jsonl", text).body
    again = interpret("messages.jsonl", text).body
    assert not isinstance(first, MessageRow | ReceiptRow)
    assert first == again
    assert first.event_id.startswith("evt_01KDVDNA00")
    if expected:
        assert first.event_id == expected
    else:
        assert first.event_id != "evt_01KDVDNA00C9GKCRSGC5HP6D1G"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b"\xff\xfe",
        b'{"type":"message.create"}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        create(timestamp="yesterday"),
        create(timestamp=""),
        create(timestamp="2026-02-30T00:00:00.000000000Z"),
        create(event_id="evt\n1"),
        create(event_id="x" * 300),
        create(message_id=""),
        create(agent_id="../../etc"),
        create(agent_id=".hidden"),
        create(agent_id=7),
        line(type="message.receipt", message_id="m", agent_id="a", receipt_type="sniffed"),
        line(type="agent.register", agent_id="a", agent_pid=2**70),
        line(type="agent.register", agent_id="a", agent_pid=-1),
        line(type="agent.session.start", agent_id="a", session_id="\x1b[2J"),
        line(type="group.create", group_id="g", name=""),
        line(type="purge.executed", cutoff="soon"),
        line(type="something.new", event_id="\u202e"),
    ],
)
def test_what_cannot_be_right_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError):
        interpret("events.jsonl", raw)


def test_rows_are_known_by_their_folder() -> None:
    message = b'{"message_id":"m","author_id":"a","created_at":"2026-01-01T00:00:00Z","body":"x"}'
    found = interpret("messages-v2/user:a.jsonl", message).body
    assert isinstance(found, MessageRow)
    assert found.created_at == "2026-01-01T00:00:00.000000000Z"
    receipt = b'{"message_id":"m","agent_id":"a","read_at":"2026-01-01T00:00:00Z","v":1}'
    assert isinstance(interpret("receipts/a.jsonl", receipt).body, ReceiptRow)
    with pytest.raises(ValueError):
        interpret("receipts/a.jsonl", message)


@given(st.binary(max_size=200))
def test_no_bytes_can_do_more_than_be_refused(raw: bytes) -> None:
    try:
        interpret("events.jsonl", raw)
    except ValueError:
        pass


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text() | st.integers(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    ),
    st.sampled_from(sorted(events.TYPES)),
    st.sampled_from(["agent_id", "message_id", "body", "refs", "recipients", "cutoff", "fields"]),
)
def test_no_value_can_do_more_than_be_refused(value: object, kind: str, field: str) -> None:
    try:
        raw = line(type=kind, **{field: value})
    except UnicodeEncodeError:
        return
    try:
        interpret("events.jsonl", raw)
    except ValueError:
        pass


@pytest.mark.parametrize("depth", [300, 990, 100_000])
@pytest.mark.parametrize("path", ["events.jsonl", "messages-v2/a.jsonl", "receipts/a.jsonl"])
def test_what_is_nested_too_deeply_is_refused_wherever_it_stands(path: str, depth: int) -> None:
    raw = create().replace(b'"x"', b'"x","more":' + b"[" * depth + b"]" * depth)
    with pytest.raises(ValueError, match="nested too deeply"):
        interpret(path, raw)

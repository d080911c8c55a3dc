"""Events: what comes back from a line, and that what is said of each type is said of every type."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum import events
from thrum.cli.render import events as render
from thrum.daemon.projection.apply.functions import FUNCTIONS

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
messages = st.builds(
    events.MessageCreate,
    message_id=texts,
    agent_id=texts,
    body=st.builds(events.Body, content=texts, format=texts, structured=texts),
    refs=st.none() | st.lists(st.builds(events.Pair, texts, texts), max_size=3),
    recipients=st.none() | st.lists(texts, max_size=3),
)


@given(messages)
def test_an_event_comes_back_as_it_was(event: events.MessageCreate) -> None:
    assert events.decode(events.encode(event)) == event


@given(st.dictionaries(st.text(), st.integers() | st.text()))
def test_an_unknown_type_is_no_error_and_unknown_fields_are_none(extra: dict[str, object]) -> None:
    line = json.dumps({**extra, "type": "weather.report", "event_id": "evt_1"}).encode()
    try:
        found = events.decode(line)
    except ValueError:
        return  # a base field of a wrong type
    assert isinstance(found, events.UnknownEvent)
    known = {**extra, "type": "agent.session.end", "session_id": "ses_1"}
    for name in ("timestamp", "event_id", "v", "origin_daemon", "reason"):
        known.pop(name, None)
    assert isinstance(events.decode(json.dumps(known).encode()), events.SessionEnd)


@given(st.binary())
def test_bytes_that_are_no_event_are_refused_with_a_value_error(raw: bytes) -> None:
    try:
        events.decode(raw)
    except (ValueError, UnicodeDecodeError):
        return


def leaves(kind: type[events.Event]) -> Iterator[type[events.Event]]:
    below = kind.__subclasses__()
    if not below:
        yield kind
    for each in below:
        yield from leaves(each)


def test_every_type_is_known_once_and_by_its_own_token() -> None:
    assert (
        set(leaves(events.Event)) == set(events.TYPES.values()) == set(get_args(events.KnownEvent))
    )
    assert len(events.TYPES) == len(get_args(events.KnownEvent))
    for token, struct in events.TYPES.items():
        assert events.type_of(made(struct)) == token
        assert json.loads(events.encode(made(struct)))["type"] == token
    unknown = events.UnknownEvent(type="weather.report")
    assert events.type_of(unknown) == "weather.report"


def made(struct: type[events.Event]) -> events.KnownEvent:
    fields = msgspec.structs.fields(struct)
    required = {field.name: "x" for field in fields if field.required}
    return msgspec.convert(
        {"type": struct.__struct_config__.tag, **required}
        | ({"body": {"content": "x"}} if "body" in required else {}),
        events.KnownEvent,
    )


def test_every_type_is_applied_and_told() -> None:
    assert FUNCTIONS.keys() == set(events.TYPES.values())
    assert events.TYPES.keys() <= render._TELL.keys()


@pytest.mark.parametrize("struct", events.TYPES.values())
def test_what_other_clones_should_see_at_once(struct: type[events.Event]) -> None:
    quiet = {events.SessionStart, events.SessionEnd, events.AgentUpdate}
    assert struct.structural == (struct not in quiet)


def test_the_nearest_rule_counts() -> None:
    found = events.by_type({events.AboutMessage: "base", events.MessageReceipt: "own"})
    assert found == {
        events.MessageEdit: "base",
        events.MessageDelete: "base",
        events.MessageReceipt: "own",
    }
    assert set(events.by_type({events.Event: 0}).values()) == {0}
    assert events.by_type({}) == {}


def test_tokens_of_a_type_and_of_a_base() -> None:
    assert events.tokens(events.MessageEdit) == ("message.edit",)
    assert events.tokens(events.AboutSession) == ("agent.session.start", "agent.session.end")
    assert set(events.tokens(events.Event)) == set(events.TYPES)


@pytest.mark.parametrize("token", events.TYPES)
def test_a_known_type_that_lacks_a_field_is_no_unknown_event(token: str) -> None:
    with pytest.raises(ValueError):
        events.decode(json.dumps({"type": token}).encode())
    for field in msgspec.structs.fields(events.TYPES[token]):
        if field.required:
            whole = json.loads(events.encode(made(events.TYPES[token])))
            with pytest.raises(ValueError, match=field.name):
                events.decode(json.dumps({**whole, field.name: 7}).encode())

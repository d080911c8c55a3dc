"""Every event has exactly one place, and none is outside the log's own files."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum import events, keys
from thrum.daemon.projection.tables import Tables
from thrum.daemon.routing import EVENTS, messages_of, shard
from thrum.daemon.store import Store
from thrum.errors import ThrumError

MAIL = {"message.create", "message.edit", "message.delete", "message.receipt"}
PUBLIC = base64.b64encode(bytes(32)).decode()
FIELDS = {
    "message_id": "msg_1",
    "agent_id": "bob",
    "session_id": "ses_1",
    "group_id": "grp_1",
    "name": "crew",
    "member_type": "agent",
    "member_value": "bob",
    "receipt_type": "read",
    "cutoff": "2026-01-01T00:00:00Z",
    "body": events.Body("x"),
    "claim_id": "clm_1",
    "kind": "path",
    "what": "src",
    "until": "2026-01-01T00:00:00Z",
    "key": keys.id_of(PUBLIC),
    "public": PUBLIC,
    "since": "2026-01-01T00:00:00Z",
}


def sample(kind: type[events.Event]) -> events.Event:
    """An event of the type; what it must have and nothing else, whoever it may be about is bob."""
    names = kind.__struct_fields__
    return kind(**{name: value for name, value in FIELDS.items() if name in names})  # type: ignore[arg-type]


@pytest.fixture
def anns(store: Store) -> Store:
    """A store with a message of ann's."""
    create = events.MessageCreate(message_id="msg_1", agent_id="ann", body=events.Body("x"))
    store.transact_blocking(lambda t: t.emit(create))
    return store


@pytest.mark.parametrize("token", events.TYPES)
def test_every_type_has_its_place(anns: Store, token: str) -> None:
    """Changes of a message lie with its author; what is one's own, with oneself."""
    mine = "messages/bob.jsonl"
    expected = {
        "message.create": mine,
        "message.receipt": mine,
        "message.edit": "messages/ann.jsonl",
        "message.delete": "messages/ann.jsonl",
    }
    assert shard(Tables(anns.reader()), sample(events.TYPES[token])) == expected.get(token, EVENTS)
    assert expected.keys() == MAIL


@pytest.mark.parametrize("kind", [events.MessageEdit, events.MessageDelete])
def test_what_changes_no_message_that_is_here_has_no_place(
    store: Store, kind: type[events.Event]
) -> None:
    with pytest.raises(ThrumError, match="no message msg_1") as refused:
        shard(Tables(store.reader()), sample(kind))
    assert refused.value.kind == "not_found"


def test_a_receipt_needs_no_message(store: Store) -> None:
    """It may come before what it is about."""
    assert shard(Tables(store.reader()), sample(events.MessageReceipt)) == "messages/bob.jsonl"


def test_a_deleted_message_is_its_authors_still(anns: Store) -> None:
    anns.transact_blocking(lambda t: t.emit(events.MessageDelete(message_id="msg_1")))
    assert shard(Tables(anns.reader()), sample(events.MessageEdit)) == "messages/ann.jsonl"


@given(st.text(max_size=8) | st.text("./\\~:\0a", max_size=8))
def test_a_shard_lies_in_its_folder_or_is_refused(agent_id: str) -> None:
    try:
        path = messages_of(agent_id)
    except ThrumError as error:
        assert error.kind == "invalid_params"
        return
    folder, _, name = path.partition("/")
    assert (folder, name[-6:]) == ("messages", ".jsonl")
    assert name[:-6]
    assert not {"/", "\\", "\0"} & set(name)
    assert name[0] not in ".~"


@pytest.mark.parametrize("agent_id", ["", "..", ".git", "a/b", "../events", "~", "a\0", "agent:"])
def test_names_that_are_no_files(agent_id: str) -> None:
    with pytest.raises(ThrumError):
        messages_of(agent_id)


def test_people_and_those_behind_bridges_have_files_too() -> None:
    assert messages_of("user:ada") == "messages/user_ada.jsonl"
    assert messages_of("peer:eve") == "messages/peer_eve.jsonl"
    assert messages_of("agent:tester:ABC") == "messages/tester_ABC.jsonl"

"""Names that nobody bears, and the nearest that somebody does."""

from __future__ import annotations

import sqlite3

import pytest

from thrum import events
from thrum.daemon.node import Node
from thrum.daemon.rpc import strangers


@pytest.fixture
def db(parts: Node) -> sqlite3.Connection:
    """A person, two agents of two roles, and a group."""
    told: list[events.AgentRegister | events.GroupCreate] = [
        events.AgentRegister(agent_id="nux", role="tester", module="m"),
        events.AgentRegister(agent_id="furiosa", role="driver", module="m"),
        events.AgentRegister(agent_id="user:ada", role="", module="", kind="user"),
        events.GroupCreate(group_id="grp_1", name="crew", created_by="nux"),
    ]
    for each in told:
        parts.store.transact_blocking(lambda transaction, event=each: transaction.emit(event))  # type: ignore[misc]
    return parts.store.reader()


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("nxu", "did you mean @nux?"),
        ("furio", "did you mean @furiosa?"),
        ("user:aad", "did you mean @user:ada?"),
        ("crew", "see `thrum team --all`"),
        ("tester", "see `thrum team --all`"),
        ("zebedee", "see `thrum team --all`"),
    ],
)
def test_agents_are_near_to_agents_alone(db: sqlite3.Connection, name: str, hint: str) -> None:
    told = strangers.no_agent(db, name, f"{name} is not here")
    assert (told.kind, told.message, told.hint) == ("not_found", f"{name} is not here", hint)


@pytest.mark.parametrize(
    ("role", "hint"),
    [("testre", "did you mean tester?"), ("drive", "did you mean driver?"), ("", None)],
)
def test_roles_are_near_to_roles(db: sqlite3.Connection, role: str, hint: str | None) -> None:
    assert strangers.no_role(db, role, "x").hint == (hint or "see `thrum team --all`")


@pytest.mark.parametrize(
    ("name", "hint"), [("crwe", "did you mean crew?"), ("nux", "see `thrum group list`")]
)
def test_groups_are_near_to_groups(db: sqlite3.Connection, name: str, hint: str) -> None:
    assert strangers.no_group(db, name, "x").hint == hint

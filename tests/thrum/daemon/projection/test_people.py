"""Agents, sessions, groups and tombstones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pytest

from thrum import events
from thrum.daemon.projection.queries.agents import agent
from thrum.daemon.projection.queries.groups import expanded, group, group_members, groups, makers
from thrum.daemon.projection.queries.listing import inbox_counts
from thrum.daemon.projection.queries.messages import message
from thrum.daemon.projection.queries.sessions import contexts, open_session, session
from thrum.daemon.projection.tables import Tables

Put = Callable[..., None]
E = TypeVar("E", bound=events.Event)


def at(second: int) -> str:
    return f"2026-01-01T00:00:{second:02}.000000000Z"


def stamp(event: E, second: int, event_id: str = "") -> E:
    event.timestamp = at(second)
    event.event_id = event_id or f"evt_{second:02}"
    return event


def registered(agent_id: str, second: int, **fields: object) -> events.AgentRegister:
    values = {"role": "dev", "module": "m", **fields}
    return stamp(
        events.AgentRegister(agent_id=agent_id, **values),  # type: ignore[arg-type]
        second,
        f"evt_{agent_id}_{second}",
    )


def sent(number: int, second: int, author: str = "ann", **fields: object) -> events.MessageCreate:
    event = events.MessageCreate(
        message_id=f"msg_{number}",
        agent_id=author,
        body=events.Body("x"),
        **fields,  # type: ignore[arg-type]
    )
    return stamp(event, second, f"evt_m{number}")


def cleaned(agent_id: str, second: int) -> events.AgentCleanup:
    return stamp(events.AgentCleanup(agent_id=agent_id), second, f"evt_clean_{second}")


def test_the_latest_registration_stands_since_the_earliest(tables: Tables, put: Put) -> None:
    put(
        registered("ann", 5, display="Ann", agent_pid=7, hostname="h", origin_daemon="d_1"),
        registered("ann", 9, role="ops"),
        registered("ann", 3, role="old", display="Old"),
    )
    found = agent(tables.db, "ann")
    assert found is not None
    assert (found.role, found.registered_at) == ("ops", at(3))
    assert (found.display, found.agent_pid, found.hostname) == ("Ann", 7, "h")
    assert found.origin_daemon == "d_1"


def test_the_old_name_of_the_process_id_is_read(tables: Tables, put: Put) -> None:
    put(registered("ann", 1, claude_pid=42))
    found = agent(tables.db, "ann")
    assert found is not None
    assert found.agent_pid == 42


def test_a_session_is_open_until_it_ends(tables: Tables, put: Put) -> None:
    end = stamp(events.SessionEnd(session_id="ses_1", reason="normal"), 9)
    put(stamp(events.SessionStart(session_id="ses_1", agent_id="ann"), 5))
    found = open_session(tables.db, "ann")
    assert found is not None
    assert (found.session_id, found.status) == ("ses_1", "active")
    put(end, stamp(events.SessionEnd(session_id="ses_1", reason="crash"), 20))
    assert open_session(tables.db, "ann") is None
    found = session(tables.db, "ses_1")
    assert found is not None
    assert (found.ended_at, found.end_reason, found.status) == (at(9), "normal", "ended")


def test_an_end_before_its_start_counts(tables: Tables, put: Put) -> None:
    put(stamp(events.SessionEnd(session_id="ses_1"), 9))
    put(stamp(events.SessionStart(session_id="ses_1", agent_id="ann"), 5))
    found = session(tables.db, "ses_1")
    assert found is not None
    assert found.status == "ended"


def test_the_newest_part_of_a_context_stands(tables: Tables, put: Put) -> None:
    def update(second: int, **fields: Any) -> events.AgentUpdate:
        context = events.WorkContext(session_id="ses_1", **fields)
        return stamp(events.AgentUpdate(agent_id="ann", work_contexts=[context]), second)

    put(stamp(events.SessionStart(session_id="ses_1", agent_id="ann"), 5))
    put(update(6, branch="new", git_updated_at=at(6), intent="old", intent_updated_at=at(1)))
    put(update(7, branch="old", git_updated_at=at(5), intent="new", intent_updated_at=at(2)))
    (found,) = contexts(tables.db)
    assert (found.branch, found.intent) == ("new", "new")


def grouped(group_id: str, name: str, second: int, maker: str = "ann") -> events.GroupCreate:
    return stamp(events.GroupCreate(group_id=group_id, name=name, created_by=maker), second)


def joined(group_id: str, kind: str, value: str, second: int) -> events.GroupMemberAdd:
    return stamp(
        events.GroupMemberAdd(
            group_id=group_id, member_type=kind, member_value=value, added_by="ann"
        ),
        second,
        f"evt_{second}_{value}",
    )


def test_two_groups_of_one_name_are_one(tables: Tables, put: Put) -> None:
    put(grouped("grp_2", "team", 6, "bob"), grouped("grp_1", "team", 5))
    put(joined("grp_2", "agent", "bob", 7), joined("grp_1", "role", "dev", 8))
    (found,) = groups(tables.db)
    assert (found.group_id, found.member_count) == ("grp_1", 2)
    assert [each.member_value for each in group_members(tables.db, "team")] == ["bob", "dev"]
    assert makers(tables.db, "grp_1") == {"ann", "bob"}
    put(stamp(events.GroupDelete(group_id="grp_1"), 9))
    assert groups(tables.db) == []
    put(grouped("grp_3", "team", 10))
    assert group_members(tables.db, "team") == []


def test_group_mail_follows_the_members(tables: Tables, put: Put) -> None:
    scope = [events.Pair("group", "team")]
    put(registered("bob", 1), registered("cy", 1), grouped("grp_1", "team", 2))
    put(sent(1, 5, scopes=scope), sent(2, 6, scopes=scope))
    assert inbox_counts(tables.db, "bob").total == 0
    put(joined("grp_1", "agent", "bob", 7))
    assert inbox_counts(tables.db, "bob").total == 2
    assert inbox_counts(tables.db, "cy").total == 0
    put(joined("grp_1", "role", "*", 8))
    assert inbox_counts(tables.db, "cy").total == 2
    assert expanded(tables.db, "team") == ["bob", "cy"]
    gone = events.GroupMemberRemove(group_id="grp_1", member_type="role", member_value="*")
    put(stamp(gone, 9))
    assert inbox_counts(tables.db, "cy").total == 0
    assert inbox_counts(tables.db, "bob").total == 2


def test_who_came_later_gets_no_earlier_mail_though_it_got_such(tables: Tables, put: Put) -> None:
    put(registered("ann", 1), registered("bob", 5), sent(1, 6), sent(2, 4))
    assert inbox_counts(tables.db, "bob").total == 1


def test_a_group_is_described_and_renamed(tables: Tables, put: Put) -> None:
    put(grouped("grp_1", "team", 2))
    fields = {"name": "crew", "description": "all of us"}
    put(stamp(events.GroupUpdate(group_id="grp_1", fields=fields), 3))
    assert group(tables.db, "team") is None
    found = group(tables.db, "crew")
    assert found is not None
    assert found.description == "all of us"


@pytest.fixture
def everything() -> list[events.Event]:
    """What an agent leaves behind."""
    return [
        registered("ann", 1),
        registered("bob", 1),
        grouped("grp_1", "team", 2),
        joined("grp_1", "agent", "ann", 3),
        stamp(events.SessionStart(session_id="ses_1", agent_id="ann"), 4),
        sent(1, 5, recipients=["bob"]),
        sent(2, 6, author="bob", recipients=["ann"]),
        stamp(events.MessageEdit(message_id="msg_1", body=events.Body("secret")), 7),
    ]


@pytest.mark.parametrize("late", [False, True])
def test_a_clean_up_forgets_whenever_it_comes(
    tables: Tables, put: Put, everything: list[events.Event], late: bool
) -> None:
    order = [*everything, cleaned("ann", 20)]
    put(*(order if late else reversed(order)))
    assert agent(tables.db, "ann") is None
    assert message(tables.db, "msg_1") is None
    assert session(tables.db, "ses_1") is None
    assert group_members(tables.db, "team") == []
    assert inbox_counts(tables.db, "ann").total == 0
    assert inbox_counts(tables.db, "bob").total == 0
    kept = " ".join(text for (text,) in tables.db.execute("SELECT event_json FROM events"))
    assert "secret" not in kept
    put(*everything)
    assert message(tables.db, "msg_1") is None
    assert agent(tables.db, "ann") is None


def test_who_registers_again_lives_with_what_is_newer(
    tables: Tables, put: Put, everything: list[events.Event]
) -> None:
    put(*everything, cleaned("ann", 20), registered("ann", 21))
    put(sent(3, 22, author="bob", recipients=["ann"]), sent(4, 23))
    found = agent(tables.db, "ann")
    assert found is not None
    assert found.registered_at == at(21)
    assert inbox_counts(tables.db, "ann").total == 1
    assert message(tables.db, "msg_4") is not None
    put(*everything)
    assert inbox_counts(tables.db, "ann").total == 1


def purged(cutoff: str, second: int) -> events.PurgeExecuted:
    return stamp(events.PurgeExecuted(cutoff=cutoff), second, f"evt_purge_{second}")


def test_a_purge_forgets_what_is_older_for_good(
    tables: Tables, put: Put, everything: list[events.Event]
) -> None:
    put(*everything, purged(at(6), 30))
    assert message(tables.db, "msg_1") is None
    assert message(tables.db, "msg_2") is not None
    assert session(tables.db, "ses_1") is not None, "an open session stays"
    put(*everything)
    assert message(tables.db, "msg_1") is None
    put(purged(at(3), 31))
    put(sent(9, 4))
    assert message(tables.db, "msg_9") is None, "a cutoff never falls"


def test_a_purge_takes_sessions_that_ended_before(tables: Tables, put: Put) -> None:
    put(stamp(events.SessionStart(session_id="ses_1", agent_id="ann"), 1))
    put(stamp(events.SessionEnd(session_id="ses_1"), 2), purged(at(5), 30))
    assert session(tables.db, "ses_1") is None


def test_no_purge_reaches_past_its_own_time(tables: Tables, put: Put) -> None:
    put(purged("2999-01-01T00:00:00Z", 10), sent(1, 5), sent(2, 15))
    assert message(tables.db, "msg_1") is None
    assert message(tables.db, "msg_2") is not None


def test_a_thread_outlives_its_first_message(tables: Tables, put: Put) -> None:
    answer = sent(2, 15, refs=[events.Pair("reply_to", "msg_1")])
    put(sent(1, 5), answer, purged(at(10), 20))
    found = message(tables.db, "msg_2")
    assert found is not None
    assert found.thread_id == "thr_1"


def test_a_purge_of_many_takes_few_statements(tables: Tables, put: Put) -> None:
    """One for each message would take quadratic time within a savepoint."""
    put(*(sent(number, 1) for number in range(1, 200)))
    statements: list[str] = []
    tables.db.set_trace_callback(statements.append)
    put(purged(at(20), 30))
    tables.db.set_trace_callback(None)
    assert tables.db.execute("SELECT count(*) FROM messages").fetchone() == (0,)
    # A statement that fires triggers is reported again for each row; their texts hold the values.
    assert len(set(statements)) < 60

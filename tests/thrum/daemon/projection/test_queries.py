from __future__ import annotations

from collections.abc import Callable

import pytest

from thrum import events
from thrum.daemon.projection.queries import agents, groups, ids, receipts, sessions, targets
from thrum.daemon.projection.queries.listing import ListFilter, inbox_counts, list_messages
from thrum.daemon.projection.queries.messages import by_idempotency_key, messages_by_id
from thrum.daemon.projection.queries.outbox import OutboxFilter, outbox
from thrum.daemon.projection.tables import Tables
from thrum.errors import ThrumError

Put = Callable[..., None]
IDS = [f"msg_01AAAAAAAAAAAAAAAAAAAA{n:04}" for n in range(40)]


def at(second: int) -> str:
    return f"2026-01-01T00:{second // 60:02}:{second % 60:02}.000000000Z"


def sent(number: int, author: str, to: str = "", **fields: object) -> events.MessageCreate:
    values: dict[str, object] = {
        "message_id": IDS[number],
        "agent_id": author,
        "session_id": "ses_1",
        "body": events.Body(f"text {number}", format="markdown"),
        "refs": [events.Pair("mention", to)] if to else None,
        "timestamp": at(100 + number),
        "event_id": f"evt_{number}",
        **fields,
    }
    return events.MessageCreate(**values)  # type: ignore[arg-type]


def read(number: int, agent_id: str) -> events.MessageReceipt:
    return events.MessageReceipt(
        message_id=IDS[number],
        agent_id=agent_id,
        receipt_type="read",
        timestamp=at(200),
        event_id=f"evt_r{number}{agent_id}",
    )


def deleted(number: int) -> events.MessageDelete:
    return events.MessageDelete(
        message_id=IDS[number], timestamp=at(201), event_id=f"evt_d{number}"
    )


@pytest.fixture
def team(tables: Tables, put: Put) -> Tables:
    """ann and bob are developers, cy is a reviewer; bob and cy have open sessions."""
    for number, (name, role) in enumerate([("ann", "dev"), ("bob", "dev"), ("cy", "reviewer")]):
        put(
            events.AgentRegister(
                agent_id=name,
                role=role,
                module="auth" if name != "cy" else "api",
                kind="agent",
                timestamp=at(number),
                event_id=f"evt_{name}",
                origin_daemon="d_1",
            )
        )
        if name != "ann":
            put(
                events.SessionStart(
                    session_id=f"ses_{name}",
                    agent_id=name,
                    timestamp=at(10 + number),
                    event_id=f"evt_s{name}",
                )
            )
    return tables


def shown(tables: Tables, **wanted: object) -> list[int]:
    page = list_messages(tables.db, ListFilter(**wanted))  # type: ignore[arg-type]
    return [IDS.index(row.message_id) for row in page.messages]


def test_an_inbox_page_is_the_newest_messages(team: Tables, put: Put) -> None:
    put(*(sent(n, "ann", "bob") for n in range(25)), read(24, "bob"), sent(30, "ann", "cy"))
    page = list_messages(team.db, ListFilter(for_agent="bob", reader="bob", page=1))
    assert [row.message_id for row in page.messages] == IDS[24:14:-1]
    assert (page.total, page.unread, page.total_pages) == (25, 24, 3)
    assert [row.is_read for row in page.messages] == [True] + [False] * 9
    assert page.messages[0].refs == [events.Pair("mention", "bob")]
    assert shown(team, for_agent="bob", page=3) == [4, 3, 2, 1, 0]
    assert shown(team, for_agent="bob", ascending=True, page_size=2) == [0, 1]
    assert shown(team, for_agent="bob", unread_for="bob", page_size=2) == [23, 22]
    assert inbox_counts(team.db, "bob").unread == 24


FILTERS: list[dict[str, object]] = [
    {},
    {"exclude_author": "bob"},
    {"unread_for": "bob"},
    {"unread_for": "bob", "exclude_author": "bob"},
]


@pytest.mark.parametrize("wanted", FILTERS)
def test_the_quick_page_is_the_filtered_page(
    team: Tables, put: Put, wanted: dict[str, object]
) -> None:
    put(sent(0, "ann", "bob"), sent(1, "bob", "bob"), sent(2, "bob", "cy"), sent(3, "ann"))
    put(sent(4, "cy", "dev"), read(0, "bob"), sent(5, "ann", "bob"), deleted(5), sent(6, "bob"))
    quick = list_messages(
        team.db,
        ListFilter(for_agent="bob", reader="bob", **wanted),  # type: ignore[arg-type]
    )
    slow = list_messages(
        team.db,
        ListFilter(for_agent="bob", reader="bob", created_after=at(0), **wanted),  # type: ignore[arg-type]
    )
    assert quick == slow
    assert quick.total == len(quick.messages)


def test_deleted_messages_are_shown_when_asked_for(team: Tables, put: Put) -> None:
    put(sent(0, "ann", "bob"), sent(1, "ann", "bob"), deleted(0))
    assert shown(team, for_agent="bob") == [1]
    assert shown(team, for_agent="bob", include_deleted=True) == [1, 0]
    assert shown(team) == [1]
    assert shown(team, include_deleted=True) == [1, 0]
    counts = inbox_counts(team.db, "bob")
    assert (counts.total, counts.unread, counts.deleted) == (1, 1, 1)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"author_id": "cy"}, [3]),
        ({"mentions": ["cy", "dev"]}, [3, 1]),
        ({"or_mention": "cy"}, [1]),
        ({"for_agent": "bob", "or_mention": "cy"}, [4, 3, 2, 1, 0]),
        ({"for_agent": "bob", "or_mention": "cy", "created_after": at(101)}, [4, 3, 2]),
        ({"for_agent": "bob", "mentions": ["dev"]}, [3]),
        ({"scope": events.Pair("x", "y")}, [2]),
        ({"ref": events.Pair("reply_to", IDS[0])}, [4]),
        ({"thread_id": f"thr_{IDS[0][4:]}"}, [4, 0]),
        ({"created_after": at(102)}, [4, 3]),
        ({"exclude_author": "ann"}, [4, 3]),
        ({"sort_by": "updated_at"}, [1, 4, 3, 2, 0]),
        ({"by_conversation": True}, [0, 4, 1, 2, 3]),
    ],
)
def test_filters(team: Tables, put: Put, wanted: dict[str, object], expected: list[int]) -> None:
    put(
        sent(0, "ann", "bob"),
        sent(1, "ann", "cy"),
        sent(2, "ann", scopes=[events.Pair("x", "y")]),
        sent(3, "cy", "dev"),
        sent(4, "bob", refs=[events.Pair("reply_to", IDS[0]), events.Pair("mention", "bob")]),
        events.MessageEdit(
            message_id=IDS[1], body=events.Body("new"), timestamp=at(300), event_id="evt_e"
        ),
    )
    assert shown(team, **wanted) == expected
    page = list_messages(team.db, ListFilter(**wanted))  # type: ignore[arg-type]
    assert page.total == len(expected)


def test_unread_is_the_readers(team: Tables, put: Put) -> None:
    put(sent(0, "ann", "bob"), sent(1, "ann", "cy"), read(0, "bob"))
    anybodys, bobs = (ListFilter(created_after=at(0), reader=one) for one in ("", "bob"))
    assert list_messages(team.db, anybodys).unread == 0
    assert list_messages(team.db, bobs).unread == 1


def test_rows_by_id_are_in_the_order_of_time(team: Tables, put: Put) -> None:
    put(sent(0, "ann", "bob"), sent(1, "ann", "cy"), read(0, "bob"))
    rows = messages_by_id(team.db, [IDS[1], IDS[0]], "bob")
    assert [(row.message_id, row.is_read) for row in rows] == [(IDS[0], True), (IDS[1], False)]


def test_an_outbox_says_whom_it_reached(team: Tables, put: Put) -> None:
    put(sent(0, "ann", "dev"), sent(1, "ann"), sent(2, "bob", "ann"), read(1, "cy"))
    page = outbox(team.db, OutboxFilter(author="ann"))
    assert [IDS.index(row.message_id) for row in page.messages] == [1, 0]
    everyone, role = page.messages
    assert everyone.audiences == [events.Pair("broadcast", "everyone")]
    assert [each.agent_id for each in everyone.recipients or ()] == ["bob", "cy"]
    assert everyone.read_count == 1
    assert role.audiences == [events.Pair("mention", "dev")]
    assert [each.agent_id for each in role.recipients or ()] == ["bob"]

    def to(**wanted: object) -> list[int]:
        found = outbox(team.db, OutboxFilter(author="ann", **wanted))  # type: ignore[arg-type]
        return [IDS.index(row.message_id) for row in found.messages]

    assert to(to="everyone") == [1]
    assert to(to="dev") == [0]
    assert to(to="cy") == [1]
    put(read(0, "bob"), read(1, "bob"))
    assert to(unread=True) == []


def test_a_key_finds_its_message_for_a_while(team: Tables, put: Put) -> None:
    put(sent(0, "ann", "bob", idempotency_key="k"), sent(1, "ann", "bob", idempotency_key="other"))
    assert by_idempotency_key(team.db, "ann", "k", at(0)) == IDS[0]
    assert by_idempotency_key(team.db, "ann", "k", at(500)) is None
    assert by_idempotency_key(team.db, "bob", "k", at(0)) is None


def test_what_can_be_marked(team: Tables, put: Put) -> None:
    put(sent(0, "ann", "bob"), sent(1, "ann", "cy"), sent(2, "ann"), sent(3, "ann", "bob"))
    put(read(0, "bob"), read(2, "cy"))
    asked = [IDS[3], IDS[0], IDS[1], IDS[2], "msg_none", IDS[3]]
    found = receipts.reached(team.db, "bob", asked)
    assert list(found.items()) == [(IDS[3], False), (IDS[0], True), (IDS[2], False)]
    assert receipts.reached(team.db, "bob", asked, before=at(102)) == {IDS[0]: True, IDS[2]: False}
    assert receipts.also_read_by(team.db, "bob", False, asked) == {IDS[2]: ["cy"]}
    assert receipts.also_read_by(team.db, "bob", True, [IDS[2]]) == {IDS[2]: ["ann", "cy"]}


@pytest.mark.parametrize(
    ("ending", "found"),
    [
        ("0003", [IDS[3]]),
        ("aa0003", [IDS[3]]),
        (IDS[3], [IDS[3]]),
        ("msg_" + IDS[3][-8:], [IDS[3]]),
        ("003", []),
        ("9999", []),
        ("%003", []),
        (IDS[3][:-1] + "Z", []),
    ],
)
def test_an_ending_finds_its_id(team: Tables, put: Put, ending: str, found: list[str]) -> None:
    put(*(sent(n, "ann", "bob") for n in range(5)))
    assert ids.complete_id(team.db, "msg", ending) == found


def test_an_ending_that_fits_more_is_refused(team: Tables, put: Put) -> None:
    other = "msg_01BBBBBBBBBBBBBBBBBBBB0003"
    put(sent(3, "ann"), sent(4, "ann", message_id=other))
    with pytest.raises(ThrumError) as caught:
        ids.one_id(team.db, "msg", "0003", "message")
    assert caught.value.kind == "ambiguous_id"
    assert other in caught.value.message
    with pytest.raises(ThrumError) as caught:
        ids.one_id(team.db, "msg", "9999", "message")
    assert caught.value.kind == "not_found"
    assert ids.one_id(team.db, "msg", "b0003", "message") == other


def test_agents_are_found_by_role_and_module(team: Tables) -> None:
    assert [each.agent_id for each in agents.agents(team.db)] == ["cy", "bob", "ann"]
    assert [each.agent_id for each in agents.agents(team.db, role="dev")] == ["bob", "ann"]
    assert [each.agent_id for each in agents.agents(team.db, module="api")] == ["cy"]
    assert agents.agents(team.db, role="dev", module="api") == []


def test_agents_in_a_worktree_have_open_sessions_there(team: Tables, put: Put) -> None:
    for name in ("bob", "cy"):
        team.db.execute(
            "INSERT INTO session_refs VALUES (?, 'worktree', '/w', ?)", (f"ses_{name}", at(1))
        )
    found = agents.agents_in_worktree(team.db, "/w")
    assert [each.agent_id for each in found] == ["cy", "bob"]
    put(events.SessionEnd(session_id="ses_cy", timestamp=at(50), event_id="evt_end"))
    assert [each.agent_id for each in agents.agents_in_worktree(team.db, "/w")] == ["bob"]
    assert agents.ever_in_worktree(team.db, "cy", "/w")
    assert not agents.ever_in_worktree(team.db, "ann", "/w")


def test_the_team_is_one_query(team: Tables, put: Put) -> None:
    put(sent(0, "ann", "bob"), sent(1, "ann", "bob"), read(0, "bob"))
    context = events.WorkContext(
        session_id="ses_bob",
        branch="feature",
        intent="to win",
        unmerged_commits=[events.Commit(sha="1"), events.Commit(sha="2")],
        file_changes=[events.FileChange(path="a.py", additions=3, status="added")],
        git_updated_at=at(60),
        intent_updated_at=at(60),
    )
    put(
        events.AgentUpdate(
            agent_id="bob", work_contexts=[context], timestamp=at(61), event_id="evt_u"
        )
    )
    statements: list[str] = []
    team.db.set_trace_callback(statements.append)
    members = agents.team(team.db).members
    team.db.set_trace_callback(None)
    assert len(statements) == 1
    assert [each.agent_id for each in members] == ["cy", "bob"]
    bob = members[1]
    assert (bob.inbox_total, bob.inbox_unread, bob.unmerged_commits) == (2, 1, 2)
    assert (bob.branch, bob.intent, bob.status) == ("feature", "to win", "active")
    assert [change.path for change in bob.file_changes or ()] == ["a.py"]
    offline = agents.team(team.db, include_offline=True).members
    assert [(each.agent_id, each.status) for each in offline][-1] == ("ann", "offline")


def test_shared_messages_are_counted(team: Tables, put: Put) -> None:
    put(events.GroupCreate(group_id="g", name="crew", timestamp=at(5), event_id="evt_g"))
    put(
        sent(0, "ann"), sent(1, "ann", scopes=[events.Pair("group", "crew")]), sent(2, "ann", "bob")
    )
    found = agents.team(team.db)
    assert found.broadcast_total == 1
    assert [(each.name, each.total) for each in found.groups] == [("crew", 1)]


def test_a_name_is_a_group_then_an_agent_then_a_role(team: Tables, put: Put) -> None:
    def meant(name: str) -> tuple[str, list[str]] | None:
        found = targets.target(team.db, name)
        return (found.kind, found.agent_ids) if found else None

    assert meant("bob") == ("agent", ["bob"])
    assert meant("dev") == ("role", ["ann", "bob"])
    assert meant("reviewer") == ("role", ["cy"])
    assert meant("nobody") is None
    put(
        events.GroupCreate(group_id="g", name="dev", timestamp=at(5), event_id="evt_g"),
        events.GroupMemberAdd(
            group_id="g", member_type="agent", member_value="cy", timestamp=at(6), event_id="evt_a"
        ),
    )
    assert meant("dev") == ("group", ["cy"])
    assert targets.everyone_but(team.db, "bob") == ["ann", "cy"]
    assert groups.expanded(team.db, "nothing") == []


def test_sessions_are_listed(team: Tables) -> None:
    assert [each.session_id for each in sessions.sessions(team.db)] == ["ses_cy", "ses_bob"]
    assert [each.session_id for each in sessions.sessions(team.db, "bob", True)] == ["ses_bob"]
    team.db.execute("INSERT INTO session_refs VALUES ('ses_bob', 'worktree', '/w', 'x')")
    team.db.execute("INSERT INTO session_refs VALUES ('ses_bob', 'pr', '4', 'w')")
    (found,) = sessions.sessions(team.db, "bob", True)
    assert found.refs == [events.Pair("pr", "4"), events.Pair("worktree", "/w")]
    assert found.scopes is None
    assert [each.session_id for each in sessions.sessions(team.db, limit=1)] == ["ses_cy"]


def steps(tables: Tables, wanted: ListFilter) -> int:
    """How many instructions of SQLite's machine a page takes."""
    count = 0

    def tick() -> None:
        nonlocal count
        count += 1

    tables.db.set_progress_handler(tick, 1)
    list_messages(tables.db, wanted)
    tables.db.set_progress_handler(None, 0)
    return count


@pytest.mark.parametrize("wanted", FILTERS)
def test_a_page_does_not_cost_more_with_more_messages(
    team: Tables, put: Put, wanted: dict[str, object]
) -> None:
    asked = ListFilter(for_agent="bob", reader="bob", **wanted)  # type: ignore[arg-type]
    put(*(sent(n % 40, "ann", "bob", message_id=f"msg_{n}", event_id=f"e{n}") for n in range(40)))
    few = steps(team, asked)
    put(
        *(
            sent(n % 40, "ann", "bob", message_id=f"msg_{n}", event_id=f"e{n}")
            for n in range(40, 600)
        )
    )
    assert steps(team, asked) < few * 1.2

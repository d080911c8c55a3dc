"""Which messages a list holds, in which order, on which page, and for whose eyes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum import events
from thrum.daemon.projection.queries.listing import MOST_ON_A_PAGE
from thrum.daemon.rpc.listing import moment, window
from thrum.daemon.rpc.registry import LARGEST
from thrum.errors import ThrumError


@pytest.fixture
def three(node: Any) -> Any:
    """A node with furiosa and nux, testers, and max, a driver."""
    node.agent("furiosa")
    node.agent("nux")
    node.agent("max", role="driver")
    return node


def listed(node: Any, agent_id: str, **params: Any) -> list[str]:
    """The texts of a list."""
    rows = node.call(agent_id, "message.list", **params)["messages"]
    return [row["body"]["content"] for row in rows]


def test_pages_are_bounded_and_never_negative(three: Any) -> None:
    for number in range(12):
        three.send("nux", str(number), to="max")
    listed = three.call("max", "message.list", for_agent="max")
    assert (listed["page"], listed["page_size"], listed["total_pages"]) == (1, 10, 2)
    assert three.inbox("max", page=2) == ["1", "0"]
    assert three.call("max", "message.list", page_size=1000)["page_size"] == 100
    assert three.refused("max", "message.list", page_size=-1) == "invalid_params"
    for page in (-1, 2**63, 2**70):
        assert three.refused("max", "message.list", page=page) == "invalid_params"
        assert three.refused("max", "message.outbox", page=page) == "invalid_params"
    assert three.call("max", "message.list", page=2**31 - 1, page_size=100)["messages"] == []


def test_anothers_inbox_is_not_shown(three: Any) -> None:
    assert three.refused("nux", "message.list", for_agent="max") == "not_allowed"


def test_unread_of_nobody_is_refused(three: Any) -> None:
    assert three.refused("nobody", "message.list", unread=True) == "anonymous_caller"


@given(st.integers(-3, 2**80), st.integers(-3, 2**80))
def test_a_window_is_within_bounds_or_refused(page: int, size: int) -> None:
    if page < 0 or size < 0 or page > LARGEST:
        with pytest.raises(ThrumError) as refused:
            window(page, size)
        assert refused.value.kind == "invalid_params"
    else:
        found = window(page, size)
        assert found == (max(page, 1), min(size, MOST_ON_A_PAGE) or 10)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000000000Z"),
        ("2026-01-02T03:04:05.5+05:00", "2026-01-01T22:04:05.500000000Z"),
    ],
)
def test_a_moment_is_text_that_sorts(text: str, expected: str) -> None:
    assert moment(text, "created_after") == expected


@pytest.mark.parametrize(
    "text",
    [" ", "yesterday", "2026-01-02", "2026-13-02T03:04:05Z", "2026-02-30T03:04:05Z", "\0", "٢" * 4],
)
def test_what_is_no_moment_is_refused_by_its_name(text: str) -> None:
    with pytest.raises(ThrumError, match="since is no RFC 3339 time") as refused:
        moment(text, "since")
    assert refused.value.kind == "invalid_params"


def test_a_person_sees_any_inbox_and_a_bare_name_is_a_persons_too(three: Any) -> None:
    person = events.AgentRegister(agent_id="user:ada", kind="user", role="user", module="ui")
    three.store.transact_blocking(lambda t: t.emit(person))
    three.send("nux", "for ada", to="ada")
    assert three.refused("nux", "message.list", for_agent="ada") == "not_allowed"
    assert three.refused("nux", "message.list", for_agent="@ada") == "not_allowed"
    assert listed(three, "nobody", for_agent="ada") == ["for ada"]
    assert listed(three, "nobody", for_agent="@user:ada") == ["for ada"]
    assert listed(three, "nobody", for_agent="nux") == []


def test_ones_own_inbox_may_be_called_by_its_sign(three: Any) -> None:
    three.send("max", "for you", to="nux")
    assert listed(three, "nux", for_agent="@nux") == ["for you"]


def test_the_order_is_the_newest_first_unless_said_otherwise(three: Any) -> None:
    first = three.send("nux", "one", to="max")["message_id"]
    three.send("nux", "two", to="max")
    three.call("nux", "message.edit", message_id=first, content="ONE")
    assert listed(three, "max") == ["two", "ONE"]
    assert listed(three, "max", sort_order="asc") == ["ONE", "two"]
    assert listed(three, "max", sort_by="updated_at") == ["ONE", "two"]
    for wrong in ({"sort_by": "content"}, {"sort_by": "created_at; --"}, {"sort_order": "ASC"}):
        assert three.refused("max", "message.list", **wrong) == "invalid_params"


def test_a_conversation_stands_together(three: Any) -> None:
    first = three.send("nux", "question", to="max")["message_id"]
    three.send("nux", "another", to="max")
    three.send("nux", "more of it", to="max", reply_to=first)
    mine = {"for_agent": "max", "chronological": True}
    assert listed(three, "max", **mine) == ["question", "more of it", "another"]
    assert listed(three, "max", **mine, sort_order="desc") == ["more of it", "another", "question"]
    newest = listed(three, "max", chronological=True)
    assert newest == ["more of it", "another", "question"], "only an inbox has conversations"


def test_each_filter_leaves_what_it_names(three: Any) -> None:
    pair = {"type": "module", "value": "auth"}
    first = three.send("nux", "scoped", to="max", scopes=[pair])
    three.send("furiosa", "pointing", to="max", refs=[{"type": "file", "value": "a.py"}])
    three.send("max", "by myself", mentions=["tester"])
    assert listed(three, "max", scope=pair) == ["scoped"]
    assert listed(three, "max", ref={"type": "file", "value": "a.py"}) == ["pointing"]
    assert listed(three, "max", author_id="@nux") == ["scoped"]
    assert listed(three, "max", exclude_self=True) == ["pointing", "scoped"]
    assert listed(three, "max", created_after=first["created_at"]) == ["by myself", "pointing"]
    assert listed(three, "max", mention_role="@tester") == ["by myself"]
    assert listed(three, "max", mentions=True) == ["pointing", "scoped"]
    mine = {"mentions": True, "caller_mention_role": "tester"}
    assert listed(three, "nux", **mine) == ["by myself"]
    assert listed(three, "max", author_id="x' OR '1'='1") == []
    assert three.refused("max", "message.list", created_after="soon") == "invalid_params"


def test_what_is_read_is_unread_for_the_others(three: Any) -> None:
    sent = three.send("max", "to all")["message_id"]
    three.call("nux", "message.markRead", message_ids=[sent])
    assert listed(three, "nux", unread=True) == []
    assert listed(three, "furiosa", unread=True) == ["to all"]
    assert listed(three, "nux", unread_for_agent="nux") == []
    assert listed(three, "nux") == ["to all"]


def test_what_was_taken_back_is_shown_on_request_only(three: Any) -> None:
    sent = three.send("nux", "oh no", to="max")["message_id"]
    three.call("nux", "message.delete", message_id=sent)
    assert listed(three, "max", for_agent="max") == []
    rows = three.call("max", "message.list", include_deleted=True)["messages"]
    assert [row["message_id"] for row in rows] == [sent]


def test_a_page_of_long_messages_comes_in_parts(three: Any) -> None:
    """Two megabytes at a time, and at least one message."""
    for letter in "abc":
        three.send("nux", letter * 1_000_000, to="max")
    first = three.call("max", "message.list", for_agent="max")
    assert [row["body"]["content"][0] for row in first["messages"]] == ["c", "b"]
    assert (first["truncated"], first["total"], first["total_pages"]) == (True, 3, 1)
    rest = three.call("max", "message.list", for_agent="max", skip=2)
    assert [row["body"]["content"][0] for row in rest["messages"]] == ["a"]
    assert "truncated" not in rest
    mine = three.call("nux", "message.outbox")
    assert (len(mine["messages"]), mine["truncated"]) == (2, True)
    assert len(three.call("nux", "message.outbox", skip=2)["messages"]) == 1
    for skip in (-1, 10, 11):
        for name in ("message.list", "message.outbox"):
            assert three.refused("max", name, skip=skip) == "invalid_params"

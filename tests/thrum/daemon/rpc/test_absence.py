"""What is said of recipients whom nobody has seen for long."""

from __future__ import annotations

from typing import Any

import pytest

from thrum.clock import format_ns
from thrum.daemon.rpc.absence import DAY_NS


@pytest.fixture
def crew(node: Any) -> Any:
    """furiosa, who writes, and nux, max, ace, rig and slit, who get mail."""
    for name in ("furiosa", "nux", "max"):
        node.agent(name)
    return node


def last_seen(node: Any, days: float, *names: str) -> str:
    """Has all that is known of the agents be so many days old; that day."""
    moment = format_ns(node.parts.now_ns() - int(days * DAY_NS))

    def decide(transaction: Any) -> None:
        for name in names:
            for sql in (
                "UPDATE agents SET last_seen_at = ?1, registered_at = ?1 WHERE agent_id = ?2",
                "UPDATE sessions SET last_seen_at = ?1, started_at = ?1 WHERE agent_id = ?2",
                "UPDATE agent_work_contexts SET git_updated_at = ?1 WHERE agent_id = ?2",
            ):
                transaction.db.execute(sql, (moment, name))

    node.store.transact_blocking(decide)
    return moment[:10]


def said(node: Any, **to: Any) -> list[str]:
    """The warnings but for those of groups as such."""
    found = node.send("furiosa", "hello", **to).get("warnings") or []
    return [each for each in found if "seen" in each]


def test_of_whom_nobody_has_seen_for_long_it_is_told_when(crew: Any) -> None:
    day = last_seen(crew, 23.4, "nux")
    (told,) = said(crew, to="nux")
    assert f"@nux was last seen 23 days ago ({day})" in told
    assert "`thrum team`" in told
    assert said(crew, to="max") == []
    assert said(crew, to="max", mentions=["nux"]) == [told]
    assert said(crew, mentions=["tester"]) == [told]


@pytest.mark.parametrize(("days", "count"), [(6.9, 0), (7.1, 1), (400, 1)])
def test_a_week_makes_the_difference_where_nobody_says_otherwise(
    crew: Any, days: float, count: int
) -> None:
    last_seen(crew, days, "nux")
    assert len(said(crew, to="nux")) == count


def test_how_long_it_takes_is_a_matter_of_the_configuration(crew: Any) -> None:
    last_seen(crew, 23, "nux")
    crew.parts.config.set("messages.unseen_days", 30)
    assert said(crew, to="nux") == []
    crew.parts.config.set("messages.unseen_days", 1)
    assert len(said(crew, to="nux")) == 1


def test_who_writes_to_everyone_or_to_themselves_is_told_of_nobody(crew: Any) -> None:
    last_seen(crew, 23, "nux", "max")
    assert said(crew) == []
    assert said(crew, to="everyone") == []
    assert said(crew, to="furiosa") == []


def test_of_many_it_is_said_in_one_sentence(crew: Any) -> None:
    for name in ("ace", "rig"):
        crew.agent(name)
    last_seen(crew, 23, "nux", "max", "ace", "rig")
    (told,) = said(crew, mentions=["tester"])
    assert told.startswith("4 of the recipients were not seen for more than 7 days: @ace, @max")


def test_a_retry_is_told_the_same_and_a_sign_ends_it(crew: Any) -> None:
    last_seen(crew, 23, "nux")
    told = crew.send("furiosa", "one", to="nux", idempotency_key="k")
    assert len(told["warnings"]) == 1
    assert crew.send("furiosa", "one", to="nux", idempotency_key="k") == told
    crew.send("nux", "back again", to="max")
    assert said(crew, to="nux") == []


def test_an_answer_is_told_as_well_and_who_was_never_here_is_unknown(crew: Any) -> None:
    asked = crew.send("nux", "well?", to="furiosa")["message_id"]
    crew.store.transact_blocking(
        lambda t: t.db.execute("UPDATE messages SET created_at = '2020-01-01T00:00:00.000000000Z'")
    )
    last_seen(crew, 23, "nux")
    (told,) = said(crew, mentions=["nux"], reply_to=asked)
    assert "@nux was last seen 23 days ago" in told
    assert crew.refused("furiosa", "message.send", content="x", to="ghost") == "unknown_recipient"

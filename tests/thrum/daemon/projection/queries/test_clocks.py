"""Whose clock is off, as events show it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.thrum.daemon.projection.apply.people import cleaned
from thrum import events
from thrum.clock import format_ns
from thrum.daemon.projection.queries.clocks import Skew, about, skews, told
from thrum.daemon.projection.tables import Tables

Put = Callable[..., None]

NOW = 1_767_225_600_000_000_000
HOUR = 3_600_000_000_000
DAY = 24 * HOUR
OWN, BEN, CAT = (f"d_{letter * 26}" for letter in "ABC")


@pytest.fixture
def say(put: Put) -> Callable[..., Any]:
    """Applies an event that a daemon wrote when its clock was off by that much."""
    count = 0

    def said(event: events.Event, origin: str, off_ns: int) -> events.Event:
        nonlocal count
        count += 1
        event.event_id, event.origin_daemon = f"evt_{count:03}", origin
        event.timestamp = format_ns(NOW + off_ns + count)
        put(event)
        return event

    return said


def registered(name: str) -> events.AgentRegister:
    return events.AgentRegister(agent_id=name, role="dev", module="m", hostname=f"{name}-host")


def sent(number: int, author: str, *to: str, reply_to: str = "") -> events.MessageCreate:
    return events.MessageCreate(
        message_id=f"msg_{number}",
        agent_id=author,
        body=events.Body(""),
        recipients=list(to),
        refs=[events.Pair("reply_to", reply_to)] if reply_to else None,
    )


def test_right_clocks_are_no_news(tables: Tables, say: Any) -> None:
    say(registered("ann"), OWN, -9 * DAY)
    say(registered("ben"), BEN, -5 * DAY)
    say(sent(1, "ann", "ben"), OWN, -DAY)
    say(sent(2, "ben", "ann", reply_to="msg_1"), BEN, -DAY)
    say(sent(3, "ben"), BEN, HOUR - 100)
    assert skews(tables.db, OWN, NOW) == []
    assert told(tables.db, OWN, NOW) == []


def test_who_writes_from_the_future_is_ahead(tables: Tables, say: Any) -> None:
    say(registered("ben"), BEN, 2 * DAY)
    assert skews(tables.db, OWN, NOW) == [], "a registration may follow one that was ahead"
    say(events.SessionStart(session_id="ses_1", agent_id="ben"), BEN, 2 * DAY)
    assert skews(tables.db, OWN, NOW) == [Skew(BEN, 2 * DAY + 2)]
    assert told(tables.db, OWN, NOW) == [
        "the clock of @ben on ben-host is about 2 days ahead of this one"
    ]
    say(sent(1, "ben"), BEN, 0)
    assert skews(tables.db, OWN, NOW) == [], "it was set right"


@pytest.mark.parametrize("how", ["reply", "receipt", "recipient"])
def test_who_answers_before_the_question_is_behind(tables: Tables, say: Any, how: str) -> None:
    say(registered("ann"), OWN, -HOUR)
    question = say(sent(1, "ann"), OWN, -HOUR // 2)
    if how == "reply":
        say(sent(2, "ben", reply_to="msg_1"), BEN, -3 * DAY)
    elif how == "recipient":
        say(sent(2, "ben", "ann"), BEN, -3 * DAY)
    else:
        receipt = events.MessageReceipt(message_id="msg_1", agent_id="ben", receipt_type="read")
        receipt.of = events.Sent(question.timestamp, OWN, question.event_id)
        say(receipt, BEN, -3 * DAY)
    ((origin, ahead_ns),) = skews(tables.db, OWN, NOW)
    assert origin == BEN
    assert about(ahead_ns) == "3 days"
    assert ahead_ns < 0
    (sentence,) = told(tables.db, OWN, NOW)
    assert sentence == f"the clock of {BEN} is about 3 days behind this one"
    say(sent(9, "ben", "ann"), BEN, 0)
    assert skews(tables.db, OWN, NOW) == [], "it was set right"


def test_what_our_own_clock_wrote_before_it_was_set_right_accuses_nobody(
    tables: Tables, say: Any
) -> None:
    say(sent(1, "ann"), OWN, 2 * DAY)
    say(sent(2, "ben", reply_to="msg_1"), BEN, 0)
    assert skews(tables.db, OWN, NOW) == []


def test_a_letter_to_who_lived_here_before_accuses_nobody(
    tables: Tables, put: Put, say: Any
) -> None:
    say(registered("ann"), OWN, -9 * DAY)
    gone = cleaned("ann", 1)
    gone.timestamp = format_ns(NOW - 5 * DAY)
    put(gone)
    say(registered("ann"), OWN, -DAY)
    say(sent(1, "ben", "ann"), BEN, -4 * DAY)
    assert skews(tables.db, OWN, NOW) == []


@pytest.mark.parametrize(("off", "way"), [(2, "behind"), (-2, "ahead of")])
def test_where_all_others_differ_alike_it_is_this_clock(
    tables: Tables, say: Any, off: int, way: str
) -> None:
    say(registered("ann"), OWN, -HOUR)
    say(sent(1, "ann"), OWN, 0)
    for number, origin in enumerate((BEN, CAT), 2):
        say(sent(number, "x", reply_to="msg_1"), origin, off * DAY)
    (sentence,) = told(tables.db, OWN, NOW)
    assert sentence == f"this machine's clock is about 2 days {way} those of 2 other clones"


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (HOUR, "1 hour"),
        (-5 * HOUR, "5 hours"),
        (DAY, "1 day"),
        (DAY + HOUR, "25 hours"),
        (2 * DAY - 1, "2 days"),
        (-30 * DAY, "30 days"),
    ],
)
def test_a_span_in_few_words(ns: int, text: str) -> None:
    assert about(ns) == text

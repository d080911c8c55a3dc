"""What counts where signatures are required: the same, in whatever order keys and mail come."""

from __future__ import annotations

import json
import sqlite3
from itertools import islice
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitstore import Line, canonical
from tests.laws import examples
from tests.thrum.daemon.signing.test_ring import (
    KEYS,
    STEPS,
    A,
    B,
    Tale,
    at,
    decisions,
    id_of,
    signed,
)
from thrum import events
from thrum.daemon.projection import schema
from thrum.daemon.projection.apply.withholding import rule, turn
from thrum.daemon.projection.reading import take
from thrum.daemon.projection.sorting import in_order
from thrum.daemon.projection.tables import Tables
from thrum.daemon.signing.gate import SignatureGate, digest
from thrum.daemon.signing.ring import Owned, Verdict

Found = tuple[set[str], dict[str, str | None]]


def fresh(gate: SignatureGate | None = None) -> Tables:
    db = sqlite3.connect(":memory:", isolation_level=None)
    schema.create(db, "2026-01-01T00:00:00Z")
    tables = Tables.read(db)
    tables.gate = gate
    return tables


def gate(*before: bytes, own: Owned | None = None, **decided: Verdict) -> SignatureGate:
    known = frozenset(digest(line) for line in before)
    return SignatureGate(decisions(**decided), known, lambda: own, at(0))


def mail(number: int, daemon: str, by: int | None) -> bytes:
    event = events.MessageCreate(
        message_id=f"msg_{number}", agent_id="ann", body=events.Body(f"text {number}")
    )
    return signed(event, daemon, by, 10 + number)


def bring(tables: Tables, *lines: bytes) -> list[str]:
    outcome = take(tables, [Line("events.jsonl", 0, line) for line in lines])
    return [events.type_of(each) for each in outcome.events]


def found(tables: Tables) -> Found:
    """The messages that are there, and why which events do not count."""
    here = {row[0] for row in tables.db.execute("SELECT message_id FROM messages")}
    return here, dict(tables.db.execute("SELECT event_id, withheld FROM events"))


def test_mail_comes_in_with_the_key_that_signed_it_and_goes_when_that_is_refused() -> None:
    tables = fresh(gate())
    (first,) = (each.line for each in Tale().publish(A, 0).said)
    assert bring(tables, mail(1, A, 0), mail(2, A, None)) == []
    assert found(tables)[0] == set()
    assert bring(tables, first) == ["key.publish", "message.create"]
    assert found(tables)[0] == {"msg_1"}
    assert turn(tables, gate(a0=Verdict.REFUSED), {A}) == []
    assert found(tables)[0] == set()
    assert [each.event_id for each in turn(tables, gate(a0=Verdict.ACCEPTED), {A})] == ["evt_011"]
    assert found(tables)[0] == {"msg_1"}
    assert [each.event_id for each in turn(tables, None)] == ["evt_012"]
    assert found(tables)[0] == {"msg_1", "msg_2"}


def test_what_comes_in_late_has_a_number_after_all_that_was_told() -> None:
    tables = fresh(gate())
    (first,) = (each.line for each in Tale().publish(A, 0).said)
    bring(tables, mail(1, A, 0))
    bring(tables, first)
    rows = tables.db.execute("SELECT event_id FROM events ORDER BY sequence").fetchall()
    assert rows == [("evt_000",), ("evt_011",)]


def test_what_was_here_before_needs_no_signature_and_is_known_when_it_is_written_anew() -> None:
    old = mail(1, A, None)
    tables = fresh(gate(old))
    other = old.replace(b'"v":', b' "sequence": 7,"v":')
    assert bring(tables, other) == ["message.create"]
    bring(tables, mail(2, A, None))
    assert found(tables)[1]["evt_012"] == "no signature"


def test_a_copy_with_a_worse_signature_takes_away_what_a_merge_would() -> None:
    """Which copy stands is no matter of signatures, lest clones hold different ones."""
    (first,) = (each.line for each in Tale().publish(A, 0).said)
    good = mail(1, A, 0)
    bare = canonical({k: v for k, v in fields(good).items() if k != "sig"})
    stands = min(good, bare)
    for order in ((good, bare), (bare, good)):
        tables = fresh(gate())
        bring(tables, first)
        for line in order:
            bring(tables, line)
        assert found(tables)[0] == ({"msg_1"} if stands == good else set())


def fields(line: bytes) -> dict[str, Any]:
    return dict(json.loads(line))


def test_ones_own_agents_stay_when_ones_own_key_is_revoked_and_mail_does_not() -> None:
    tale = Tale().publish(A, 0).revoke(A, 0, since=0, by=0)
    lines = [each.line for each in tale.said]
    agent = signed(events.AgentRegister(agent_id="ann", role="dev", module="m"), A, 0, 20)
    for own, is_here in ((Owned(A, id_of(0)), True), (Owned(B, id_of(1)), False)):
        tables = fresh(gate(own=own))
        bring(tables, *lines, agent, mail(1, A, 0))
        assert ("ann" in tables.register.agents) is is_here
        assert found(tables)[0] == set()


def test_rows_of_snapshots_are_left_out_and_asked_for_when_nothing_is_required() -> None:
    row = b'{"message_id":"msg_9","author_id":"ann","created_at":"2026-01-01T00:00:00Z","body":"x"}'
    lines = [Line("messages-v2/a.jsonl", 0, row)]
    tables = fresh(gate())
    tables.db.execute("INSERT INTO log_cursor VALUES (1, 'x')")
    take(tables, lines)
    assert found(tables)[0] == set()
    assert tables.db.execute("SELECT reason FROM bad_events").fetchall() == [("no signature",)]
    turn(tables, None)
    assert (
        tables.db.execute(
            "SELECT * FROM bad_events UNION SELECT 1, 1, 1, 1, position FROM log_cursor"
        ).fetchall()
        == []
    )
    take(tables, lines)
    assert found(tables)[0] == {"msg_9"}
    kept = fresh(gate(row))
    take(kept, lines)
    assert found(kept)[0] == {"msg_9"}


@pytest.mark.parametrize("other", [gate(), gate(a0=Verdict.SEEN), gate(b"{}", a0=Verdict.SEEN)])
def test_another_rule_has_another_text(other: SignatureGate) -> None:
    tables = fresh()
    assert rule(tables.db) == ""
    mine = gate(a0=Verdict.ACCEPTED)
    turn(tables, mine)
    assert rule(tables.db) == mine.rule != other.rule


def test_what_was_looked_at_ahead_says_the_same() -> None:
    tale, tables = Tale().publish(A, 0), fresh()
    changed = mail(3, A, 0).replace(b"text 3", b"text 4")
    bring(tables, tale.said[0].line, mail(1, A, 0), mail(2, A, None), changed)
    ahead, used = gate(), gate()
    ahead.look_ahead(tables.db)
    used.go_by(ahead)
    turn(tables, used)
    used.look_back()
    assert found(tables)[0] == {"msg_1"}
    assert bring(tables, mail(5, A, 0), mail(6, A, 1)) == ["message.create"]


MAIL = st.lists(
    st.tuples(st.sampled_from([A, B]), st.one_of(st.none(), st.integers(0, len(KEYS) - 1))),
    max_size=6,
)
RULES = st.dictionaries(
    st.sampled_from(["a0", "a1", "b0", "b2"]), st.sampled_from(Verdict), max_size=3
)


@settings(max_examples=examples(60), deadline=None)
@given(STEPS, MAIL, RULES, st.data())
def test_any_order_of_keys_mail_and_decisions_gives_what_the_last_ones_say(
    steps: list[tuple[Any, ...]],
    written: list[tuple[str, int | None]],
    decided: dict[str, Verdict],
    data: st.DataObject,
) -> None:
    tale = Tale()
    for name, *what in steps:
        getattr(tale, name)(*what)
    lines = [each.line for each in tale.said]
    lines += [mail(number, *each) for number, each in enumerate(written)]
    at_once = fresh(gate(own=None, **decided))
    ordered = in_order(Line("events.jsonl", 0, line) for line in lines)
    while portion := list(islice(ordered, 3)):
        take(at_once, portion)
    tables, order = fresh(), data.draw(st.permutations(lines))
    while order:
        size = data.draw(st.integers(1, 5))
        bring(tables, *order[:size])
        order = order[size:]
        if data.draw(st.booleans()):
            turn(tables, gate(own=None, **data.draw(RULES)) if data.draw(st.booleans()) else None)
    turn(tables, gate(own=None, **decided))
    assert found(tables) == found(at_once)

"""Which lines of the branch's files purges cover."""

from __future__ import annotations

import pytest

from gitstore import canonical
from tests.thrum.daemon.projection.apply.mail import created, edited
from tests.thrum.daemon.projection.apply.people import at, purged, registered
from thrum.daemon.projection.omission import covers_line, omitting, purges_in
from thrum.purges import Purge, Purges

PURGE = canonical(purged(at(20), 30))


@pytest.mark.parametrize(
    ("path", "raw", "left_out"),
    [
        ("messages/ann.jsonl", canonical(created(1)), True),
        ("messages/ann.jsonl", canonical(edited("evt_e", 11, "new")), True),
        ("messages/ann.jsonl", canonical(created(1, 20)), False),
        ("events.jsonl", canonical(registered("ann", 1)), False),
        ("events.jsonl", PURGE, False),
        ("messages/ann.jsonl", b'{"type":"message.create","timestamp":"2020"', False),
        (
            "messages/ann.jsonl",
            b'{"type":"message.invented","timestamp":"2020-01-01T00:00:00Z"}',
            False,
        ),
        ("messages/ann.jsonl", b"\xff\xfe", False),
        (
            "messages-v2/x.jsonl",
            b'{"author_id":"ann","created_at":"2025-01-01T00:00:00Z","message_id":"msg_1"}',
            True,
        ),
        (
            "receipts/x.jsonl",
            b'{"agent_id":"ann","message_id":"msg_1","read_at":"2025-01-01T00:00:00Z"}',
            False,
        ),
    ],
)
def test_a_line_is_judged_alone(path: str, raw: bytes, left_out: bool) -> None:
    assert omitting([PURGE])(path, raw) == left_out
    assert not omitting([])(path, raw)
    assert not covers_line(Purges(), path, raw)


def test_what_is_no_purge_tells_of_none() -> None:
    lines = [
        b'{"type":"purge.executed","cutoff":"soon","timestamp":"2026-01-01T00:00:00Z"}',
        b'{"type":"purge.executed"',
        b'{"type":"message.create","note":"\\"purge.executed\\""}',
        canonical(registered("ann", 1, display='"purge.executed"')),
    ]
    assert not purges_in(lines)
    assert purges_in([*lines, PURGE]) == Purges([Purge(at(20))])

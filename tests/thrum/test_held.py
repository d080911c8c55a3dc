"""How far a message came, and why it waits."""

from __future__ import annotations

from typing import Any

import pytest

from thrum import held


@pytest.mark.parametrize(
    ("recipient", "stage"),
    [
        ({"state": "offered", "read_at": "t"}, "offered"),
        ({"delivered_at": "t", "seen_at": "t", "read_at": "t"}, "read"),
        ({"delivered_at": "t", "seen_at": "t"}, "offered"),
        ({"delivered_at": "t"}, "stored"),
        ({}, "on its way"),
    ],
)
def test_older_daemons_tell_only_times(recipient: dict[str, Any], stage: str) -> None:
    assert held.stage(recipient) == stage


def test_every_reason_has_words_and_a_newer_one_is_told_as_it_is() -> None:
    reasons = (held.TURN, held.PERSON, held.LEAVE, held.ASLEEP, held.LOOKS, held.LINE, held.LOOP)
    for reason in (held.PEER, held.CLOSED):
        assert "behind a peer" in held.words(reason, "")
        assert " for 3m, " in held.words(reason, "for 3m")
    for reason in held.RETURNED:
        assert held.words(reason, "for 3m").count("peer") == 1
        assert held.is_late({"held": reason})
    for reason in reasons:
        assert "{}" not in held.words(reason, "")
        assert "gets it" in held.words(reason, "for 3m") or "thrum loops" in held.words(reason, "")
    assert held.words(held.TURN, "for 3m").startswith("busy for 3m,")
    assert held.words("moon", "for 3m") == "moon for 3m"


def test_who_sees_it_soon_or_may_is_not_late() -> None:
    late = {
        each
        for each in ("turn", "person", "leave", "asleep", "looks", "line", "loop")
        if is_late(each)
    }
    assert late == {"person", "leave", "asleep", "loop"}
    assert not held.is_late({"state": "stored"})


def is_late(reason: str) -> bool:
    return held.is_late({"held": reason})

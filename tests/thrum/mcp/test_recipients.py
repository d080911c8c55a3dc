"""Recipients, in words for a model."""

from __future__ import annotations

from thrum.mcp import recipients

SINCE = "2026-01-02T03:04:05.000000000Z"
IDLE = {"agent_id": "nux", "state": "stored", "held": "person", "held_since": SINCE}
WHY = "idle since 2026-01-02 03:04 UTC and cannot be woken, gets it when its person speaks to it"


def test_those_who_will_not_see_it_soon_are_told_of_where_they_are_few() -> None:
    others = [{"agent_id": "max", "held": "turn"}, {"agent_id": "old"}, "nobody"]
    assert recipients.late({"recipients": [IDLE, *others]}) == [f"@nux: {WHY}"]
    assert len(recipients.late({"recipients": [IDLE] * recipients.MOST_LATE})) == 5
    assert recipients.late({"recipients": [IDLE] * (recipients.MOST_LATE + 1)}) == []
    assert recipients.late({"recipients": None}) == []


def test_a_name_has_its_reason_beside_it() -> None:
    assert recipients.named(IDLE) == f"@nux ({WHY})"
    assert recipients.named({"agent_id": "nux"}) == "@nux"

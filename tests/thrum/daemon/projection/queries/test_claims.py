"""What is in force at a moment; `test_methods` of claims has the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.thrum.daemon.projection.queries.asked import at
from thrum import events
from thrum.claims import patterns
from thrum.daemon.projection.queries import claims
from thrum.daemon.projection.tables import Tables

Put = Callable[..., None]


def taken(number: int, second: int, **fields: Any) -> events.ClaimTake:
    defaults: dict[str, Any] = {
        "timestamp": at(second),
        "event_id": f"evt_{number}",
        "claim_id": f"clm_{number}",
        "agent_id": "bob",
        "kind": "path",
        "what": "src",
        "until": at(50),
    }
    return events.ClaimTake(**(defaults | fields))


def held(tables: Tables, second: int) -> list[str]:
    return [each.claim.claim_id for each in claims.held(tables.db, at(second))]


@pytest.mark.parametrize("is_given_back", [False, True])
def test_one_of_a_clock_that_is_ahead_holds_until_it_is_given_back(
    team: Tables, put: Put, is_given_back: bool
) -> None:
    put(taken(1, 30))
    if is_given_back:
        put(
            events.ClaimRelease(
                timestamp=at(40), event_id="evt_2", claim_id="clm_1", reason="released"
            )
        )
    there = [] if is_given_back else ["clm_1"]
    what = patterns.read("src/a.py")
    found = claims.in_the_way(team.db, at(20), "cy", what, shared=False)
    assert [each.claim.claim_id for each in found] == there
    assert claims.count(team.db, at(20), "bob") == len(there)
    assert held(team, 35) == there  # what is given back is free, also if that is still to come


def test_one_that_never_lasts_is_not_in_force_before_it_begins(team: Tables, put: Put) -> None:
    put(taken(1, 30, session_id="ses_cy"), taken(2, 31, agent_id="cy", session_id="ses_cy"))
    assert held(team, 20) == ["clm_2"]


def test_nobody_is_told_of_a_lost_one_that_was_given_back_before_it_begins(
    team: Tables, put: Put
) -> None:
    put(taken(1, 29, agent_id="cy"), taken(2, 30))
    (contest,) = claims.contests(team.db, at(20))
    assert contest.lost.claim.claim_id == "clm_2"
    put(
        events.ClaimRelease(timestamp=at(40), event_id="evt_3", claim_id="clm_2", reason="released")
    )
    assert claims.contests(team.db, at(20)) == []

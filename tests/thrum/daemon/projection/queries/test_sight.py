"""Who was not seen for long."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.thrum.daemon.projection.queries.asked import at, read, sent
from thrum import events
from thrum.daemon.projection.queries.sight import Sight, unseen_since
from thrum.daemon.projection.tables import Tables

Put = Callable[..., None]

EVERYBODY = ["ann", "bob", "cy"]


def test_who_gave_no_sign_since_is_told_with_the_last_one(team: Tables) -> None:
    assert unseen_since(team.db, EVERYBODY, at(5)) == [Sight("ann", at(0))]
    later = unseen_since(team.db, EVERYBODY, at(300))
    assert later == [Sight("ann", at(0)), Sight("bob", at(11)), Sight("cy", at(12))]
    assert unseen_since(team.db, ["cy", "nobody"], at(300)) == [Sight("cy", at(12))]
    assert unseen_since(team.db, [], at(300)) == []


@pytest.mark.parametrize("sign", ["writes", "reads", "works", "begins", "registers", "is touched"])
def test_whatever_an_agent_did_is_a_sign_of_it(team: Tables, put: Put, sign: str) -> None:
    if sign == "writes":
        put(sent(0, "ann", "bob"))
    elif sign == "reads":
        put(sent(0, "cy", "ann"), read(0, "ann"))
    elif sign == "begins":
        put(
            events.SessionStart(
                session_id="ses_new", agent_id="ann", timestamp=at(150), event_id="evt_new"
            )
        )
    elif sign == "registers":
        put(
            events.AgentRegister(
                agent_id="ann",
                role="dev",
                module="auth",
                kind="agent",
                timestamp=at(150),
                event_id="evt_again",
            )
        )
    elif sign == "works":
        put(
            events.SessionStart(
                session_id="ses_old", agent_id="ann", timestamp=at(1), event_id="evt_old"
            )
        )
        team.db.execute(
            "INSERT INTO agent_work_contexts (session_id, agent_id, intent_updated_at)"
            " VALUES ('ses_old', 'ann', ?)",
            (at(150),),
        )
    else:
        team.db.execute("UPDATE agents SET last_seen_at = ? WHERE agent_id = 'ann'", (at(150),))
    assert unseen_since(team.db, ["ann", "bob"], at(90)) == [Sight("bob", at(11))]


@pytest.mark.parametrize("sign", ["gets mail", "is spoken for", "is ended"])
def test_what_others_do_to_an_agent_is_none(team: Tables, put: Put, sign: str) -> None:
    if sign == "gets mail":
        put(sent(0, "ann", "bob"))
    elif sign == "is spoken for":
        put(sent(0, "bob", "ann", authored_by="user:ada"))
    else:
        put(
            events.SessionEnd(
                session_id="ses_bob", reason="crash_recovered", timestamp=at(150), event_id="evt_e"
            )
        )
    assert unseen_since(team.db, ["bob"], at(90)) == [Sight("bob", at(11))]


def test_however_many_are_asked_about_it_is_one_question(team: Tables) -> None:
    asked: list[str] = []
    team.db.set_trace_callback(asked.append)
    unseen_since(team.db, [*EVERYBODY, *(f"nobody{n}" for n in range(500))], at(300))
    team.db.set_trace_callback(None)
    assert len(asked) == 1


def test_nothing_is_read_from_end_to_end(team: Tables, put: Put) -> None:
    asked: list[str] = []
    team.db.set_trace_callback(asked.append)
    unseen_since(team.db, ["ann"], at(300))
    team.db.set_trace_callback(None)
    plan = [row[3] for row in team.db.execute(f"EXPLAIN QUERY PLAN {asked[0]}")]
    assert not [step for step in plan if step.startswith("SCAN") and "(subquery" not in step], plan

"""What the doctor says of monitors."""

from __future__ import annotations

from typing import Any

from tests.thrum.daemon.monitors.conftest import job
from thrum.daemon.monitors import check, kept
from thrum.daemon.monitors.job import Status
from thrum.daemon.state import State
from thrum.doctor.finding import Patient


def found(place: Any) -> list[tuple[str, str]]:
    patient = Patient(place, {})
    return [(each.text, each.todo) for each in check.dead(patient)]


def test_a_place_without_facts_has_no_fault(place: Any) -> None:
    assert found(place) == []


def test_the_dead_are_named_with_what_helps(place: Any) -> None:
    state = State.open(place.state, (kept.SCHEMA,), lambda: 0)
    tables = state.of("monitors")
    for made in (
        job("a"),
        job("b", status=Status.STOPPED),
        job("c", status=Status.DEAD, exit_code=3, exit_at="x"),
        job("d", status=Status.DEAD),
    ):
        tables.write_now(lambda db, made=made: kept.add(db, made))  # type: ignore[misc]
    state.close()
    assert found(place) == [
        (
            f"the monitor {name} is dead{more}",
            f"`thrum monitor restart {name}`, or `thrum monitor remove {name}`",
        )
        for name, more in (("c", "; its last run ended with 3"), ("d", ""))
    ]

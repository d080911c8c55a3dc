"""Clocks that are off are named."""

from __future__ import annotations

from gitstore import Log, canonical
from tests.thrum.doctor.conftest import NOW
from thrum import doctor, events
from thrum.clock import format_ns
from thrum.daemon.projection import rebuild
from thrum.doctor import clocks
from thrum.doctor.finding import Level


def test_without_a_database_there_is_nothing_to_say(patient: doctor.Patient) -> None:
    assert list(clocks.check(patient)) == []


def test_a_clock_that_is_ahead_is_named(patient: doctor.Patient) -> None:
    place = patient.place
    log = Log.open(place.repository, journal=place.journal)
    event = events.SessionStart(session_id="ses_1", agent_id="ben")
    for origin, ahead in (("d_1", 9), ("d_2", 2), ("d_3", 0)):
        event.timestamp = format_ns(NOW + ahead * 86_400_000_000_000)
        event.event_id, event.origin_daemon = f"evt_{origin}", origin
        log.append([[("events.jsonl", canonical(event))]])
    rebuild.build(place.database, log, NOW)
    log.close()
    (finding,) = clocks.check(patient)
    assert (finding.check, finding.level) == ("clocks", Level.NOTE)
    assert finding.text == "the clock of d_2 is about 2 days ahead of this one"
    assert "set the clock" in finding.todo

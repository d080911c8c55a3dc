"""Whose clock is off."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Final

from thrum import config
from thrum.daemon.projection import connection
from thrum.daemon.projection.queries import clocks
from thrum.doctor.finding import Finding, Level, Patient

_TODO: Final = "set the clock that is wrong right; what was sent meanwhile is there all the same"


def check(patient: Patient) -> Iterator[Finding]:
    """No clone's clock differs from this one's by more than an hour, as far as events show."""
    place = patient.place
    if not place.database.exists():
        return
    own = str(config.load(place.config, patient.environment).get("identity.daemon_id") or "")
    with closing(connection.reader(place.database)) as db:
        for sentence in clocks.told(db, own, patient.now_ns()):
            yield Finding("clocks", Level.NOTE, sentence, _TODO)

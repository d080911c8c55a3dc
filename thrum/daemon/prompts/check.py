"""What ``thrum doctor`` looks at of questions for leave."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

from thrum import config
from thrum.daemon.projection import connection
from thrum.daemon.prompts import supervisors
from thrum.daemon.prompts.service import SUPERVISORS_KEY, Prompts
from thrum.doctor.finding import Finding, Level, Patient


def asked(patient: Patient) -> Iterator[Finding]:
    """Where agents live, there is somebody to be asked when they ask for leave."""
    place = patient.place
    if not place.database.exists():
        return
    keys = {**config.KEYS, **Prompts.keys}
    settings = config.load(place.config, patient.environment, keys)
    own = str(settings.get("identity.daemon_id") or "")
    with closing(connection.reader(place.database)) as db:
        if supervisors.is_nobody(db, list(settings.get(SUPERVISORS_KEY)), own):
            yield Finding("prompts", Level.NOTE, supervisors.UNASKED, supervisors.REMEDY)

"""What `thrum doctor` says of backups, where they are taken by schedule."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from thrum import config
from thrum.backup import plugins, rules
from thrum.daemon.backup import due
from thrum.doctor.finding import Finding, Level, Patient
from thrum.errors import ThrumError

LATE: Final = 2
"""Intervals after which one that is lacking is a fault."""


def check(patient: Patient) -> Iterator[Finding]:
    """What is said of backups can be meant, and one that should have been taken was taken."""
    found = config.load(patient.place.config, patient.environment)
    said = "backup.schedule: "
    try:
        every_ns = rules.interval(str(found.get("backup.schedule")))
        said = ""
        for plugin in rules.read(found, patient.environment).plugins:
            plugins.check(plugin)
    except ThrumError as error:
        yield Finding("backup", Level.WRONG, f"{said}{error.message}", error.hint or "")
        return
    if not every_ns:
        return
    last = due.last_taken(patient.place, found, patient.environment)
    if last is None:
        yield Finding("backup", Level.WRONG, "none was taken yet, or none can be read", TODO)
    elif due.is_due(last, LATE * every_ns, patient.now_ns()):
        text = "the last one is older than twice what backup.schedule says"
        yield Finding("backup", Level.WRONG, text, TODO)


TODO: Final = "run `thrum backup`, which says what stands in the way"

"""What ``thrum doctor`` looks at of monitors."""

from __future__ import annotations

from collections.abc import Iterator

from thrum.daemon.monitors import kept
from thrum.daemon.monitors.job import Status
from thrum.doctor.facts import facts
from thrum.doctor.finding import Finding, Level, Patient


def dead(patient: Patient) -> Iterator[Finding]:
    """No monitor was given up."""
    with facts(patient, kept.SCHEMA) as db:
        jobs = kept.jobs(db) if db else []
    for job in jobs:
        if job.status is Status.DEAD:
            code = "" if job.exit_code is None else f"; its last run ended with {job.exit_code}"
            yield Finding(
                "monitors",
                Level.WRONG,
                f"the monitor {job.name} is dead{code}",
                f"`thrum monitor restart {job.name}`, or `thrum monitor remove {job.name}`",
            )

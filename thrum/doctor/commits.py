"""The guard before commits does its work, where somebody put it in."""

from __future__ import annotations

from collections.abc import Iterator

from thrum import git_place
from thrum.doctor.finding import Finding, Level, Patient
from thrum.githook import guard


def check(patient: Patient) -> Iterator[Finding]:
    """What git starts before a commit has our lines, and these find a thrum."""
    git = git_place.around(patient.place.root)
    for fault in guard.faults(git, patient.environment) if git else ():
        todo = "`thrum hook install pre-commit` puts it in again, with `--remove` it goes"
        yield Finding("commits", Level.WRONG, fault, todo)

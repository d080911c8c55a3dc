"""All checks and all repairs, each under the name that the report gives it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from thrum.daemon import services
from thrum.doctor import (
    accepted,
    branch,
    clocks,
    commits,
    database,
    objects,
    state,
    surroundings,
    unfinished,
)
from thrum.doctor.finding import UNREADABLE, Finding, Level, Patient
from thrum.errors import ThrumError


def examine(patient: Patient) -> list[Finding]:
    """Runs every check. A check that finds nothing wrong is one line that says so."""
    report: list[Finding] = []
    readable = True
    for name, check in {**CHECKS, **services.checks()}.items():
        if name in OF_OBJECTS and not readable:
            report.append(Finding(name, Level.NOTE, "not looked at, for want of the objects"))
            continue
        try:
            found = list(check(patient))
        except UNREADABLE as error:
            found = [Finding(name, Level.WRONG, str(error))]
        readable &= name != "objects" or not found
        report += found or [Finding(name, Level.OK, "nothing wrong")]
    try:
        return accepted.mark(report, accepted.read(patient))
    except ThrumError as error:
        return [*report, Finding("accepted", Level.WRONG, error.message, error.hint or "")]


def is_clean(report: list[Finding]) -> bool:
    """Whether nothing is wrong; notes and what somebody has accepted do not count."""
    return all(finding.level is not Level.WRONG for finding in report)


CHECKS: Final[dict[str, Callable[[Patient], Iterator[Finding]]]] = {
    "files": surroundings.closed_files,
    "config": surroundings.configuration,
    "identities": surroundings.identities,
    "guards": surroundings.guards,
    "objects": objects.check,
    "log": branch.lines,
    "purged": branch.purged,
    "database": database.check,
    "clocks": clocks.check,
    "state": state.check,
    "commits": commits.check,
    "unfinished": unfinished.check,
    "daemon": surroundings.daemon,
}
"""The checks of what is no service's, in the order in which they run; those of services follow."""


OF_OBJECTS: Final = frozenset({"log", "purged", "database"})
"""The checks that read the branch."""


def fix(patient: Patient) -> Iterator[Finding]:
    """Makes the repairs that lose nothing, and says what was done and where things went.

    A repair that cannot be made is a finding that says so, and the others are made all the same.
    """
    for name, repair in REPAIRS.items():
        try:
            yield from repair(patient)
        except UNREADABLE as error:
            yield Finding(name, Level.WRONG, str(error))


REPAIRS: Final[dict[str, Callable[[Patient], Iterator[Finding]]]] = {
    "files": surroundings.close_files,
    "log": branch.unlock,
    "objects": objects.mend,
    "database": database.mend,
    "state": state.mend,
}
"""Every repair by the check that it is about, in the order in which they are made."""


def as_json(report: list[Finding]) -> dict[str, Any]:
    """The report for programs."""
    findings = [
        {"check": f.check, "level": f.level.value, "text": f.text, "todo": f.todo}
        | ({"id": f.id} if f.id else {})
        | ({"accepted_at": f.accepted_at} if f.accepted_at else {})
        for f in report
    ]
    return {"clean": is_clean(report), "findings": findings}

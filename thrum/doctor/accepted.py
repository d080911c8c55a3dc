"""Bad lines that somebody has looked at and lives with, in ``.thrum/var/accepted.json``.

A line of the log stands for ever, also one that nobody can read. It is a fact of this clone whether
its people know of it: no event carries it, and nothing is lost with the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from thrum import access, atomic, small_file
from thrum.clock import format_seconds
from thrum.doctor.finding import Finding, Level, Patient
from thrum.errors import ThrumError

NAME: Final = "accepted.json"
SHORTEST: Final = 4
"""Characters of an id that may stand for the whole."""

SHOWN: Final = 8


def accept_by(id: str) -> str:
    """How a finding is accepted, as the end of what is to be done about it."""
    return f"; or live with it: thrum doctor --accept {id[:SHOWN]}" if id else ""


def read(patient: Patient) -> dict[str, str]:
    """When which findings were accepted, by their ids.

    Raises:
        ThrumError: ``config``, the file cannot be read.
    """
    path = patient.place.var / NAME
    try:
        found: dict[str, Any] = small_file.json_object(path)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        text, todo = f"{path} cannot be read: {error}", "delete it"
        raise ThrumError("config", text, access.what_helps(error, path, todo)) from error
    return {str(key): str(value) for key, value in found.items()}


def mark(report: Iterable[Finding], known: dict[str, str]) -> list[Finding]:
    """The report with what was accepted as accepted, so that it is wrong no more."""
    return [
        replace(each, level=Level.ACCEPTED, accepted_at=known[each.id], todo="")
        if each.level is Level.WRONG and each.id in known
        else each
        for each in report
    ]


def accept(patient: Patient, report: Iterable[Finding], wanted: Iterable[str]) -> list[str]:
    """Accepts findings by their ids; the whole ids.

    Raises:
        ThrumError: ``not_found``, ``ambiguous_id``; ``config``.
    """
    ids = {each.id for each in report if each.id and each.level is not Level.OK}
    chosen = [_whole(each, ids, "finding to accept") for each in wanted]
    now = format_seconds(patient.now_ns())
    _write(patient, {**dict.fromkeys(chosen, now), **read(patient)})
    return chosen


def take_back(patient: Patient, wanted: Iterable[str]) -> list[str]:
    """Accepts findings no more; the whole ids.

    Raises:
        ThrumError: ``not_found``, ``ambiguous_id``; ``config``.
    """
    known = read(patient)
    chosen = [_whole(each, known, "accepted finding") for each in wanted]
    _write(patient, {key: value for key, value in known.items() if key not in chosen})
    return chosen


def _whole(text: str, known: Iterable[str], what: str) -> str:
    found = [each for each in known if len(text) >= SHORTEST and each.startswith(text.lower())]
    if len(found) == 1:
        return found[0]
    if found:
        raise ThrumError("ambiguous_id", f"{text} fits {len(found)}", "give more of the id")
    raise ThrumError("not_found", f"there is no {what} {text!r}", "`thrum doctor` shows the ids")


def _write(patient: Patient, known: dict[str, str]) -> None:
    path = patient.place.var / NAME
    atomic.replace(path, json.dumps(known, indent=2, sort_keys=True) + "\n")

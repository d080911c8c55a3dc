"""Worktrees for agents that somebody was making or taking away and did not end."""

from __future__ import annotations

from collections.abc import Iterator

from thrum.doctor.finding import Finding, Level, Patient
from thrum.worktrees.record import Records


def check(patient: Patient) -> Iterator[Finding]:
    """No worktree is half made, or half taken away."""
    for name, record in Records.of(patient.place).all().items():
        text = f"the {record.doing} of the worktree {name} has not ended: {record.path}"
        todo = f"unless it goes on now, finish it: `thrum worktree {record.doing} {name}`"
        yield Finding("unfinished", Level.NOTE, text, todo)

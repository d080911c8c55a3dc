"""Whether mail can leave this machine where there is somewhere to go."""

from __future__ import annotations

from collections.abc import Iterator

from gitstore import has_remote
from thrum import config
from thrum.doctor.finding import Finding, Level, Patient


def check(patient: Patient) -> Iterator[Finding]:
    """Mail is shared, if the repository has a remote."""
    settings = config.load(patient.place.config, patient.environment)
    if settings.local_only and has_remote(patient.place.repository, patient.environment):
        text = "your mail stays on this machine although there is a remote"
        yield Finding("sharing", Level.NOTE, f"{text}: {settings.why_local_only}")

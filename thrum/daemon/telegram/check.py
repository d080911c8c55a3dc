"""What ``thrum doctor`` looks at of the bridge to Telegram."""

from __future__ import annotations

from collections.abc import Iterator

from thrum import config
from thrum.daemon.telegram import stanza
from thrum.doctor.finding import Finding, Level, Patient
from thrum.errors import ThrumError

NAME = "telegram"


def bridged(patient: Patient) -> Iterator[Finding]:
    """The configuration means something, and somebody can use the bridge."""
    try:
        found = stanza.read(config.load(patient.place.config, patient.environment, stanza.KEYS))
    except ThrumError as error:
        yield Finding(NAME, Level.WRONG, error.message, error.hint or "correct it")
        return
    if not found.is_enabled:
        return
    todo = "run `thrum telegram pair`"
    if not found.person or not found.target:
        text = "telegram.user_id or telegram.target is not set, so the bridge carries nothing"
        yield Finding(NAME, Level.NOTE, text, "run `thrum telegram configure`")
    if not (found.allow_from or found.allow_all):
        yield Finding(NAME, Level.NOTE, "nobody is heard by the bot of Telegram", todo)
    if found.allow_all:
        text = "telegram.allow_all is true: whoever finds the bot writes as its person"
        yield Finding(
            NAME, Level.NOTE, text, "name people: `thrum telegram pair`, then take it away"
        )

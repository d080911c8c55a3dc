"""What ``thrum doctor`` looks at of the web page."""

from __future__ import annotations

from collections.abc import Iterator

from thrum import config
from thrum.daemon.web import port
from thrum.daemon.web.service import Web
from thrum.doctor.finding import Finding, Level, Patient
from thrum.errors import ThrumError


def web(patient: Patient) -> Iterator[Finding]:
    """The port that is asked for is one, and nobody is believed without being asked."""
    settings = config.load(patient.place.config, patient.environment, {**config.KEYS, **Web.keys})
    wanted = patient.environment.get("THRUM_WS_PORT") or str(settings.get("daemon.ws_port"))
    try:
        port.wanted_number(wanted)
    except ThrumError as error:
        yield Finding(
            "web", Level.WRONG, f"the web page is not served: {error.message}", error.hint or ""
        )
    if settings.get("web.compatible"):
        text = "web.compatible is on: whoever connects to the web page may speak for any agent"
        yield Finding("web", Level.NOTE, text, "take it out unless an older program needs it")

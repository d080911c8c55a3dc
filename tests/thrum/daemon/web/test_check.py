"""What the doctor says of the web page."""

from __future__ import annotations

import json

import pytest

from thrum import paths
from thrum.daemon.web import check
from thrum.doctor.finding import Level, Patient


@pytest.mark.parametrize(
    ("settings", "environment", "levels"),
    [
        ({}, {}, []),
        ({"daemon": {"ws_port": "8123"}}, {}, []),
        ({"daemon": {"ws_port": "http"}}, {}, [Level.WRONG]),
        ({"daemon": {"ws_port": "http"}}, {"THRUM_WS_PORT": "8123"}, []),
        ({}, {"THRUM_WS_PORT": "99999"}, [Level.WRONG]),
        ({"web": {"compatible": True}}, {}, [Level.NOTE]),
        ({"web": {"compatible": False}}, {}, []),
    ],
)
def test_what_is_found(
    place: paths.Place, settings: object, environment: dict[str, str], levels: list[Level]
) -> None:
    place.config.write_text(json.dumps(settings))
    found = list(check.web(Patient(place, environment)))
    assert [each.level for each in found] == levels
    assert all(each.check == "web" and each.todo for each in found)

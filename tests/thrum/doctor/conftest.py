"""A repository that is looked at, with nobody at work in it."""

from __future__ import annotations

import json
from pathlib import Path

import pygit2
import pytest

from gitstore import Log
from thrum import doctor, paths

NOW = 1_767_323_045 * 1_000_000_000


@pytest.fixture
def patient(tmp_path: Path) -> doctor.Patient:
    """A clone that is in order but for a daemon."""
    root = tmp_path / "repository"
    pygit2.init_repository(str(root))
    place = paths.at(root)
    for folder in (place.shared, place.var, place.identities):
        folder.mkdir()
    place.config.write_text(json.dumps({"identity": {"daemon_id": "d_1"}}))
    place.config.chmod(0o600)
    log = Log.open(root, journal=place.journal)
    log.append([[("events.jsonl", b'{"event_id":"evt_1","timestamp":"2026"}')]])
    log.commit()
    log.close()
    return doctor.Patient(place, {}, lambda: NOW)

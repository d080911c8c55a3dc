from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from thrum.daemon.migration_status import told


def test_it_beats_until_the_end_and_goes(tmp_path: Path) -> None:
    path = tmp_path / "migration.status"
    with told(path, 24, 27, every_s=0.01) as enter:
        first = json.loads(path.read_text())
        enter("migrating")
        while (last := json.loads(path.read_text()))["heartbeat"] < 4:
            time.sleep(0.01)
    assert first["phase"] == "backup"
    assert last["phase"] == "migrating"
    assert last["started_at"] == first["started_at"]
    assert (last["from_version"], last["to_version"], last["pid"]) == (24, 27, os.getpid())
    assert set(last) == {
        *("from_version", "to_version", "pid", "phase"),
        *("started_at", "updated_at", "heartbeat"),
    }
    assert not list(tmp_path.glob("*migration*"))


def test_whatever_ends_the_upgrade_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "migration.status"
    with pytest.raises(KeyError), told(path, 24, 27):
        raise KeyError
    assert not path.exists()


def test_where_it_cannot_be_shown_the_upgrade_goes_on(tmp_path: Path) -> None:
    with told(tmp_path / "none" / "migration.status", 24, 27) as enter:
        enter("migrating")

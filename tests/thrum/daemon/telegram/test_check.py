"""What the doctor says of the bridge."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.integration.telegram_api import TOKEN
from thrum import paths
from thrum.daemon.telegram import check
from thrum.doctor.finding import Level, Patient

WHOLE = {"token": TOKEN, "user_id": "max", "target": "@nux", "allow_from": [5]}


def found(tmp_path: Path, **stanza: Any) -> list[tuple[Level, str]]:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / ".thrum").mkdir(exist_ok=True)
    (tmp_path / ".thrum/config.json").write_text(json.dumps({"telegram": stanza}))
    place = paths.at(tmp_path)
    return [(each.level, each.text) for each in check.bridged(Patient(place, {}))]


def test_nothing_is_said_where_all_is_well_or_nothing_is_wanted(tmp_path: Path) -> None:
    assert found(tmp_path) == []
    assert found(tmp_path, **WHOLE) == []


def test_what_keeps_it_from_being_of_use_is_named(tmp_path: Path) -> None:
    ((level, text),) = found(tmp_path, **{**WHOLE, "allow_from": []})
    assert (level, "nobody is heard" in text) == (Level.NOTE, True)
    ((level, text),) = found(tmp_path, **{**WHOLE, "allow_all": True})
    assert "whoever finds the bot" in text
    ((level, text),) = found(tmp_path, **{**WHOLE, "groups": [{"chat_id": 1, "name": "x"}]})
    assert level is Level.WRONG
    assert "negative" in text
    ((_, text),) = found(tmp_path, **{**WHOLE, "user_id": ""})
    assert "user_id" in text

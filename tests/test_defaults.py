"""Tests run with what people have who set nothing: a variable that all tests set hides faults."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
NAME: Final = re.compile(r"THRUM_LOCAL(_ONLY)?\b")
ABOUT_IT: Final = {
    "tests/integration/test_remotes.py",
    "tests/test_defaults.py",
    "tests/thrum/daemon/sync/test_exposure.py",
    "tests/thrum/daemon/sync/test_service.py",
    "tests/thrum/doctor/test_sharing.py",
    "tests/thrum/cli/commands/test_config.py",
    "tests/thrum/test_config.py",
    "tests/thrum/test_origins.py",
    "tests/thrum/test_initialize.py",
}


def test_whether_messages_are_shared_is_said_by_no_variable_but_where_it_is_tried() -> None:
    named = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "tests").rglob("*.py")
        if NAME.search(path.read_text())
    }
    assert named == ABOUT_IT


def test_the_world_of_the_integration_tests_sets_nothing_of_ours() -> None:
    world = (ROOT / "tests/integration/conftest.py").read_text()
    assert re.findall(r'"THRUM_\w+":', world) == []

"""The variables that are read."""

from __future__ import annotations

import re
from pathlib import Path

from thrum.cli.environment import VARIABLES

ROOT = Path(__file__).parents[3] / "thrum"


def test_every_variable_that_is_named_is_read_somewhere() -> None:
    text = "".join(path.read_text() for path in ROOT.rglob("*.py") if path.name != "environment.py")
    names = [name for group in VARIABLES for name in group.split(", ")]
    assert len(set(names)) == len(names)
    assert [name for name in names if not re.search(rf'"{name}"', text)] == []

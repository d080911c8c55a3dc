"""What the file says in which a daemon names its process. Standard library only."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def read(path: Path) -> dict[str, Any]:
    """What it says; a bare number is accepted, anything else is nothing."""
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return {"pid": found} if isinstance(found, int) else found if isinstance(found, dict) else {}

"""A repository with two work trees."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest


class Trees(NamedTuple):
    """The one that was there first, and one that is linked to it."""

    main: Path
    linked: Path


@pytest.fixture
def trees(tmp_path: Path, git: Callable[..., str]) -> Trees:
    """Both in one folder."""
    found = Trees(tmp_path / "main", tmp_path / "linked")
    found.main.mkdir()
    git("init", "-q", cwd=found.main)
    git("commit", "-q", "--allow-empty", "-m", "first", cwd=found.main)
    git("worktree", "add", "-q", str(found.linked), cwd=found.main)
    return found

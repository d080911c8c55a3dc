"""The state of the project, as far as it concerns a role.

Coordinators get all of it. Others get what stands before the first heading of the second level and
four sections by their names, with all that is below them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

ALL_OF_IT: Final = "coordinator"
FOR_EVERYBODY: Final = frozenset(
    {
        "## Current State Summary",
        "## Open Epics / Active Work",
        "## Key Architecture Files",
        "## Worktree Layout",
    }
)

SKELETON: Final = """\
# Project State

## Current State Summary

## Open Epics / Active Work

## Key Architecture Files

## Worktree Layout

## Recent Sessions

## What's Queued / Next Steps
"""
"""What a new repository has in ``context/project_state.md``."""


def for_role(text: str, role: str) -> str:
    """What an agent of that role is told; empty where nothing is written in what it would be."""
    if role == ALL_OF_IT:
        return text if has_content(text) else ""
    kept = "".join(_kept(text))
    return kept if has_content(kept) else ""


def has_content(text: str) -> bool:
    """Whether anything but headings stands in it."""
    return any(line.strip() and not line.lstrip().startswith("#") for line in text.splitlines())


def _kept(text: str) -> Iterator[str]:
    keeps = True
    for line in text.splitlines(keepends=True):
        if line.startswith("## "):
            keeps = line.rstrip() in FOR_EVERYBODY
        if keeps:
            yield line

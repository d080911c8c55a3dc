"""Looking at several worktrees at once."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest

from thrum.daemon.projection.queries.sessions import Commit, Context, FileChange
from thrum.daemon.work.glance import differs, glance, overlay
from thrum.daemon.work.observer import Observer
from thrum.daemon.work.reading import GitWork


class Eyes(Observer):
    """Sees what it is told to, and nothing of what is slow."""

    def __init__(self, slow: str = "") -> None:
        super().__init__(Path("/nowhere"))
        self.slow = slow
        self.asked: list[str] = []

    async def look(self, worktree: str, limit_s: float = 0) -> GitWork | None:
        self.asked.append(worktree)
        return None if worktree == self.slow else GitWork(branch=f"of {worktree}")


def test_each_worktree_is_looked_at_once_and_what_is_slow_is_left_out() -> None:
    eyes = Eyes(slow="/b")
    seen = anyio.run(glance, eyes, ["/a", "/b", "", "/a", "/c"])
    assert {place: work.branch for place, work in seen.items()} == {"/a": "of /a", "/c": "of /c"}
    assert sorted(eyes.asked) == ["/a", "/b", "/c"]
    assert anyio.run(glance, eyes, []) == {}


def test_what_is_seen_takes_the_place_of_what_was_seen() -> None:
    context = Context("ses_1", "nux", branch="old", uncommitted_files=["a"], intent="mend it")
    overlay(context, GitWork(branch="new", changed_files=["b"]), "2026-01-01T00:00:00Z")
    assert (context.branch, context.changed_files, context.uncommitted_files) == (
        "new",
        ["b"],
        None,
    )
    assert (context.git_updated_at, context.intent) == ("2026-01-01T00:00:00Z", "mend it")


@pytest.mark.parametrize(
    "change",
    [
        {"branch": "b"},
        {"worktree_path": "/w"},
        {"unmerged_commits": [Commit("1" * 40)]},
        {"uncommitted_files": ["a"]},
        {"changed_files": ["a"]},
        {"file_changes": [FileChange("a")]},
    ],
)
def test_any_part_may_differ(change: dict[str, object]) -> None:
    context = Context("ses_1", "nux", intent="mend it")
    assert not differs(context, GitWork())
    work = GitWork(**change)  # type: ignore[arg-type]
    assert differs(context, work)
    overlay(context, work, "2026-01-01T00:00:00Z")
    assert not differs(context, work)

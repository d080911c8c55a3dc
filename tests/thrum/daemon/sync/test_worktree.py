"""What the methods tell of the branch's worktree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gitstore import Log, LogError
from thrum.daemon.sync.service import SyncService
from thrum.daemon.sync.status import SyncStatus


class Carried:
    """A loop that carries jobs out at once, or fails as a test says."""

    def __init__(self, log: Log, failure: Exception | None = None) -> None:
        self.log = log
        self.failure = failure

    def status(self) -> SyncStatus:
        return SyncStatus(True, "idle", worktree_trouble=("messages/x.jsonl: locked",))

    async def carry_out(self, job: Callable[[Log], Any]) -> Any:
        if self.failure:
            raise self.failure
        return job(self.log)


def test_anybody_may_look_and_agents_switch_it(node: Any) -> None:
    node.agent("nux")
    node.parts.service(SyncService).loop = Carried(node.parts.store.log)
    assert node.call("nobody", "sync.worktree.status")["state"] == "none"
    made = node.call("nux", "sync.worktree.on")
    assert made["state"] == "sound"
    assert made["path"].endswith("/.git/thrum-sync/a-sync")
    assert made["trouble"] == ["messages/x.jsonl: locked"]
    assert node.refused("nobody", "sync.worktree.off") == "anonymous_caller"
    assert node.call("nux", "sync.worktree.off", keep=True)["state"] == "none"


@pytest.mark.parametrize(
    ("failure", "kind"), [(LogError("in the way"), "conflict"), (OSError("full"), "storage")]
)
def test_what_is_refused_has_a_kind(node: Any, failure: Exception, kind: str) -> None:
    node.agent("nux")
    node.parts.service(SyncService).loop = Carried(node.parts.store.log, failure)
    assert node.refused("nux", "sync.worktree.on") == kind

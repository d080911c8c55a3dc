"""``thrum sync worktree``."""

from __future__ import annotations

from typing import Any

import pytest

ANSWER = {
    "state": "sound",
    "text": "it is in step with each commit",
    "path": "/r/.git/thrum-sync/a-sync",
    "trouble": ["messages/x\x1b.jsonl: locked"],
    "kept": ["/kept/notes.txt"],
}


def test_one_fact_per_line(world: Any) -> None:
    world.daemon.answers["sync.worktree.status"] = ANSWER
    ran = world.run("sync", "worktree")
    assert ran.out.splitlines() == [
        "Worktree: sound",
        "State: it is in step with each commit",
        "Path: /r/.git/thrum-sync/a-sync",
        "Trouble: messages/x\\x1b.jsonl: locked",
        "Kept aside: /kept/notes.txt",
    ]
    assert world.run("sync", "worktree", "status", "--json").document == ANSWER


def test_files_in_the_way_are_kept_only_when_asked(world: Any) -> None:
    world.daemon.answers["sync.worktree.off"] = ANSWER
    world.run("sync", "worktree", "off")
    assert world.daemon.params("sync.worktree.off") == {"caller_agent_id": "furiosa"}
    world.run("sync", "worktree", "off", "--keep")
    assert world.daemon.params("sync.worktree.off")["keep"] is True


@pytest.mark.parametrize("words", [["maybe"], ["on", "--keep"], ["on", "off"]])
def test_what_makes_no_sense_is_refused(world: Any, words: list[str]) -> None:
    assert world.run("sync", "worktree", *words).code == 2
    assert world.daemon.methods == []

"""What identity files make true again when a daemon starts."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from thrum.clock import format_ns
from thrum.daemon.projection.queries import agents
from thrum.daemon.upkeep import reconcile
from thrum.identity import process


def file(home: Path, name: str, worktree: Path | str) -> None:
    """An identity file, as any program could write it."""
    path = home / ".thrum/identities" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"agent": {"name": name}, "worktree": str(worktree)}))


def restored(node: Any) -> int:
    """What a start makes true; how many sessions."""
    filed = node.parts.callers.identities.all()
    claims = reconcile.claims(node.store.reader(), filed, node.store.daemon_id)
    count: int = node.store.transact_blocking(lambda t: reconcile.restore(t, claims))
    return count


def at_work(node: Any, worktree: Path) -> list[str]:
    found = agents.agents_in_worktree(node.store.reader(), str(worktree))
    return [each.agent_id for each in found]


def forget_worktrees(node: Any) -> None:
    """As in a database that was built anew."""
    node.store.transact_blocking(lambda t: t.db.execute("DELETE FROM session_refs"))


def test_a_session_is_where_the_agents_file_lies(node: Any) -> None:
    node.agent("nux")
    home = node.homes["nux"]
    file(home, "nux", home)
    forget_worktrees(node)
    assert at_work(node, home) == []
    assert restored(node) == 1
    assert at_work(node, home) == ["nux"]


def test_a_forged_file_gets_no_session_by_a_start(node: Any) -> None:
    node.agent("nux")
    there = node.worktree("there")
    for written in ("", there.name, there):
        file(there, "nux", written)
        assert restored(node) == 0
    assert at_work(node, there) == []


def test_a_forged_file_beside_the_own_one_gets_no_session_by_a_rebuild(node: Any) -> None:
    node.agent("nux")
    home, there = node.homes["nux"], node.worktree("there")
    file(home, "nux", home)
    file(there, "nux", "")
    forget_worktrees(node)
    restored(node)
    assert at_work(node, there) == []


def test_a_worktree_that_was_moved_keeps_its_agent(node: Any) -> None:
    node.agent("nux")
    there = node.worktree("there")
    file(there, "nux", node.homes["nux"])
    shutil.rmtree(node.homes["nux"])
    assert restored(node) == 1
    assert at_work(node, there) == ["nux"]


def test_a_number_in_an_older_programs_file_means_who_ran_when_it_was_written(node: Any) -> None:
    node.agent("nux")
    home = node.homes["nux"]
    copy = home / "claude"
    shutil.copy2(shutil.which("sleep") or "", copy)
    with subprocess.Popen([str(copy), "600"]) as running:
        try:
            began = process.began_ns(found) if (found := process.look(running.pid)) else None
            assert began is not None
            for offset, pid in ((1, running.pid), (-3600, 0)):
                written = format_ns(began + offset * 1_000_000_000)
                about = {"agent": {"name": "nux"}, "worktree": str(home), "agent_pid": running.pid}
                path = home / ".thrum/identities/nux.json"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(json.dumps({**about, "updated_at": written}))
                filed = node.parts.callers.identities.all()
                (claim,) = reconcile.claims(node.store.reader(), filed, node.store.daemon_id)
                assert claim.pid == pid
        finally:
            running.kill()

"""The process noted for an agent: a session is not taken for gone with the one before."""

from __future__ import annotations

import asyncio
import subprocess
from typing import Any

import pytest

from thrum.daemon.rpc import noted_process
from thrum.daemon.upkeep.sweeper import Sweeper
from thrum.identity import process

OURS = "d_here"
NOTED = "SELECT agent_pid, agent_pid_start_time FROM agents WHERE agent_id = 'nux'"


def noted(node: Any) -> tuple[int, str]:
    """What the database says of nux's process."""
    found: tuple[int, str] = node.store.reader().execute(NOTED).fetchone()
    return found


def lives_in(node: Any, pid: int) -> process.Process:
    """Notes a process that runs as nux's."""
    found = process.look(pid)
    assert found
    node.store.transact_blocking(lambda t: noted_process.note(t, "nux", found))
    return found


def ended(node: Any) -> noted_process.Ended | None:
    return noted_process.ended(node.store.reader(), "nux", OURS)


def sweep(node: Any) -> int:
    """One look at agents' processes; how many sessions it ended."""
    parts = node.parts
    return asyncio.run(Sweeper(parts.store, parts.callers.identities, OURS).sweep())


@pytest.fixture
def gone(node: Any) -> noted_process.Ended:
    """nux, whose process has just ended, before anybody looked."""
    node.agent("nux")
    with subprocess.Popen(["sleep", "60"]) as child:
        found = lives_in(node, child.pid)
        assert ended(node) is None
        child.kill()
    return noted_process.Ended(found.pid, found.started)


def test_who_goes_on_without_a_process_is_not_gone_with_the_one_before(
    node: Any, gone: noted_process.Ended
) -> None:
    assert noted(node) == ended(node) == gone
    node.call("nux", "session.start", agent_id="nux")
    assert noted(node) == (0, "")
    assert sweep(node) == 0
    assert node.call("nux", "session.list")["sessions"][0]["status"] == "active"


def test_nobody_who_went_on_is_gone(node: Any, gone: noted_process.Ended) -> None:
    assert noted(node) == gone
    assert sweep(node) == 1


def test_another_process_that_was_noted_meanwhile_stays(
    node: Any, gone: noted_process.Ended
) -> None:
    with subprocess.Popen(["sleep", "60"]) as child:
        found = lives_in(node, child.pid)
        node.store.transact_blocking(lambda t: noted_process.forget(t, "nux", gone))
        assert noted(node) == (found.pid, found.started)
        child.kill()


def test_a_number_that_was_given_out_again_is_another_process(
    node: Any, gone: noted_process.Ended
) -> None:
    node.store.transact_blocking(
        lambda t: t.db.execute("UPDATE agents SET agent_pid_start_time = 'later'")
    )
    node.store.transact_blocking(lambda t: noted_process.forget(t, "nux", gone))
    assert noted(node) == (gone.pid, "later")


def test_processes_of_other_clones_are_for_their_daemons_to_judge(
    node: Any, gone: noted_process.Ended
) -> None:
    node.store.transact_blocking(
        lambda t: t.db.execute("UPDATE agents SET origin_daemon = 'd_there'")
    )
    assert noted(node) == gone
    assert ended(node) is None


@pytest.mark.usefixtures("gone")
def test_nobody_has_no_process(node: Any) -> None:
    assert noted_process.ended(node.store.reader(), "ghost", OURS) is None

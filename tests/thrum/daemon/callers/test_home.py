"""Where an agent is at home, and who may act for it from elsewhere."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from tests.thrum.daemon.callers.conftest import file
from thrum.identity import process


@pytest.fixture
def fresh(node: Any) -> str:
    """An agent that is registered and was nowhere yet."""
    node.call("nobody", "agent.register", name="slit", role="driver", module="x")
    return "slit"


def test_nobody_makes_another_worktree_their_home(node: Any) -> None:
    """Processes there would be taken for whoever did it."""
    session_id = node.agent("nux")
    there = node.worktree("there")
    node.homes["there"] = there
    refs = [{"type": "worktree", "value": str(there)}]
    again = {"session_id": session_id, "add_refs": refs}
    assert node.refused("nux", "session.heartbeat", **again) == "not_allowed"
    assert node.refused("nux", "session.start", agent_id="nux", refs=refs) == "not_allowed"
    assert node.refused("there", "agent.whoami") == "anonymous_caller"


def test_an_agent_that_rests_is_not_taken_over_from_elsewhere(node: Any) -> None:
    session_id = node.agent("nux")
    node.call("nux", "session.end", session_id=session_id)
    node.homes["there"] = node.worktree("there")
    refs = [{"type": "worktree", "value": str(node.homes["there"])}]
    assert node.refused("there", "session.start", agent_id="nux", refs=refs) == "not_allowed"


def test_who_may_not_register_is_told_where_the_agent_is_at_home(node: Any, fresh: str) -> None:
    here, there = node.worktree("here"), node.worktree("there")
    node.homes["here"] = here
    file(here, fresh, worktree=str(here))
    forged = file(there, fresh, worktree=str(there))
    asked = {"name": fresh, "role": "driver", "module": "y", "re_register": True}
    caller = node.stand("here")
    caller.write("agent.register", **asked)
    error = caller.read()["error"]
    assert (error["data"]["kind"], str(forged) in error["message"]) == ("name_taken", True)
    forged.unlink()
    assert node.call("here", "agent.register", **asked)["status"] == "updated"


def test_a_visitor_does_not_register_who_is_at_home_by_a_file_only(node: Any, fresh: str) -> None:
    node.agent("nux")
    here = node.worktree("here")
    file(here, fresh, worktree=str(here))
    me = process.look(os.getpid())
    assert me
    own = node.homes["nux"] / ".thrum/identities/nux.json"
    own.parent.mkdir(parents=True, exist_ok=True)
    raw = {"agent": {"name": "nux"}, "agent_pid": me.pid, "agent_pid_started": me.started}
    own.write_text(json.dumps(raw))
    node.homes["here"] = here
    asked = {"name": fresh, "role": "driver", "module": "y", "re_register": True}
    assert node.refused("here", "agent.register", **asked) == "name_taken"


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that does not tell who opened a connection."""
    monkeypatch.setattr("thrum.platform.peer_pid", lambda _connection: 0)


def test_who_is_known_by_its_claim_alone_begins_only_where_it_lives(
    node: Any, silent: None
) -> None:
    home, there = node.worktree("home"), node.worktree("there")
    node.homes["slit"] = home
    me = {"caller_agent_id": "slit"}
    node.call("slit", "agent.register", name="slit", role="driver", module="x", agent_pid=1)
    node.call("slit", "agent.register", name="nux", role="driver", module="x")
    file(home, "slit", worktree=str(home))
    file(there, "nux", worktree=str(there))
    refs = [{"type": "worktree", "value": str(home)}]
    assert node.call("slit", "session.start", agent_id="slit", refs=refs, **me)["session_id"]
    assert node.call("slit", "agent.whoami", **me)["source"] == "caller"
    for elsewhere in (str(there), "there", "/"):
        refs = [{"type": "worktree", "value": elsewhere}]
        asked = {"agent_id": "slit", "refs": refs, **me}
        assert node.refused("slit", "session.start", **asked) == "not_allowed"
    again = {"name": "nux", "role": "driver", "module": "y", "re_register": True}
    assert node.refused("slit", "agent.register", **again, **me) == "name_taken"
    assert node.refused("slit", "agent.register", **again) == "name_taken"
    rows = node.call("slit", "agent.list", **me)["agents"]
    assert [row.get("agent_pid") for row in rows] == [None, None]

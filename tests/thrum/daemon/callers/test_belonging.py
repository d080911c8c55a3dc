"""Which identity files are believed."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from thrum.daemon.callers import belonging
from thrum.identity import files, process
from thrum.identity.files import Identity


def filed(home: Path, name: str, worktree: Path | str) -> Identity:
    """An identity file, as any program could write it."""
    path = home / ".thrum/identities" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"agent": {"name": name}, "worktree": str(worktree)}))
    return files.read(path)


def believed(node: Any, identity: Identity, *others: Identity) -> bool:
    return belonging.is_believed(node.store.reader(), identity, [identity, *others])


@pytest.fixture
def fresh(node: Any) -> str:
    """An agent that is registered and was nowhere yet."""
    node.call("nobody", "agent.register", name="slit", role="driver", module="x")
    return "slit"


def test_a_new_agent_is_at_home_where_its_file_says(node: Any, fresh: str) -> None:
    here = node.worktree("here")
    for written in (here, here.name, "", "/gone"):
        assert believed(node, filed(here, fresh, written))
    assert not believed(node, filed(here, fresh, node.worktree("there")))


def test_a_copy_does_not_count_and_does_not_harm(node: Any, fresh: str) -> None:
    here, there = node.worktree("here"), node.worktree("there")
    own, copy = filed(here, fresh, here), filed(there, fresh, here)
    assert believed(node, own, copy)
    assert not believed(node, copy, own)


def test_of_two_that_both_say_so_none_counts(node: Any, fresh: str) -> None:
    here, there = node.worktree("here"), node.worktree("there")
    own, forged = filed(here, fresh, here), filed(there, fresh, there)
    assert not believed(node, own, forged)
    assert not believed(node, forged, own)


def test_where_the_agent_worked_counts_more_than_any_file(node: Any) -> None:
    node.agent("nux")
    home, there = node.homes["nux"], node.worktree("there")
    own, forged = filed(home, "nux", there), filed(there, "nux", there)
    assert believed(node, own, forged)
    assert not believed(node, forged)
    shutil.rmtree(home)
    assert believed(node, forged)


def test_who_may_not_register_is_told_where_the_agent_is_at_home(node: Any, fresh: str) -> None:
    here, there = node.worktree("here"), node.worktree("there")
    node.homes["here"] = here
    filed(here, fresh, here)
    forged = filed(there, fresh, there)
    asked = {"name": fresh, "role": "driver", "module": "y", "re_register": True}
    caller = node.stand("here")
    caller.write("agent.register", **asked)
    error = caller.read()["error"]
    assert (error["data"]["kind"], str(forged.path) in error["message"]) == ("name_taken", True)
    forged.path.unlink()
    assert node.call("here", "agent.register", **asked)["status"] == "updated"


def test_a_visitor_does_not_register_who_is_at_home_by_a_file_only(node: Any, fresh: str) -> None:
    node.agent("nux")
    here = node.worktree("here")
    filed(here, fresh, here)
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
    filed(home, "slit", home)
    filed(there, "nux", there)
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

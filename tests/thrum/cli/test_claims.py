"""Every command that changes something says in the same way who calls."""

from __future__ import annotations

from typing import Any, Final

import pytest

from tests.thrum.cli.lines import EVERYDAY, MESSAGE
from thrum.daemon.rpc.registry import Rights
from thrum.daemon.services import METHODS

MAKES: Final = frozenset({"agent.register"})
"""Who registers says a name that may be new, and is nobody before; its param says which."""
PERSONS: Final = frozenset({"user.link", "user.logout", "user.register"})
"""Who asks for these is a person, by the account that the kernel names."""
UNASKED: Final = {
    "message.deleteByScope",
    "subscribe",
    "unsubscribe",
    "tsync.force",
    "tsync.peers.add",
}
"""Methods of which no command makes use."""
BY_INPUT: Final = {"prompt.ask", "prompt.wait", "restart.report"}
"""Asked where a runtime says something to a hook or a status line; see their tests."""
BY_PEERS: Final = {"pair.request", "peer.address_changed", "peer.repair"}
"""Asked by other daemons."""
BY_FILE: Final = {"tmux.stop"}
"""Asked for those whom a file declares; see the tests of ``thrum up``."""
MORE: Final = (
    "agent cleanup",
    "agent delete gina",
    "agent set-status blocked --agent bob",
    "context preamble --init",
    "group delete team --messages --yes",
    "hook Stop --runtime claude",
    "message archive --group team --yes",
    "purge --all --yes",
)
SAID: Final[dict[str, Any]] = {
    "delivery.ask": {"agent_id": "alice", "count": 1, "messages": [{"message_id": "msg_1"}]},
    "agent.whoami": {"agent_id": "alice", "role": "tester", "session_id": "ses_1"},
    "agent.list": {"agents": [{"agent_id": "gina"}, {"agent_id": "bob"}]},
    "agent.cleanup": {"orphans": [{"agent_id": "gina"}, {"agent_id": "hans"}]},
    "agent.register": {"agent_id": "alice", "status": "updated"},
    "group.members": {"members": [{"member_type": "agent", "member_value": "bob"}]},
    "message.get": {"message": {"message_id": MESSAGE, "author": {"agent_id": "bob"}}},
    "message.list": {"messages": [{"message_id": MESSAGE, "agent_id": "bob"}], "total": 1},
    "message.send": {"message_id": MESSAGE},
    "message.edit": {"message_id": MESSAGE},
    "message.wait": {"messages": [{"message_id": MESSAGE, "agent_id": "bob"}]},
    "message.withdraw": {"message_id": MESSAGE},
    "session.start": {"session_id": "ses_1"},
}


@pytest.fixture
def shared(world: Any) -> Any:
    """A worktree where several live, and a daemon that says yes to everything."""
    for name in ("alice", "bob"):
        world.identity(name)
    world.daemon.answers = {name: SAID.get(name, {}) for name in METHODS}
    return world


def changes(world: Any) -> list[tuple[str, dict[str, Any]]]:
    """What the daemon was asked to change."""
    return [
        (name, params)
        for name, params in world.daemon.requests
        if METHODS[name].rights is not Rights.READS and name not in MAKES | PERSONS
    ]


def run(world: Any, line: str) -> None:
    """Runs the line as a person who says yes would, but for what comes in by a pipe."""
    is_piped = line.startswith("context save") or "--json" in line
    world.run(*line.split(), stdin="yes\n" * 4, terminal=not is_piped)


@pytest.mark.parametrize("line", [*EVERYDAY, *MORE])
def test_who_calls_is_said(shared: Any, line: str) -> None:
    shared.env["THRUM_NAME"] = "alice"
    run(shared, line)
    for name, params in changes(shared):
        assert params.get("caller_agent_id") == "alice", name


def test_every_method_that_changes_something_is_tried(shared: Any) -> None:
    shared.env["THRUM_NAME"] = "alice"
    for line in (*EVERYDAY, *MORE):
        run(shared, line)
    tried = {name for name, _ in changes(shared)}
    writes = {name for name, each in METHODS.items() if each.rights is not Rights.READS}
    assert writes - tried - MAKES - PERSONS == UNASKED | BY_INPUT | BY_FILE | BY_PEERS


@pytest.mark.parametrize("line", ["agent delete gina --yes", "agent cleanup --yes", "sync force"])
def test_of_several_nobody_is_chosen(shared: Any, line: str, refuse: Any) -> None:
    shared.daemon.answers["agent.whoami"] = refuse("anonymous_caller", "who?", -32002)
    assert shared.run(*line.split()).code == 1
    assert changes(shared) == []

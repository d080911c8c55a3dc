"""The person at this machine."""

from __future__ import annotations

import asyncio
import json
import subprocess
from typing import Any

import pytest

from thrum.daemon.callers.caller import Caller, State
from thrum.daemon.rpc.registry import Call, Rights
from thrum.daemon.rpc.user import Registered, enrol
from thrum.errors import ThrumError


def test_git_knows_the_person(node: Any) -> None:
    for key, value in (("user.name", "Imperator Furiosa 3"), ("user.email", "f@example.org")):
        subprocess.run(["git", "-C", str(node.repository), "config", key, value], check=True)
    assert node.call("nobody", "user.identify") == {
        "username": "imperator-furiosa-3",
        "email": "f@example.org",
        "display": "Imperator Furiosa 3",
    }


def come(node: Any, username: str, display: str = "") -> Registered:
    """What a person is told who is written down."""
    call = Call(Caller("", State.UNKNOWN), node.parts, None, Rights.CLONE)  # type: ignore[arg-type]

    async def asked() -> Registered:
        return await enrol(call, username, display)

    return asyncio.run(asked())


def test_a_person_is_made_known_once(node: Any) -> None:
    first = come(node, "Rec-Dev", "Rec Dev")
    assert (first.user_id, first.username) == ("user:Rec-Dev", "Rec-Dev")
    assert (first.status, first.display_name) == ("registered", "Rec Dev")
    again = come(node, "Rec-Dev")
    assert (again.status, again.display_name) == ("existing", "Rec Dev")
    assert come(node, "Rec-Dev", "Other").display_name == "Other"
    (line,) = [json.loads(each.raw) for each in node.store.log.since(None).lines]
    kept = {key: line[key] for key in ("type", "kind", "agent_id", "role", "module", "display")}
    assert kept == {
        "type": "agent.register",
        "kind": "user",
        "agent_id": "user:Rec-Dev",
        "role": "Rec-Dev",
        "module": "ui",
        "display": "Rec Dev",
    }


def test_who_shows_no_display_name_has_none(node: Any) -> None:
    assert come(node, "rec").display_name == ""
    node.agent("nux")
    assert node.send("nux", "to the person", mentions=["rec"])["resolved_to"] == 1


@pytest.mark.parametrize("name", ["", "agent:x", "user:x", "x" * 33, "a b", "ä", "../x"])
def test_what_is_no_username_is_refused(node: Any, name: str) -> None:
    with pytest.raises(ThrumError) as caught:
        come(node, name)
    assert caught.value.kind == "invalid_params"
    with pytest.raises(ThrumError):
        come(node, "rec", "x" * 201)
    assert not list(node.store.log.since(None).lines)


@pytest.fixture
def terminal(node: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A node whose callers sit at terminals, in a repository of Ada's."""
    monkeypatch.setattr(node.parts.resolver, "is_attended", lambda pid: True)
    config = ["git", "-C", str(node.repository), "config", "user.name", "Ada Lovelace"]
    subprocess.run(config, check=True)
    return node


@pytest.mark.parametrize(
    ("params", "user_id", "display"),
    [
        ({}, "user:ada-lovelace", "Ada Lovelace"),
        ({"username": "ada"}, "user:ada", ""),
        ({"display": "Countess"}, "user:ada-lovelace", "Countess"),
    ],
)
def test_a_person_registers_in_a_terminal_and_is_one(
    terminal: Any, params: dict[str, str], user_id: str, display: str
) -> None:
    terminal.agent("nux")
    found = terminal.call("nobody", "user.register", **params)
    assert (found["user_id"], found.get("display_name", ""), found["status"]) == (
        user_id,
        display,
        "registered",
    )
    assert terminal.call("nobody", "user.register", **params)["status"] == "existing"
    listed = terminal.call("nobody", "user.list")
    assert ([each["agent_id"] for each in listed["users"]], listed["me"]) == ([user_id], user_id)
    assert terminal.call("nobody", "agent.whoami")["agent_id"] == user_id
    # People begin no session, and speak for agents.
    terminal.send("nobody", "by hand", to="nux")
    spoken = terminal.send("nobody", "for nux", to="everyone", acting_as="nux")
    got = terminal.call("nobody", "message.get", message_id=spoken["message_id"])["message"]
    assert (got["author"]["agent_id"], got["authored_by"]) == ("nux", user_id)
    assert terminal.call("nobody", "agent.delete", name="nux")["deleted"]


def test_an_agent_registers_as_nobody_else(node: Any) -> None:
    node.agent("nux")
    assert node.refused("nobody", "user.register", username="ada") == "anonymous_caller"
    assert node.refused("nux", "user.register", username="ada") == "not_allowed"
    assert node.call("nux", "user.list") == {"users": [], "me": ""}


@pytest.mark.parametrize("username", ["agent:x", "ä", "a b", "x" * 33])
def test_what_is_no_name_is_refused(terminal: Any, username: str) -> None:
    assert terminal.refused("nobody", "user.register", username=username) == "invalid_params"

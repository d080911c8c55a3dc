"""People who speak for agents: who may, and what becomes of what they said."""

from __future__ import annotations

import json
from typing import Any

import pytest

from thrum import events

CLAIM = {"caller_agent_id": "user:cy"}


@pytest.fixture
def person(node: Any) -> Any:
    """furiosa, nux, the coordinator boss, and the user cy, who works where furiosa does."""
    for name, role in (("furiosa", "tester"), ("nux", "tester"), ("boss", "coordinator")):
        node.agent(name, role=role)
    register = events.AgentRegister(agent_id="user:cy", kind="user", role="cy", module="ui")
    node.store.transact_blocking(lambda transaction: transaction.emit(register))
    folder = node.homes["furiosa"] / ".thrum" / "identities"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("furiosa", "user:cy"):
        (folder / f"{name.replace(':', '_')}.json").write_text(
            json.dumps({"version": 5, "agent": {"name": name}})
        )
    refs = [{"type": "worktree", "value": str(node.homes["furiosa"])}]
    node.call("furiosa", "session.start", agent_id="user:cy", refs=refs, **CLAIM)
    return node


def speak(node: Any, content: str = "spoken", **params: Any) -> str:
    """The message that cy sends; its id."""
    sent = node.send("furiosa", content, **{"to": "nux", **params}, **CLAIM)
    return str(sent["message_id"])


@pytest.mark.parametrize("who", ["furiosa", "boss", "nobody"])
def test_agents_and_strangers_speak_for_nobody(person: Any, who: str) -> None:
    mine = {"caller_agent_id": who} if who == "furiosa" else {}
    for other in ("nux", "@nux", "user:cy", "ghost"):
        kind = person.refused(who, "message.send", content="x", acting_as=other, **mine)
        assert kind == ("anonymous_caller" if who == "nobody" else "not_allowed")
    assert person.call("nux", "message.list")["total"] == 0


def test_people_speak_for_known_agents_only(person: Any) -> None:
    for other, kind in (("ghost", "not_found"), ("user:other", "not_allowed")):
        refused = person.refused("furiosa", "message.send", content="x", acting_as=other, **CLAIM)
        assert refused == kind
    answer = person.stand("furiosa").ask("message.send", content="x", acting_as="nxu", **CLAIM)
    assert answer["error"]["data"]["hint"] == "did you mean @nux?; see `thrum team --all`"
    assert speak(person, acting_as="user:cy")


@pytest.mark.parametrize(
    ("field", "disclosed"), [("disclose", True), ("disclosed", True), ("", False)]
)
def test_receivers_see_the_agent_and_who_spoke_for_it(
    person: Any, field: str, disclosed: bool
) -> None:
    openly: dict[str, Any] = {field: True} if field else {}
    speak(person, acting_as="@boss", **openly)
    (row,) = person.call("nux", "message.list", for_agent="nux")["messages"]
    assert (row["agent_id"], row["authored_by"]) == ("boss", "user:cy")
    assert row.get("disclosed", False) is disclosed


def test_disclosing_means_nothing_without_speaking_for_another(person: Any) -> None:
    speak(person, disclose=True)
    (row,) = person.call("nux", "message.list", for_agent="nux")["messages"]
    assert row["agent_id"] == "user:cy"
    assert not {"authored_by", "disclosed"} & row.keys()


def test_what_was_said_for_an_agent_is_the_agents(person: Any) -> None:
    message_id = speak(person, acting_as="boss")
    named = {"message_id": message_id}
    assert person.inbox("boss") == []
    assert person.call("boss", "message.outbox")["total"] == 1
    assert person.call("furiosa", "message.outbox", **CLAIM)["total"] == 0
    for change in ({"method": "message.edit", "content": "y"}, {"method": "message.delete"}):
        method = change.pop("method")
        assert person.refused("furiosa", method, **named, **change, **CLAIM) == "not_allowed"
    person.call("boss", "message.edit", content="better", **named)
    assert person.call("nux", "message.markRead", message_ids=[message_id])["marked_count"] == 1
    person.send("nux", "answer", to="boss", reply_to=message_id)
    assert person.inbox("boss") == ["answer"]
    assert person.call("boss", "message.delete", **named)["message_id"] == message_id


def test_the_session_is_the_speakers(person: Any) -> None:
    message_id = speak(person, acting_as="boss")
    session = person.call("furiosa", "agent.whoami", **CLAIM)["session_id"]
    found = person.call("nux", "message.get", message_id=message_id)["message"]
    assert found["author"] == {"agent_id": "boss", "session_id": session}

"""Whole visits of an older page, played again: every call of it is served, in the same shapes.

The page is one that is not ours, with a daemon that was not, and refused much of what it asked. A
visit is a file; they are played one after the other to one daemon, and what agents wrote meanwhile
is written again.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from tests.contract.compare import kind_of
from tests.contract.story import FIXTURES, Names, Row
from tests.websocket import Socket, come_in, link

VISITS: Final = FIXTURES / "ws-ui"
ROLES: Final = {
    "furiosa": ("implementer", "auth"),
    "nux": ("reviewer", "auth"),
    "toast": ("tester", "web"),
    "slit": ("planner", "core"),
}
PERSON: Final = "user:dana-marsh"
HOMES: Final = dict(zip(ROLES, ("bob", "carol", "empty", "spare"), strict=True))
"""In whose place of the other recorded runs an agent of these is at home."""

MESSAGE: Final = "notification.message"
REFUSED: Final = {
    "09-compose-unknown message.send": "nobody bears that name, and it was refused there too",
    "10-compose-nobody message.send": "nobody is not everybody (07 §1.8)",
    "27-subscriptions subscribe": "it was asked for when the page began",
}
"""What is refused here, and why."""


def frames(path: Path) -> list[Row]:
    """The frames of a visit, in their order."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def tab_of(row: Row) -> tuple[int, int]:
    """Which tab of the browser, and which connection of it."""
    return row.get("page", 1), row["conn"]


def results(path: Path) -> dict[tuple[tuple[int, int], int], Row]:
    """The answers of a visit, by connection and id."""
    return {
        (tab_of(row), row["frame"]["id"]): row["frame"]
        for row in frames(path)
        if row["dir"] == "in" and row["frame"].get("id") is not None
    }


def granted() -> dict[str, list[Any]]:
    """Of each method every result that was recorded, also with repaired requests."""
    found: dict[str, list[Any]] = {}
    for path in sorted(VISITS.rglob("*.jsonl")):
        answers = results(path)
        for row in frames(path):
            answer = answers.get((tab_of(row), row["frame"].get("id")), {})
            if row["dir"] == "out" and "result" in answer:
                found.setdefault(row["frame"]["method"], []).append(answer["result"])
    return found


def pushed() -> list[Row]:
    """What every push of a message said that was recorded."""
    return [
        row["frame"]["params"]
        for path in sorted(VISITS.rglob("*.jsonl"))
        for row in frames(path)
        if row["frame"].get("method") == MESSAGE
    ]


def faults(theirs: list[Any], ours: Any, path: str = "") -> Iterator[str]:
    """Where a value is unlike all that were recorded in its place."""
    alike = [each for each in theirs if kind_of(each) == kind_of(ours)]
    if theirs and not alike:
        yield f"{path}: {kind_of(ours)} where {kind_of(theirs[0])} is recorded"
    elif isinstance(ours, dict) and alike:
        for key in set.intersection(*(set(each) for each in alike)) - set(ours):
            yield f"{path}.{key}: missing"
        for key, value in ours.items():
            yield from faults([each[key] for each in alike if key in each], value, f"{path}.{key}")
    elif isinstance(ours, list):
        elements = [element for each in alike for element in each]
        for element in ours:
            yield from faults(elements, element, f"{path}[]")


@dataclass
class Visit:
    """The visits so far, and what their ids are called here."""

    running: Any
    port: int
    cookie: str
    names: Names
    shapes: dict[str, list[Any]]
    sockets: dict[tuple[int, int], Socket] = field(default_factory=dict)
    found: list[tuple[str, str]] = field(default_factory=list)
    played: set[str] = field(default_factory=set)
    pushes: list[Row] = field(default_factory=pushed)
    heard: int = 0

    def play(self, path: Path) -> None:
        """Plays a visit."""
        answers = results(path)
        for row in frames(path):
            frame = row["frame"]
            if row["dir"] == "out":
                recorded = answers.get((tab_of(row), frame["id"]))
                self._ask(path.stem, tab_of(row), frame, recorded)
            elif frame.get("method") == MESSAGE:
                self._hear(frame["params"])
        for each in self.sockets.values():
            self._compare(path.stem, each)
            each.close()
        self.sockets.clear()

    def _ask(self, visit: str, conn: tuple[int, int], frame: Row, recorded: Row | None) -> None:
        if conn not in self.sockets:
            self.sockets[conn] = Socket.open(self.port, cookie=self.cookie)
        asked = self.names.request(frame)
        ours = self.sockets[conn].ask(asked["method"], **asked.get("params") or {})
        about = f"{visit} {asked['method']}"
        self.played.add(about)
        if "result" in ours:
            said = faults(self.shapes.get(asked["method"], []), ours["result"])
            self.found += [(about, each) for each in said]
            self.names.learn((recorded or {}).get("result"), ours["result"])
        else:
            self.found.append((about, json.dumps(ours["error"])))

    def _compare(self, visit: str, socket: Socket) -> None:
        """Whether what the page was told of messages is as it was there."""
        for push in socket.pushes:
            if push["method"] == MESSAGE:
                self.heard += 1
                said = faults(self.pushes, push["params"])
                self.found += [(f"{visit} {MESSAGE}", each) for each in said]

    def _hear(self, push: Row) -> None:
        """Has the agent write to the person what the page was told of in the recorded visit."""
        author, theirs = push["author"]["agent_id"], push["message_id"]
        if author == PERSON or self.names.request({"id": theirs})["id"] != theirs:
            return  # the page wrote it, or heard of it before
        said: dict[str, Any] = {"content": push["preview"], "mentions": [PERSON]}
        sent = self.running.call(HOMES[author], "message.send", **said)
        self.names.learn({"id": theirs}, {"id": sent["message_id"]})


@pytest.fixture
def visit(running: Any) -> Visit:
    """A daemon with the agents of the scene, and a browser that is logged in."""
    git = ["git", "-C", str(running.homes["alice"]), "config", "user.name", "Dana Marsh"]
    subprocess.run(git, check=True)
    for name, (role, module) in ROLES.items():
        home = HOMES[name]
        running.call(home, "agent.register", name=name, role=role, module=module)
        refs = [{"type": "worktree", "value": str(running.homes[home])}]
        begun = running.call(home, "session.start", agent_id=name, refs=refs)
        running.call(home, "session.setIntent", session_id=begun["session_id"], intent="Work")
    port = int(running.place.ws_port.read_text())
    cookie = come_in(port, link(running.place.socket))
    names = Names({"{A}": str(running.homes["alice"].parent)})
    return Visit(running, port, cookie, names, granted())


def test_every_visit(visit: Visit) -> None:
    for path in sorted(VISITS.glob("*.jsonl")):
        visit.play(path)
    assert {about: said for about, said in visit.found if about not in REFUSED} == {}
    assert {about for about, _ in visit.found} == REFUSED.keys()
    assert {call.partition(" ")[0] for call in visit.played} >= {
        path.stem for path in VISITS.glob("*")
    } - {"assisted"}
    assert visit.heard >= 10


def test_every_visit_that_was_helped_along(visit: Visit) -> None:
    """Its requests were repaired on the way, so that the daemon there took them; here, as well."""
    paths = sorted((VISITS / "assisted").glob("*.jsonl"))
    for path in paths:
        visit.play(path)
    (gone,) = visit.found
    assert gone[0] == "32-group-delete group.info", "it is deleted by then, there as here"
    assert {call.partition(" ")[0] for call in visit.played} == {path.stem for path in paths}
    changes = {"create", "delete", "member.add", "member.remove"}
    assert {f"group.{each}" for each in changes} | {"message.delete"} <= {
        call.partition(" ")[2] for call in visit.played
    }
    assert visit.heard


def test_what_such_a_page_rests_on(visit: Visit) -> None:
    """Calls that the recorded daemon refused, or took otherwise than the page meant them."""
    page = Socket.open(visit.port, cookie=visit.cookie)
    page.call("user.register", username="dana-marsh", display="Dana Marsh")
    page.call("session.start", agent_id=PERSON)
    page.call("group.create", name="backend", description="People of the API")
    for name in ("furiosa", "nux"):
        page.call("group.member.add", group_name="backend", member_type="agent", member_value=name)
    page.call("group.member.remove", group_name="backend", member_type="agent", member_value="nux")
    scope = {"type": "group", "value": "backend"}
    sent = page.call("message.send", content="to the group", scopes=[scope], caller_agent_id=PERSON)
    assert [each["agent_id"] for each in sent["recipients"]] == ["furiosa"]
    own = {"author_id": "dana-marsh", "page_size": 50, "sort_order": "desc"}
    (row,) = page.call("message.list", **own, caller_agent_id="dana-marsh")["messages"]
    assert (row["message_id"], row["scopes"]) == (sent["message_id"], [scope])
    page.call("message.edit", message_id=row["message_id"], content="to all of the group")
    asked = {"mentions": ["user:dana-marsh"], "content": "now?", "reply_to": row["message_id"]}
    question = visit.running.call(HOMES["furiosa"], "message.send", **asked)["message_id"]
    inbox = {"for_agent": "dana-marsh", "mention": "dana-marsh"}
    (asking,) = page.call("message.list", **inbox)["messages"]
    assert (asking["is_read"], asking["mentions"]) == (False, [PERSON])
    answer = page.call("message.send", content="yes", reply_to=question)
    assert [each["agent_id"] for each in answer["recipients"]] == ["furiosa"]
    assert page.call("message.markRead", message_ids=[question])["marked_count"] == 1
    channel = page.call("message.list", scope=scope, page_size=50)["messages"]
    assert {each["message_id"] for each in channel} == {row["message_id"]}
    assert channel[0]["updated_at"]
    page.call("message.delete", message_id=row["message_id"])
    (gone,) = page.call("message.list", scope=scope, include_deleted=True)["messages"]
    assert gone["deleted_at"]
    for context in page.call("agent.listContext")["contexts"]:
        assert isinstance(context["changed_files"], list)
        assert isinstance(context["uncommitted_files"], list)
    for shape in ({"all": True}, {"filter_type": "scope", "scope": scope}):
        assert page.call("subscribe", **shape)["subscription_id"]
    listed = page.call("subscriptions.list")["subscriptions"]
    assert {each["filter_type"] for each in listed} == {"all", "scope"}
    for each in listed:
        assert page.call("unsubscribe", subscription_id=str(each["subscription_id"]))["removed"]
    page.call("group.delete", name="backend", delete_messages=True)
    again = Socket.open(visit.port, cookie=visit.cookie)  # nothing is sent anew after a break
    assert again.call("message.send", content="back", mentions=["nux"])["resolved_to"] == 1
    for each in (page, again):
        each.close()

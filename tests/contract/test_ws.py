"""What another Thrum was asked over WebSocket by a program that names whom it speaks for.

Asked again here, in the same order, where claims are believed, the answers have the same shapes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest
from wsproto.events import TextMessage

from tests.contract.story import FIXTURES, Names, Row, recorded
from tests.contract.test_recorded import of_refusal
from tests.contract.test_ui import faults
from tests.integration.conftest import eventually
from tests.websocket import Refused, Socket
from thrum.daemon.rpc.registry import Transport
from thrum.daemon.services import METHODS

FOLDER: Final = FIXTURES / "ws"

ROW: Final = "07 §1.8: the person whom the connection is bound to"
ELSEWHERE: Final = {
    1665: "the person is here from the beginning, and then had no display name",
}
REFUSED: Final = {
    1749: "who is nobody is told so (rule 7)",
}
"""Answered there, refused here; by number in the run."""
GRANTED: Final = {
    1703: "07 §1.8: the bare name of a person is that person",
    1747: ROW,
    1776: ROW,
}
"""Refused there, answered here."""


def story() -> list[Row]:
    """All requests for methods that are served here, in the order in which they were sent."""
    rows = [
        row
        for name, found in recorded(FOLDER).items()
        if not name.startswith(("_", "notification"))
        for row in found
        if row["request"]["method"] in METHODS and row["n"] not in ELSEWHERE
    ]
    return sorted(rows, key=lambda row: row["n"])


@pytest.fixture
def program(running: Any) -> Iterator[Socket]:
    """A connection to a daemon that believes claims."""
    running.settle()
    running.call("alice", "group.create", name="team")
    member = {"member_type": "agent", "member_value": "bob"}
    running.call("alice", "group.member.add", group="team", **member)
    config, port = running.place.config, int(running.place.ws_port.read_text())
    config.write_text(json.dumps(json.loads(config.read_text()) | {"web": {"compatible": True}}))
    found: list[Socket] = []

    def is_believed() -> bool:
        found.append(Socket.open(port))
        return "result" in found[-1].ask("user.identify")

    eventually(is_believed)
    yield found[-1]
    for each in found:
        each.close()


def test_the_run_of_a_program(running: Any, program: Socket) -> None:
    names = Names({"{A}": str(running.homes["alice"])})
    others = running.call("alice", "message.send", content="rec: by another", to="user:rec")
    edited = {"message_id": others["message_id"], "content": "rec: by another, edited"}
    running.call("alice", "message.edit", **edited)
    names.learn({"id": "msg_01M7XCR15FFA2795H1M7Z00JQF"}, {"id": others["message_id"]})
    found = []
    for row in story():
        number, asked, theirs = row["n"], names.request(row["request"]), row["response"]
        ours = answer(program, asked)
        granted = number in GRANTED or ("result" in theirs and number not in REFUSED)
        about = f"{number} {row['case']} {asked['method']}"
        if ("result" in ours) is not granted:
            found.append(f"{about}: {json.dumps(ours)[:300]}")
        elif "result" in ours and "result" in theirs:
            found += [f"{about}: {each}" for each in faults([theirs["result"]], ours["result"])]
            names.learn(theirs["result"], ours["result"])
        elif "result" not in ours and number not in REFUSED:
            found += [f"{about}: {each}" for each in of_refusal(theirs["error"], ours["error"])]
    assert not found, "\n".join(found)
    assert {row["n"] for row in story()} >= REFUSED.keys() | GRANTED.keys()


def test_the_run_of_a_program_with_later_nodes(running: Any, program: Socket) -> None:
    names = Names({"{A}": str(running.homes["alice"])})
    rows = [row for found in recorded(FOLDER / "0.10.6").values() for row in found]
    assert len(rows) == 4
    for row in sorted(rows, key=lambda row: row["n"]):
        theirs, ours = row["response"], answer(program, names.request(row["request"]))
        assert list(faults([theirs["result"]], ours["result"])) == [], row["request"]["method"]
        names.learn(theirs["result"], ours["result"])


def answer(program: Socket, request: Any) -> Any:
    """The answer to whatever is sent."""
    unparsed = request.get("unparsed") if isinstance(request, dict) else None
    program.send(TextMessage(json.dumps(request) if unparsed is None else unparsed))
    return program.read()


def test_framing(program: Socket) -> None:
    for row in recorded(FOLDER, "_framing.jsonl")["_framing"]:
        theirs, ours = row["response"], answer(program, row["request"])
        assert isinstance(theirs, list) is isinstance(ours, list), row["case"]
        pairs = zip(theirs, ours, strict=True) if isinstance(ours, list) else [(theirs, ours)]
        for there, here in pairs:
            assert there.keys() == here.keys(), row["case"]
            assert there.get("id") == here.get("id"), row["case"]
            if "error" in there:
                assert there["error"]["code"] == here["error"]["code"], row["case"]
            else:
                assert list(faults([there["result"]], here["result"])) == [], row["case"]


def test_what_is_not_for_pages_is_not_there(program: Socket) -> None:
    """Some of it pages may ask for here."""
    rows = recorded(FOLDER, "_unregistered.jsonl")["_unregistered"]
    for method in {row["request"]["method"] for row in rows}:
        served = method in METHODS and Transport.WEBSOCKET in METHODS[method].transports
        assert served == (method in {"subscribe", "subscriptions.list"}), method
        if not served:
            kinds = {"method_not_found", "wrong_transport", "anonymous_caller"}
            assert program.refused(method) in kinds
    for method in ("message.deleteByAgent", "message.deleteByScope", "purge.execute"):
        assert METHODS[method].transports is Transport.UNIX
    monitors = [each for name, each in METHODS.items() if name.startswith("monitor.")]
    assert {each.transports for each in monitors} == {Transport.UNIX}


def test_pushes(running: Any, program: Socket) -> None:
    rows = recorded(FOLDER, "notification.message.jsonl")["notification.message"]
    pushed = [row["push"]["params"] for row in rows if row["push"]]
    scopes: list[Row] = [{"type": "topic", "value": "x"}]
    for said in ({"to": "bob"}, {"to": "everyone"}, {"to": "bob", "scopes": scopes}):
        sent = running.call("alice", "message.send", content="rec: a push", **said)
        told = program.told("notification.message")
        assert told["message_id"] == sent["message_id"] == told["message"]["id"]
        assert list(faults(pushed, told)) == []
        assert told["thread_id"] == ""
    assert told["scopes"] == scopes
    edited = {"message_id": sent["message_id"], "content": "rec: an edit"}
    running.call("alice", "message.edit", **edited)
    again = program.told("notification.message")
    assert (again["message_id"], again["preview"]) == (sent["message_id"], "rec: an edit")


PAGED: Final = {"another path": "a page is there, and its paths are its own"}
"""Taken there, where no page was, and refused here."""


def test_handshakes(running: Any) -> None:
    port = int(running.place.ws_port.read_text())
    names = {
        "no origin": {},
        "origin 127.0.0.1": {"origin": f"http://127.0.0.1:{port}"},
        "origin of another port": {"origin": "http://localhost:1"},
        "null origin": {"origin": "null"},
        "subprotocol asked": {"sec_websocket_protocol": "chat"},
    }
    for row in recorded(FOLDER, "_handshake.jsonl")["_handshake"]:
        try:
            Socket.open(port, row["path"], **names.get(row["case"], {})).close()
            status = 101
        except Refused as refused:
            status = refused.answer.status
        assert status == (404 if row["case"] in PAGED else row["status"]), row["case"]

"""What nodes of another Thrum asked each other and were asked about peers, between two daemons.

Requests of ``peer.*``, ``tsync.*`` and ``sync.*`` in their recorded order; the answers have the
same shapes, as in `test_recorded`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest

from tests.contract.story import FIXTURES, Row, recorded
from tests.contract.test_recorded import OBJECT, verdict
from tests.integration.conftest import eventually, world
from tests.integration.test_peers import Street, street
from tests.websocket import Socket
from thrum import paths, platform
from thrum.daemon.services import METHODS

__all__ = ["street", "world"]

PAIRED: Final = 1975
"""The first row of those that were asked while a pairing was under way, or after it."""
REPAIRS: Final = 1997
CODE: Final = "2415540768466850"

REFUSED: Final = {
    1493: OBJECT,
    1496: OBJECT,
    1568: "a name is a text (ruling on 02 §1)",
    1793: "a peer notifies for itself alone",
    1996: "a peer notifies for itself alone",
}
"""Answered there, refused here; by number."""
GRANTED: Final = {1564: "whoever names no way means this machine"}
"""Refused there, answered here."""
NO_ERROR: Final = ".results[].error missing"
"""Pulling failed there half-way."""


def rows() -> list[Row]:
    """All requests for methods that are served here, in the order in which they were sent."""
    found = [row for file in recorded(FIXTURES / "peers").values() for row in file]
    here = [
        row
        for row in found
        if row["request"]["method"] in METHODS and (row["n"] != REPAIRS or "peer.repair" in METHODS)
    ]
    return sorted(here, key=lambda row: row["n"])


class Sides:
    """Two daemons; alice is in charge of one, dave of the other, who comes to it.

    Args:
        street: where they are.
        move: goes to a folder, by which the kernel knows who asks.
    """

    def __init__(self, street: Street, move: Any) -> None:
        self._street = street
        self._move = move
        self.code = CODE

    def ask(self, row: Row) -> Row:
        """The answer to a recorded request, of whoever was asked there."""
        text = json.dumps(row["request"]).replace(CODE, self.code)
        host = "one" if row["caller"] == "dave" else "two"
        asked = json.loads(text.replace("{HOST}", host))
        if row["transport"] == "ws":
            return self._ask_as_daemon(row["caller"], asked)
        return self.ask_as_person(row["caller"], asked)

    def ask_as_person(self, caller: str, request: Row) -> Row:
        """The answer over the socket of the caller's daemon."""
        if self.code in str(request.get("params")):
            port = self._street.port(self._street.one)
            request["params"]["address"] = f"127.0.0.1:{port}"
        where = self._street.two if caller == "dave" else self._street.one
        self._move(where)
        with (
            platform.connect_unix(paths.at(where).socket, 30) as connection,
            connection.makefile("rb") as lines,
        ):
            connection.sendall(json.dumps(request).encode() + b"\n")
            found: Row = json.loads(lines.readline())
            return found

    def _ask_as_daemon(self, caller: str, request: Row) -> Row:
        """The answer that a peer has, or who comes with a code."""
        port = self._street.port(self._street.one)
        if request["method"] == "pair.request":
            peer = Socket.open(port, f"/ws?pairing_code={self.code}")
        else:
            token = self._street.token(self._street.one)
            peer = Socket.open(port, authorization=f"Bearer {token}")
        try:
            return dict(peer.ask(request["method"], **(request.get("params") or {})))
        finally:
            peer.close()

    def begin(self) -> None:
        """Has a pairing begin, which was not recorded."""
        self.code = self._street.code().rsplit(":", 1)[1]


@pytest.fixture
def sides(street: Street, monkeypatch: pytest.MonkeyPatch) -> Sides:
    return Sides(street, monkeypatch.chdir)


def said_of(row: Row, ours: Row) -> Iterator[str]:
    """What is wrong with an answer."""
    ours["id"] = row["response"].get("id")
    number, refused, granted = row["n"], row["n"] in REFUSED, row["n"] in GRANTED
    for said in verdict(row["response"], ours, refused=refused, granted=granted):
        if said != NO_ERROR:
            yield f"{number} {row['request']['method']} ({row['case']}): {said}"


def test_what_was_asked_without_a_pairing(sides: Sides) -> None:
    found = [
        said
        for row in rows()
        if row["n"] < PAIRED and row["transport"] == "unix"
        for said in said_of(row, sides.ask(row))
    ]
    assert not found, "\n".join(found)


def test_what_was_asked_of_a_pair(street: Street, sides: Sides) -> None:
    sides.begin()
    found: list[str] = []
    for row in rows():
        if row["n"] >= PAIRED:
            if row["n"] > 1978:
                settle(street)
            found += said_of(row, sides.ask(row))
    assert not found, "\n".join(found)


def settle(street: Street) -> None:
    """Waits until the first has pulled from the second, so that it says when."""

    def is_settled() -> bool:
        listed = json.loads(street.thrum(street.one, "peer", "list", "--json"))
        return all(row["last_sync"] != "never" for row in listed)

    eventually(is_settled)


def test_what_peers_asked_each_other(street: Street, sides: Sides) -> None:
    street.pair()
    found = [
        said
        for row in rows()
        if row["n"] < PAIRED and row["request"]["method"].startswith("sync.")
        for said in said_of(row, sides.ask(row))
    ]
    assert not found, "\n".join(found)


def test_peers_are_known_by_their_address_and_pulled_from(street: Street, sides: Sides) -> None:
    """``tsync.*``: by the names of older programs, and never past a daemon that wants a token."""

    def called(method: str, **params: Any) -> Any:
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        return sides.ask_as_person("dave", request)

    street.pair()
    for from_ in ({}, {"from": "one"}):
        told = called("tsync.force", **from_)["result"]
        assert (told["status"], len(told["results"])) == ("ok", 1)
        assert told["results"][0].keys() == {"peer", "applied", "skipped"}
    assert called("tsync.force", **{"from": "nobody"})["result"]["results"] is None
    (row,) = called("tsync.peers.list")["result"]
    assert row["name"] == "one"
    assert row["last_synced_seq"] > 0
    assert "no address" not in str(called("tsync.peers.add", hostname="127.0.0.1", port=1))
    named = {row["daemon_id"]: row for row in called("tsync.peers.list")["result"]}
    assert named["d_127.0.0.1"]["address"] == "127.0.0.1:1"
    assert "already" in str(called("tsync.peers.add", hostname="127.0.0.1", port=1)["error"])
    for bad in ({"hostname": ""}, {"hostname": "a b"}, {"hostname": "h", "port": 70_000}):
        assert called("tsync.peers.add", **bad)["error"]["data"]["kind"] == "invalid_params"
    done = street.world.thrum(street.two, "peer", "doctor", check=False)
    assert (done.code, "no token" in done.out) == (1, True)

"""Daemons of different repositories that are paired: what one knows the other comes to know."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import forge
from tests.integration.conftest import World, eventually
from tests.integration.heard import heard
from tests.websocket import Refused, Socket
from thrum.identity import process

FACTS = """
SELECT event_id, type, timestamp, origin_daemon, event_json FROM events ORDER BY event_id
"""


@dataclass
class Street:
    """Two repositories, each with a daemon and somebody in charge."""

    world: World
    one: Path
    two: Path

    def thrum(self, where: Path, *words: str) -> str:
        return self.world.thrum(where, *words).out

    def pair(self, timeout: str = "60s", scope: str = "all") -> None:
        """Has the second come to the first."""
        code = self.code(timeout, scope)
        chosen = ("--scope", scope) if scope else ()
        assert 'Paired with "one"' in self.thrum(self.two, "peer", "join", code, *chosen)

    def code(self, timeout: str = "60s", scope: str = "all") -> str:
        chosen = ("--scope", scope) if scope else ()
        adding = ("peer", "add", "--no-wait", "--json", "--timeout", timeout, *chosen)
        return str(json.loads(self.thrum(self.one, *adding))["code"])

    def port(self, where: Path) -> int:
        return int((where / ".thrum/var/ws.port").read_text())

    def token(self, where: Path) -> str:
        book = json.loads((where / ".thrum/var/peers.json").read_text())
        return str(book["peers"][0]["token"])


def facts(where: Path) -> list[tuple[object, ...]]:
    """Every event, byte for byte."""
    uri = f"file:{where / '.thrum/var/messages.db'}?mode=ro"
    db = sqlite3.connect(uri, uri=True)
    try:
        return db.execute(FACTS).fetchall()
    finally:
        db.close()


@pytest.fixture
def street(world: World, monkeypatch: pytest.MonkeyPatch) -> Street:
    monkeypatch.setattr(process, "runtime", lambda _pid: None)
    places = []
    for name in ("one", "two"):
        where = world.root / name
        world.repository(name)
        world.settle(where, f"{name}_lead", "--role", "coordinator", shares=False)
        places.append(where)
    return Street(world, *places)


def test_what_is_said_here_is_heard_there_and_answered(street: Street) -> None:
    street.thrum(street.one, "send", "before they knew each other", "--to", "@one_lead")
    adding = subprocess.Popen(
        [*forge.THRUM, "peer", "add", "--timeout", "60s", "--scope", "all"],
        cwd=street.one,
        env=street.world.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert adding.stderr is not None
    code = adding.stderr.readline().split()[-1]
    assert 'Paired with "one"' in street.thrum(street.two, "peer", "join", code, "--scope", "all")
    out, err = adding.communicate(timeout=30)
    assert 'Paired with "two"' in out
    assert code not in out
    assert "Traceback" not in err
    eventually(lambda: facts(street.one) == facts(street.two))
    street.thrum(street.one, "send", "hello over there", "--to", "@two_lead")
    eventually(lambda: "hello over there" in street.thrum(street.two, "inbox"))
    street.thrum(street.two, "send", "hello back", "--to", "@one_lead")
    eventually(lambda: "hello back" in street.thrum(street.one, "inbox", "--json"))
    eventually(lambda: facts(street.one) == facts(street.two))
    for where in (street.one, street.two):
        (row,) = json.loads(street.thrum(where, "peer", "status", "--json"))
        assert row["has_token"]
        assert row["last_synced_seq"] > 0
        assert "trouble" not in row
        # What crossed is in the log of either, and so goes where its remote goes.
        street.thrum(where, "sync", "force")
        told = street.world.git("grep", "-h", "hello", "a-sync", "--", "messages", cwd=where)
        assert "hello over there" in told
        assert "hello back" in told


def test_nothing_is_lost_or_doubled_whoever_is_killed(street: Street) -> None:
    street.pair()
    # Until something crossed the other one cannot be written to.
    eventually(lambda: '"two_lead"' in street.thrum(street.one, "agent", "list", "--json"))
    eventually(lambda: '"one_lead"' in street.thrum(street.two, "agent", "list", "--json"))
    sent: dict[str, list[str]] = {"one_lead": [], "two_lead": []}
    for number in range(12):
        for where, me, you in (
            (street.one, "one_lead", "two_lead"),
            (street.two, "two_lead", "one_lead"),
        ):
            text = f"{me} says {number}"
            street.thrum(where, "send", text, "--to", f"@{you}")
            sent[me].append(text)
        if number in {3, 7}:
            victim = street.one if number == 3 else street.two
            os.kill(street.world.pid(victim), signal.SIGKILL)
            street.thrum(victim, "daemon", "start")

    def is_all_there() -> bool:
        places = (street.one, street.two)
        return all(heard(each, me) == sent[me] for each in places for me in sent)

    eventually(is_all_there, 60)
    assert facts(street.one) == facts(street.two)


def test_who_was_away_catches_up_and_who_is_removed_does_not(street: Street) -> None:
    street.pair()
    eventually(lambda: facts(street.one) == facts(street.two))
    street.thrum(street.two, "daemon", "stop")
    for number in range(30):
        street.thrum(street.one, "send", f"while away {number}", "--to", "@one_lead")
    street.thrum(street.two, "daemon", "start")
    eventually(lambda: facts(street.one) == facts(street.two))
    assert "Removed peer" in street.thrum(street.one, "peer", "remove", "two", "--yes")
    before = facts(street.two)
    street.thrum(street.one, "send", "not for you", "--to", "@one_lead")

    def is_told() -> bool:
        (row,) = json.loads(street.thrum(street.two, "peer", "list", "--json"))
        return "Unauthorized" in str(row.get("trouble"))

    street.thrum(street.two, "send", "anybody?", "--to", "@two_lead")
    eventually(is_told)
    assert "not for you" not in str(facts(street.two))
    assert len(facts(street.two)) > len(before)
    done = street.world.thrum(street.one, "peer", "remove", "two", "--yes", check=False)
    assert (done.code, "not found" in done.err) == (1, True)


def test_a_database_that_is_made_anew_is_read_anew(street: Street) -> None:
    street.pair()
    for number in range(10):
        street.thrum(street.one, "send", f"before {number}", "--to", "@one_lead")
    street.thrum(street.one, "purge", "--all", "--yes")
    eventually(lambda: facts(street.one) == facts(street.two))
    street.thrum(street.two, "daemon", "stop")
    street.thrum(street.one, "daemon", "stop")
    for file in (street.one / ".thrum/var").glob("messages.db*"):
        file.unlink()
    street.thrum(street.one, "daemon", "start")
    # What was purged has no numbers any more, so some of these have such as were read before, and
    # the last has a higher one.
    for number in range(14):
        street.thrum(street.one, "send", f"after {number}", "--to", "@one_lead")
    street.thrum(street.two, "daemon", "start")
    eventually(lambda: facts(street.one) == facts(street.two))
    assert heard(street.two, "one_lead") == [f"after {number}" for number in range(14)]


def test_whoever_has_no_token_learns_nothing(street: Street) -> None:
    street.pair()
    port, token = street.port(street.one), street.token(street.one)
    for shown in ("", "x", token[:-1], token + "0", "a" * 64):
        with pytest.raises(Refused) as refused:
            Socket.open(port, authorization=f"Bearer {shown}")
        assert (refused.value.answer.status, refused.value.answer.body) == (401, b"Unauthorized")
    peer = Socket.open(port, authorization=f"Bearer {token}")
    assert peer.call("sync.peer_info")["daemon_id"]
    assert peer.call("sync.pull", after_sequence=0)["events"]
    for method in ("message.send", "message.list", "agent.list", "team.list", "peer.list"):
        assert peer.refused(method) == "wrong_transport"
    assert peer.refused("sync.notify", daemon_id="d_other", latest_seq=1) == "not_allowed"
    peer.close()


def test_a_code_counts_once_for_three_tries_and_a_while(street: Street) -> None:
    lead = ("peer", "join")
    done = street.world.thrum(street.two, *lead, "hello", check=False)
    assert (done.code, "no peercode" in done.err) == (2, True)
    code = street.code()
    wrong = code[:-4] + ("0000" if not code.endswith("0000") else "1111")
    done = street.world.thrum(street.one, "peer", "add", "--no-wait", check=False)
    assert "already in progress" in done.err
    for left in ("2 attempts remaining", "1 attempt remaining", "too many failed attempts"):
        done = street.world.thrum(street.two, *lead, wrong, check=False)
        assert (done.code, left in done.err) == (1, True), done.err
    done = street.world.thrum(street.two, *lead, code, check=False)
    assert "pairing" in done.err
    assert json.loads(street.thrum(street.two, "peer", "list", "--json")) == []
    code = street.code("1s")
    time.sleep(1.1)
    done = street.world.thrum(street.two, *lead, code, check=False)
    assert done.code == 1
    street.pair()
    # Whoever learned the code by now has nothing of it.
    done = street.world.thrum(street.two, *lead, code, check=False)
    assert done.code == 1
    for where in (street.one, street.two):
        logged = (where / ".thrum/var/daemon.log").read_text()
        assert code.rsplit(":", 1)[1] not in logged
        assert street.token(where) not in logged
        assert (where / ".thrum/var/peers.json").stat().st_mode & 0o777 == 0o600


def test_nobody_is_a_peer_of_oneself(street: Street) -> None:
    done = street.world.thrum(street.one, "peer", "join", street.code(), check=False)
    assert (done.code, "this daemon itself" in done.err) == (1, True), done.err
    assert json.loads(street.thrum(street.one, "peer", "list", "--json")) == []
    street.thrum(street.one, "daemon", "restart")
    street.pair()
    me = json.loads((street.one / ".thrum/config.json").read_text())["identity"]["daemon_id"]
    port, token = street.port(street.one), street.token(street.one)
    peer = Socket.open(port, authorization=f"Bearer {token}")
    assert peer.refused("peer.repair", token=token, daemon_id=me) == "conflict"
    peer.close()


def test_the_doctor_says_how_each_peer_stands_and_what_to_do(street: Street) -> None:
    assert "No peers" in street.thrum(street.one, "peer", "doctor")
    street.pair()

    def is_well() -> bool:
        done = street.world.thrum(street.one, "peer", "doctor", check=False)
        return "each has all" in done.out

    eventually(is_well)
    found = json.loads(street.thrum(street.one, "peer", "doctor", "--json"))
    (row,) = found["peers"]
    assert (row["reachable"], row["behind"], row["ahead"]) == (True, 0, 0)
    assert row["version"]
    assert found["findings"] == []
    book = street.one / ".thrum/var/peers.json"
    book.chmod(0o644)
    done = street.world.thrum(street.one, "peer", "doctor", check=False)
    assert (done.code, f"chmod 600 {book}" in done.out) == (1, True)
    book.chmod(0o600)
    street.thrum(street.two, "peer", "remove", "one", "--yes")
    done = street.world.thrum(street.one, "peer", "doctor", check=False)
    assert (done.code, "does not know us" in done.out) == (1, True)
    assert "thrum peer remove two" in done.out
    street.thrum(street.two, "daemon", "stop")
    done = street.world.thrum(street.one, "peer", "doctor", check=False)
    assert (done.code, "thrum daemon start" in done.out) == (1, True)

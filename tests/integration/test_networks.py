"""Daemons that are paired over a network, and over a tailnet: real addresses, in a namespace."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests import tailscaled
from tests.integration.conftest import Done, World, eventually
from tests.laws import examples
from tests.namespaces import Namespace, namespace
from thrum.identity import process

LAN = "10.7.0.1"
TAIL = "100.64.0.7"


@dataclass
class Town:
    """Two repositories with a daemon each, in a network of their own."""

    world: World
    net: Namespace
    one: Path
    two: Path

    def thrum(self, where: Path, *words: str, check: bool = True) -> Done:
        """A line of the program; the daemon that it may start stands in the namespace."""
        return self.world.thrum(where, *words, check=check, net=self.net)

    def json(self, where: Path, *words: str) -> Any:
        return json.loads(self.thrum(where, *words, "--json").out)

    def pair(self, *way: str, joining: tuple[str, ...] = ()) -> None:
        begun = self.json(self.one, "peer", "add", "--no-wait", "--scope", "all", *way)
        said = self.thrum(
            self.two, "peer", "join", "--scope", "all", *way[:2], *joining, begun["code"]
        ).out
        assert 'Paired with "one"' in said

    def configure(self, where: Path, **keys: str) -> None:
        """Sets keys of peers in the configuration, as with an editor."""
        file = where / ".thrum/config.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | {"peers": keys}))

    def doors(self, where: Path) -> list[dict[str, Any]]:
        """Where peers come to."""
        return list(self.json(where, "daemon", "status").get("doors") or [])

    def health(self, where: Path) -> dict[str, Any]:
        return dict(self.json(where, "rpc", "call", "health"))

    def answers(self, where: Path) -> list[str]:
        return [str(each["address"]) for each in self.doors(where)]

    def talk(self) -> None:
        """Mail crosses, in both directions."""
        self.thrum(self.one, "send", "hello over there", "--to", "@one_lead")
        eventually(lambda: self.knows(self.two, "hello over there"))
        self.thrum(self.two, "send", "hello back", "--to", "@two_lead")
        eventually(lambda: self.knows(self.one, "hello back"))

    def knows(self, where: Path, text: str) -> bool:
        return text in self.thrum(where, "log", "--json").out

    def log(self, where: Path) -> str:
        return (where / ".thrum/var/daemon.log").read_text()


@pytest.fixture
def town(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    monkeypatch.setattr(process, "runtime", lambda _pid: None)
    with namespace() as net:
        net.add(f"{LAN}/24")
        town = Town(world, net, world.root / "one", world.root / "two")
        for name in ("one", "two"):
            where = world.root / name
            world.repository(name)
            town.thrum(where, "init", "--non-interactive")
            words = ("quickstart", f"{name}_lead", "--role", "coordinator", "--module", "x")
            town.thrum(where, *words)
        yield town
        for where in (town.one, town.two):
            town.thrum(where, "daemon", "stop", check=False)


def test_peers_of_a_network_come_to_one_address_as_long_as_there_are_any(town: Town) -> None:
    assert town.doors(town.one) == []
    town.pair("--type", "network", "--address", LAN)
    (door,) = town.doors(town.one)
    assert (door["transport"], door["address"].split(":")[0]) == ("network", LAN)
    town.talk()
    for where in (town.one, town.two):
        (row,) = town.json(where, "peer", "status")
        assert (row["transport"], row.get("trouble")) == ("network", None)
    town.thrum(town.one, "daemon", "restart")
    eventually(lambda: town.answers(town.one) == [door["address"]])
    town.talk()
    assert "come to" in town.thrum(town.one, "daemon", "status").out
    town.thrum(town.one, "peer", "remove", "two", "--yes")
    assert town.doors(town.one) == []
    assert "Traceback" not in town.log(town.one) + town.log(town.two)


def test_an_address_that_peers_should_not_come_to_is_refused_with_a_reason(town: Town) -> None:
    town.net.add(f"{TAIL}/10")
    for name, other, ip in (("veth7", "lan7", "10.8.0.1/24"), ("lan8", "lan9", "10.9.0.1/24")):
        town.net.ip("link", "add", name, "type", "veth", "peer", "name", other)
        town.net.ip("addr", "add", ip, "dev", name)
    for name in ("veth7", "lan7"):
        town.net.ip("link", "set", name, "up")
    for ip, why in {
        "": "requires --address",
        "0.0.0.0": "one is to be named",
        "127.0.0.1": "--type local",
        TAIL: "--type tailscale",
        "10.1.1.1": "no interface has this address",
        "10.8.0.1": "peers.interfaces",
        "10.9.0.1": "is down",
        "fd00::1": "no IPv4 address",
        "box": "not a valid IP",
    }.items():
        words = ("peer", "add", "--no-wait", "--type", "network", "--address", ip)
        done = town.thrum(town.one, *words, check=False)
        assert (done.code, why in done.err) == (1, True), done.err
    assert town.doors(town.one) == []
    town.thrum(town.one, "daemon", "stop")
    town.configure(town.one, interfaces="eth9, veth7")
    town.thrum(town.one, "daemon", "start")
    words = ("peer", "add", "--no-wait", "--type", "network", "--address", "10.8.0.1")
    assert "10.8.0.1" in town.thrum(town.one, *words).out


def test_peers_of_a_tailnet_come_to_its_address_alone(town: Town) -> None:
    done = town.thrum(town.one, "peer", "add", "--type", "tailscale", "--no-wait", check=False)
    assert (done.code, "tailscale not configured or not started" in done.err) == (1, True)
    town.net.add(f"{TAIL}/10")
    town.pair("--type", "tailscale")
    (door,) = town.doors(town.one)
    host, port = door["address"].split(":")
    assert (host, 9100 <= int(port) <= 9200, door["transport"]) == (TAIL, True, "tailscale")
    book = json.loads((town.one / ".thrum/var/peers.json").read_text())
    assert book["local"]["port"] == int(port)
    town.talk()
    found = town.health(town.one)["tailscale"]
    assert (found["enabled"], found["address"]) == (True, door["address"])
    assert [each["name"] for each in found["peers"]] == ["two"]
    assert door["address"] in town.thrum(town.one, "doctor", check=False).out
    # The tailnet goes, and everything else goes on; it comes back, and its peers with it.
    town.net.take(f"{TAIL}/10")
    town.thrum(town.one, "daemon", "restart")
    eventually(lambda: town.health(town.one)["status"] == "degraded")
    told = town.health(town.one)
    assert (told["tailscale"]["enabled"], "doors" in told) == (False, False)
    assert any("tailscale not configured or not started" in each for each in told["problems"])
    town.thrum(town.one, "send", "alone", "--to", "@one_lead")
    town.net.add(f"{TAIL}/10")
    town.thrum(town.one, "daemon", "restart")
    eventually(lambda: town.answers(town.one) == [door["address"]])
    eventually(lambda: town.knows(town.two, "alone"))


def test_tailscale_says_by_which_address_and_who_calls(town: Town) -> None:
    town.net.add("100.64.0.7/32")
    (town.one / ".thrum/.env").write_text("THRUM_TS_PORT=9177\nPATH=/nowhere\n")
    with TemporaryDirectory() as folder:
        path = Path(folder, "ts.sock")
        for where in (town.one, town.two):
            town.configure(where, tailscale_socket=str(path))
            town.thrum(where, "daemon", "restart")
        with tailscaled.served(path) as asked:
            town.pair("--type", "tailscale")
            assert town.answers(town.one) == [f"{TAIL}:9177"]
            town.talk()
            eventually(lambda: "node" in town.json(town.one, "peer", "status")[0])
    (row,) = town.json(town.one, "peer", "status")
    assert row["node"] == "desk.tail1.ts.net"
    assert any("whois?addr=100.64.0.7" in each for each in asked)
    assert f"desk.tail1.ts.net calls from {TAIL}" in town.log(town.one)


def test_a_peer_is_followed_to_another_address_of_its_network(town: Town) -> None:
    # The second lives at an address of its own, which it loses for another one.
    town.net.add("10.7.0.8/32")
    town.pair("--type", "network", "--address", LAN, joining=("--address", "10.7.0.8"))
    town.talk()
    town.thrum(town.two, "daemon", "stop")
    town.net.take("10.7.0.8/32")
    town.net.add("10.7.0.9/32")
    file = town.two / ".thrum/var/peers.json"
    assert "10.7.0.8" in file.read_text()
    town.net.take(f"{LAN}/24")
    town.thrum(town.two, "daemon", "start")
    eventually(lambda: town.answers(town.two)[:1] != [])
    assert town.answers(town.two)[0].startswith("10.7.0.9:")
    town.net.add(f"{LAN}/24")
    there = "10.7.0.9"
    eventually(lambda: there in town.json(town.one, "peer", "status")[0]["address"], 60)
    town.talk()


def test_a_daemon_with_another_id_is_known_again_by_its_token(town: Town) -> None:
    town.pair("--type", "network", "--address", LAN)
    town.talk()
    before = town.json(town.two, "peer", "status")[0]["daemon_id"]
    town.thrum(town.one, "daemon", "stop")
    file = town.one / ".thrum/config.json"
    tree = json.loads(file.read_text())
    tree["identity"]["daemon_id"] = "d_01M8NK0WYMEYDPJBHXC7A6ANEW"
    file.write_text(json.dumps(tree))
    for noted in (town.one / ".thrum/var").glob("*identity*"):
        noted.unlink()
    town.thrum(town.one, "daemon", "start")
    eventually(lambda: town.json(town.two, "peer", "status")[0]["daemon_id"] != before)
    (row,) = town.json(town.two, "peer", "list")
    assert row["daemon_id"] == "d_01M8NK0WYMEYDPJBHXC7A6ANEW"
    assert (town.one / ".thrum/var/peers.json.pre-rotation-bak").stat().st_mode & 0o777 == 0o600
    town.thrum(town.one, "send", "with another id", "--to", "@one_lead")
    eventually(lambda: town.knows(town.two, "with another id"))


def test_a_peer_that_is_lost_is_named_and_found_again(town: Town) -> None:
    town.pair("--type", "network", "--address", LAN)
    town.talk()
    town.thrum(town.two, "peer", "rename", "one", "first")
    book = town.two / ".thrum/var/peers.json"
    town.thrum(town.two, "daemon", "stop")
    tree = json.loads(book.read_text())
    right = tree["peers"][0]["address"]
    tree["peers"][0]["address"] = f"{LAN}:1"
    book.write_text(json.dumps(tree))
    town.thrum(town.two, "daemon", "start")
    drift = "drift_reconcile_failed"
    eventually(lambda: town.json(town.two, "peer", "list")[0].get("reconcile_status") == drift)
    assert "thrum peer repair first" in town.thrum(town.two, "peer", "list").err
    done = town.thrum(town.two, "peer", "repair", "first", check=False)
    assert (done.code, "--address HOST:PORT" in done.err) == (1, True), done.err
    assert "is repaired" in town.thrum(town.two, "peer", "repair", "first", "--address", right).out
    eventually(lambda: "reconcile_status" not in town.json(town.two, "peer", "list")[0])
    town.talk()
    town.thrum(town.two, "daemon", "stop")
    tree = json.loads(book.read_text())
    tree["peers"][0]["token"] = "0" * 64
    book.write_text(json.dumps(tree))
    town.thrum(town.two, "daemon", "start")
    done = town.thrum(town.two, "peer", "repair", "first", check=False)
    assert (done.code, "pair anew" in done.err) == (1, True), done.err


def test_nobody_is_led_to_a_place_of_somebody_elses_choice(town: Town) -> None:
    town.pair("--type", "network", "--address", LAN)
    book = json.loads((town.one / ".thrum/var/peers.json").read_text())
    token, before = book["peers"][0]["token"], book["peers"][0]["address"]
    for given, port, why in (
        ("8.8.8.8", "9100", "cross-subnet"),
        ("10.7.1.1", "9100", "cross-subnet"),
        ("127.0.0.1", "9100", "cross-subnet"),
        ("box", "9100", "invalid new IP"),
        ("10.7.0.9", "0", "no address"),
        ("10.7.0.9", "http", "no address"),
    ):
        about = {"peer_token": token, "new_ip": given, "new_port": port}
        words = ("rpc", "call", "peer.address_changed", json.dumps(about))
        done = town.thrum(town.one, *words, check=False)
        assert (done.code != 0, why in done.out + done.err) == (True, True), (given, done)
    about = {"peer_token": token[:-1], "new_ip": "10.7.0.9", "new_port": "9100"}
    done = town.thrum(
        town.one, "rpc", "call", "peer.address_changed", json.dumps(about), check=False
    )
    assert "unknown peer token" in done.out + done.err
    assert town.json(town.one, "peer", "status")[0]["address"] == before


@pytest.mark.parametrize("where", ["network", "local"])
def test_who_reaches_the_address_and_is_no_peer_gets_nothing_and_breaks_nothing(
    town: Town, where: str
) -> None:
    town.pair("--type", "network", "--address", LAN)
    town.talk()
    (door,) = town.answers(town.one)
    host, port = door.split(":")
    if where == "local":
        host, port = "127.0.0.1", (town.one / ".thrum/var/ws.port").read_text().strip()
    book = json.loads((town.one / ".thrum/var/peers.json").read_text())
    token = book["peers"][0]["token"]
    words = [sys.executable, "-m", "tests.integration.intruder", host, port, token]
    environment = town.world.environment | {"PYTHONPATH": str(Path(__file__).parents[2])}
    world = World(town.world.root, environment)
    done = world.run(*town.net.prefix, *words, str(examples(60)), cwd=town.one, limit=240)
    me = json.loads((town.one / ".thrum/config.json").read_text())["identity"]["daemon_id"]
    found = json.loads(done.out)
    assert found.pop("a long head") in {431, 0}
    if where == "network":
        assert found == {
            "no token": 401,
            "a wrong token": 401,
            "a code without a pairing": 401,
            "a page": 404,
            "no HTTP": 400,
            "a giant message": 1009,
            "another's word": "not_allowed",
            "a huge number": "invalid_params",
            "another's id": "not_found",
            "mail": "wrong_transport",
            "a list": "wrong_transport",
            "slow ones": me,
            "a thousand": me,
        }
        (row,) = town.doors(town.one)
        assert row["turned_away"] > 1_000
        assert "turned away" in town.thrum(town.one, "daemon", "status").out
        assert "turned away" in town.log(town.one)
    logged = town.log(town.one)
    assert "Traceback" not in logged
    assert token not in logged
    assert "0123456789012345" not in logged
    town.thrum(town.one, "send", "still here", "--to", "@one_lead")
    eventually(lambda: town.knows(town.two, "still here"))

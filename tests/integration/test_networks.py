"""Daemons that are paired over a network, and over a tailnet: real addresses, in a namespace."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests import forge
from tests.integration.conftest import Done, World, eventually
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
        return self.world.run(*self.net.prefix, *forge.THRUM, *words, cwd=where, check=check)

    def json(self, where: Path, *words: str) -> Any:
        return json.loads(self.thrum(where, *words, "--json").out)

    def pair(self, *way: str, joining: tuple[str, ...] = ()) -> None:
        begun = self.json(self.one, "peer", "add", "--no-wait", *way)
        said = self.thrum(self.two, "peer", "join", *way[:2], *joining, begun["code"]).out
        assert 'Paired with "one"' in said

    def configure(self, where: Path, **keys: str) -> None:
        """Sets keys of peers in the configuration, as with an editor."""
        file = where / ".thrum/config.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | {"peers": keys}))

    def doors(self, where: Path) -> list[dict[str, Any]]:
        """Where peers come to."""
        return list(self.json(where, "daemon", "status").get("doors") or [])

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
            world.git("init", "-q", "-b", "main", name, cwd=world.root)
            world.git("commit", "-q", "--allow-empty", "-m", "first", cwd=where)
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

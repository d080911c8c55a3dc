"""Peers on two machines whose cable loses packets and is cut, and whose addresses change, while
both are killed: nothing is lost or doubled, and what somebody says stays in its order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.bench.place import Line, Place
from tests.cable import NIC, Cable, Weather, cable
from tests.integration.conftest import Done, World, eventually
from tests.integration.heard import heard
from tests.integration.test_peers import facts
from tests.namespaces import Namespace, namespace
from thrum.identity import process

WEATHER = Weather(loses=0.05, doubles=0.02, shortest_s=0.002, longest_s=0.02)


@dataclass
class Machine:
    """A network of its own with a repository, a daemon and somebody in charge.

    Attributes:
        net: its network.
        where: its repository.
        address: where it is in the network between both.
        other: who is in charge at the other side, as that one is called here.
        said: what its agent has said, in that order.
    """

    world: World
    net: Namespace
    where: Path
    address: str = ""
    other: str = ""
    said: list[str] = field(default_factory=list)
    talk: Line | None = None

    @property
    def lead(self) -> str:
        """Who is in charge."""
        return f"{self.where.name}_lead"

    def thrum(self, *words: str) -> Done:
        """A line of the program; the daemon that it may start stands on this machine."""
        return self.world.thrum(self.where, *words, net=self.net)

    def move(self, address: str) -> None:
        """Loses its address for another one."""
        if self.address:
            self.net.take(f"{self.address}/24", NIC)
        self.net.add(f"{address}/24", NIC)
        self.address = address

    def settle(self) -> None:
        """Has a daemon, and somebody who may be written to."""
        self.thrum("init", "--non-interactive")
        self.thrum("quickstart", self.lead, "--role", "coordinator", "--module", "x")
        self.connect()

    def connect(self) -> None:
        """The agent has a connection to its daemon."""
        self.talk = Line(Place(self.world.root, self.world.environment), self.where)

    def call(self, method: str, **about: object) -> Any:
        """The agent asks for something."""
        assert self.talk is not None
        return self.talk.call(method, about)

    def kill(self) -> None:
        """Kills the daemon, as a power cut would."""
        self.hang_up()
        self.world.kill(self.where)

    def begin(self) -> None:
        """Starts it again."""
        self.thrum("daemon", "start")
        self.connect()

    def say(self) -> None:
        """The agent writes to the other side; it is acknowledged."""
        text = f"{self.lead} says {len(self.said)}"
        self.call("message.send", content=text, to=f"@{self.other}")
        self.said.append(text)

    def hang_up(self) -> None:
        """Ends the agent's connection."""
        if self.talk is not None:
            self.talk.close()
            self.talk = None

    def knows_other(self) -> bool:
        """Whether who is in charge at the other side can be written to."""
        return self.other in {each["agent_id"] for each in self.call("agent.list")["agents"]}


@dataclass
class Land:
    """Two machines, and the cable between them."""

    one: Machine
    two: Machine
    line: Cable

    @property
    def both(self) -> tuple[tuple[Machine, Machine], ...]:
        """Each with the other one."""
        return (self.one, self.two), (self.two, self.one)

    def pair(self, scope: str) -> None:
        """Makes them peers, who give each other what they give unless told otherwise."""
        way = ("--type", "network", "--address")
        code = self.one.thrum("peer", "add", "--no-wait", "--json", *way, self.one.address)
        self.two.thrum("peer", "join", *way, self.two.address, code.json["code"])
        for here, there in self.both:
            here.other = there.lead if scope == "all" else f"{there.where.name}:{there.lead}"
        for here, there in self.both:
            eventually(here.knows_other, 120)
            (row,) = here.thrum("peer", "status", "--json").json
            assert (row["transport"], row["effective_scope"]) == ("network", scope)
            assert row["address"].startswith(f"{there.address}:")

    def happen(self, tenth: float) -> None:
        """What happens to them once so many tenths of all are said."""
        match tenth:
            case 1:
                self.one.kill()
                self.one.begin()
            case 3:
                self.line.is_cut = True
            case 5:
                self.two.kill()
                self.two.move("10.7.0.22")
                self.two.begin()
            case 6:
                # Else it would not be a cable that they speak over.
                assert self.one.said[-1] not in self.heard_of_one()
                self.line.is_cut = False

    def happen_for_long(self, tenth: float) -> None:
        """The same, and what takes daemons a minute to see."""
        self.happen(tenth)
        match tenth:
            case 2:
                self.one.move("10.7.0.11")
                eventually(lambda: "10.7.0.11:" in self.two.thrum("peer", "status").out, 240)
            case 7:
                self.one.net.ip("link", "set", NIC, "down")
            case 8:
                self.one.net.ip("link", "set", NIC, "up")
            case 9:
                for machine, _ in self.both:
                    machine.kill()
                for machine, _ in self.both:
                    machine.begin()

    def heard_of_one(self) -> list[str]:
        """What came of the first one's words to the second."""
        return heard(self.two.where, self.two.other)

    def is_all_there(self) -> bool:
        """Whether everybody's words are known at both sides, once each and in their order."""
        return all(
            heard(here.where, here.lead) == here.said == heard(there.where, there.other)
            for here, there in self.both
        )


def repository(world: World, name: str, source: Path | None) -> Path:
    """A new one whose first commit is its own, or that of another one."""
    where = world.root / name
    world.git("init", "-q", "-b", "main", name, cwd=world.root)
    if source is not None:
        world.git("pull", "-q", str(source), "main", cwd=where)
        return where
    (where / "README").write_text(f"{name}\n")
    world.git("add", ".", cwd=where)
    world.git("commit", "-qm", "first", cwd=where)
    return where


@pytest.fixture
def land(world: World, monkeypatch: pytest.MonkeyPatch, scope: str) -> Iterator[Land]:
    monkeypatch.setattr(process, "runtime", lambda _pid: None)
    with namespace() as here, namespace() as there, cable(here, there, WEATHER, seed=7) as line:
        one = Machine(world, here, repository(world, "one", None))
        two = Machine(world, there, repository(world, "two", one.where if scope == "all" else None))
        for machine, address in ((one, "10.7.0.1"), (two, "10.7.0.2")):
            machine.move(address)
            machine.settle()
        yield Land(one, two, line)
        for machine in (one, two):
            machine.hang_up()


@pytest.mark.parametrize("scope", ["all", "addressed"])
@pytest.mark.parametrize(
    "count", [60, pytest.param(10_000, marks=pytest.mark.soak)], ids="{} messages".format
)
def test_nothing_is_lost_or_doubled_or_out_of_order(land: Land, count: int, scope: str) -> None:
    land.pair(scope)
    happen = land.happen if count < 10_000 else land.happen_for_long
    for number in range(count):
        for machine, _ in land.both:
            machine.say()
        happen(number / (count // 10))
    eventually(land.is_all_there, 300)
    eventually(lambda: land.line.lost, 120)
    if scope == "all":
        eventually(lambda: facts(land.one.where) == facts(land.two.where), 120)

"""Peers whose line delays, breaks and is cut, while both are killed: nothing is lost or doubled."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.bench.place import Line, Place
from tests.integration.conftest import eventually
from tests.integration.heard import heard
from tests.integration.test_peers import Street, facts, street
from tests.integration.weather import Weather

__all__ = ["street"]


@dataclass
class Town:
    """A street whose houses reach each other by bad lines alone."""

    street: Street
    lines: dict[Path, Weather] = field(default_factory=dict)
    talks: dict[Path, Line] = field(default_factory=dict)

    @property
    def houses(self) -> tuple[Path, Path]:
        return self.street.one, self.street.two

    def connect(self, seed: int, breaks: float) -> None:
        """Pairs them and puts a bad line before each."""
        self.street.pair()
        for where in self.houses:
            self.street.thrum(where, "daemon", "stop")
            self.lines[where] = Weather(partial(self.street.port, where), seed, breaks=breaks)
        for where, other in (self.houses, self.houses[::-1]):
            book = where / ".thrum/var/peers.json"
            found = json.loads(book.read_text())
            (peer,) = found["peers"]
            # Without these it would look at which port the other one really is.
            peer |= {"repo_path": "", "remote_repo_path": ""}
            peer["address"] = f"127.0.0.1:{self.lines[other].port}"
            book.write_text(json.dumps(found))
        for where in self.houses:
            self.begin(where)
        # Else who is written to may be unknown yet: the line was cut before anything crossed.
        eventually(lambda: all(map(self.knows_both, self.houses)), 120)

    def knows_both(self, where: Path) -> bool:
        """Whether the agents of both houses can be written to in one."""
        agents = self.talks[where].call("agent.list")["agents"]
        return {"one_lead", "two_lead"} <= {each["agent_id"] for each in agents}

    def begin(self, where: Path) -> None:
        """Starts a daemon; its agent has a connection to it."""
        self.street.thrum(where, "daemon", "start")
        place = Place(self.street.world.root, self.street.world.environment)
        self.talks[where] = Line(place, where)

    def kill(self, where: Path) -> None:
        """Kills a daemon and starts it again."""
        self.talks.pop(where).close()
        os.kill(self.street.world.pid(where), signal.SIGKILL)
        self.begin(where)

    def say(self, where: Path, text: str, to: str) -> None:
        """Has the agent of a house send a message, until it is acknowledged."""
        about: dict[str, Any] = {"content": text, "to": f"@{to}"}
        self.talks[where].call("message.send", about)

    def close(self) -> None:
        for line in self.lines.values():
            line.close()
        for talk in self.talks.values():
            talk.close()


@pytest.fixture
def town(street: Street) -> Iterator[Town]:
    found = Town(street)
    yield found
    found.close()


@pytest.mark.parametrize(
    "count", [150, pytest.param(10_000, marks=pytest.mark.soak)], ids="{} messages".format
)
def test_nothing_is_lost_or_doubled_or_out_of_order(town: Town, count: int) -> None:
    # What is said in a hurry goes together, so there are fewer pieces than messages.
    town.connect(seed=7, breaks=max(30 / count, 0.02))
    one, two = town.houses
    sent: dict[str, list[str]] = {"one_lead": [], "two_lead": []}
    tenth = count // 10
    for number in range(count):
        for where, me, you in ((one, "one_lead", "two_lead"), (two, "two_lead", "one_lead")):
            text = f"{me} says {number}"
            town.say(where, text, you)
            sent[me].append(text)
        match number / tenth:
            case 1:
                town.kill(one)
            case 3:
                for line in town.lines.values():
                    line.cut()
            case 5:
                town.kill(two)
            case 6:
                for line in town.lines.values():
                    line.is_cut = False
            case 8:
                town.kill(one)
                town.kill(two)
    eventually(lambda: any(line.broken for line in town.lines.values()), 120)
    for line in town.lines.values():
        line.clear()

    def is_all_there() -> bool:
        return all(heard(each, me) == sent[me] for each in town.houses for me in sent)

    eventually(is_all_there, 300)
    assert facts(one) == facts(two)

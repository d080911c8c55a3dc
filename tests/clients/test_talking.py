"""Two sessions of different vendors talk with each other, and nobody touches a key."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass, field
from typing import Any, Final

import pytest

from tests.clients.desk import Desk, beside
from tests.clients.idling import LINES, SENDS, begins
from tests.clients.model import Heard, Say, Step, Use
from tests.clients.programs import named
from tests.clients.screen import screen

pytestmark = [pytest.mark.clients, pytest.mark.xdist_group("claude")]
TURNS: Final = 10
_PATIENCE_S: Final = 60


@dataclass
class Talker:
    """A model that answers each line of the other one with the next.

    Attributes:
        desk: where its client runs.
        to: to whom it writes.
        tool: how it calls what sends mail.
        first: the number of the first line that it says by itself; 0 if it waits for one.
        is_done: set while it has nothing more to say.
        behind: by the number of each line that it said, how many requests the other model, which
            had nothing more to say, had heard before.
    """

    desk: Desk
    to: str
    tool: str
    first: int = 0
    is_done: threading.Event = field(default_factory=threading.Event)
    behind: dict[int, int] = field(default_factory=dict)

    def listens(self, other: Talker) -> None:
        """Lets its model think from now on."""
        self.is_done.set()

        def thinks(heard: Heard) -> Step:
            said, last = max(self.behind, default=0), max(lines(heard), default=0)
            following = last + 1 if last else self.first
            if not said < following <= TURNS:
                self.is_done.set()
                return Say(f"said {said}")
            self.is_done.clear()
            assert other.is_done.wait(_PATIENCE_S)
            self.behind[following] = len(other.desk.model.heard)
            return Use(self.tool, {"to": self.to, "content": line(following)})

        self.desk.model.thinks = thinks

    def heard(self) -> list[list[int]]:
        """The lines of the other one in each request, as often as they stand there."""
        return [lines(each) for each in self.desk.model.heard]

    def sent(self) -> list[dict[str, Any]]:
        """What the sender is told of each line, the oldest first."""
        listed = json.loads(self.desk.thrum("sent", "--json"))["messages"]
        assert all(len(each["recipients"]) == 1 for each in listed)
        return [each["recipients"][0] for each in sorted(listed, key=lambda it: it["created_at"])]


def line(number: int) -> str:
    return f"this is line {number} of it"


_SAID_AGAIN: Final = re.compile(
    "Stop hook blocking error from command: .*?\\nTo answer: [^\\n]*", re.DOTALL
)
"""In later requests Claude itself says a second time what a hook at the end of a turn had said."""


def lines(heard: Heard) -> list[int]:
    """The lines that came as mail."""
    text = _SAID_AGAIN.sub("", heard.text)
    return [int(each) for each in re.findall("> this is line ([0-9]+) of it", text)]


def test_two_vendors_hold_a_conversation_of_ten_turns(desk: Desk) -> None:
    desk.set_up(named("claude"))
    with beside(desk, "nux") as other:
        other.set_up(named("opencode"))
        furiosa = Talker(desk, "@nux", SENDS["claude"], first=1)
        nux = Talker(other, "@furiosa", SENDS["opencode"])
        with (
            screen(desk, *LINES["claude"]) as one,
            screen(other, *LINES["opencode"]) as two,
        ):
            begins(desk, one, furiosa.tool)
            begins(other, two, nux.tool)
            nux.listens(furiosa)
            furiosa.listens(nux)
            one.say("begin")
            two.wait(f"said {TURNS}")
            desk.model.wait(nux.behind[TURNS] + 1)
        for speaker, listener in ((furiosa, nux), (nux, furiosa)):
            came = listener.heard()
            for number, behind in speaker.behind.items():
                assert not any(number in each for each in came[:behind])
                # In the next one, and there and in what is repeated to the model ever after once.
                assert [each.count(number) for each in came[behind:]] == [1] * len(came[behind:])
            for told in speaker.sent():
                assert (told["state"], told["offered_by"]) == ("offered", "hook")
        assert sorted([*furiosa.behind, *nux.behind]) == list(range(1, TURNS + 1))

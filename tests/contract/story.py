"""Recorded runs of other nodes as stories: who asked what in which order, and what was answered.

Requests that were sent by hand and those that commands sent are one story. What came between them
and was not recorded is told again from what later answers show of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

from thrum.daemon.services import METHODS

Row = dict[str, Any]

FIXTURES: Final = Path(__file__).parents[2] / "fixtures"

_ID = re.compile(r"(?:msg|ses|thr|grp|mon|cmd|d)_[0-9A-Z]{26}")
_TIME = re.compile(r"20\d\d-\d\d-\d\dT[0-9:.]+Z")
_MANY = re.compile(r'"<(\d+) times x>"')


class Step(NamedTuple):
    """A request that was not recorded, and what later rows call its outcome."""

    caller: str
    method: str
    params: dict[str, Any]
    names: str = ""


def said(caller: str, id: str, content: str, **params: Any) -> Step:
    """A message that was sent."""
    return Step(caller, "message.send", {"content": content, **params}, f"msg_{id}")


def begun(caller: str, id: str, intent: str = "", agent: str = "") -> list[Step]:
    """A session that was begun, as the program's command does it."""
    refs = [{"type": "worktree", "value": f"{{HOME_OF_{caller}}}"}]
    start = {"agent_id": agent or caller, "refs": refs}
    steps = [Step(caller, "session.start", start, f"ses_{id}")]
    if intent:
        params = {"session_id": f"ses_{id}", "intent": intent}
        steps.append(Step(caller, "session.setIntent", params))
    return steps


def come(name: str, role: str, module: str) -> Step:
    """An agent that was registered."""
    return Step(name, "agent.register", {"name": name, "role": role, "module": module})


def recorded(folder: Path, pattern: str = "*.jsonl") -> dict[str, list[Row]]:
    """The rows of each file, by its name."""
    return {
        path.stem: [json.loads(line) for line in path.read_text().splitlines()]
        for path in sorted(folder.glob(pattern))
    }


def exchanges(*files: Mapping[str, Sequence[Row]]) -> Iterator[Row]:
    """All requests for methods that are in the table, in the order in which they were sent."""
    rows = [
        row
        for each in files
        for name, found in each.items()
        if not name.startswith("_")
        for row in found
        if row.get("transport") == "unix" and row["request"]["method"] in METHODS
    ]
    yield from sorted(rows, key=lambda row: (row["n"], row.get("seq", 0)))


class Names:
    """What recorded ids, places and moments are called here."""

    def __init__(self, places: Mapping[str, str]) -> None:
        self._known = dict(places)
        self._moments: list[tuple[datetime, datetime]] = []

    def request(self, request: Row) -> Row:
        """A recorded request as it is asked here."""
        text = _MANY.sub(lambda found: f'"{"x" * int(found[1])}"', json.dumps(request))
        found: Row = json.loads(_TIME.sub(self._moment, self._replaced(text)))
        return found

    def answer(self, answer: Row) -> Row:
        """A recorded answer with the names of this run; its times stay."""
        found: Row = json.loads(self._replaced(json.dumps(answer)))
        return found

    def learn(self, theirs: Any, ours: Any) -> None:
        """Notes which id stands here for a recorded one, wherever both answers have one."""
        if isinstance(theirs, dict) and isinstance(ours, dict):
            for key in theirs.keys() & ours.keys():
                self.learn(theirs[key], ours[key])
        elif isinstance(theirs, str) and isinstance(ours, str):
            if _ID.fullmatch(theirs):
                self._known.setdefault(theirs, ours)
            elif _TIME.fullmatch(theirs) and _TIME.fullmatch(ours):
                self._moments.append((_parsed(theirs), _parsed(ours)))

    def _replaced(self, text: str) -> str:
        for there, here in self._known.items():
            text = text.replace(there, here)
        return text

    def _moment(self, found: re.Match[str]) -> str:
        """A moment of the recorded run: just after the last here of which both are known."""
        there = _parsed(found[0])
        earlier = [pair for pair in self._moments if pair[0] <= there]
        if not earlier or there - max(earlier)[0] > timedelta(hours=1):
            return found[0]
        here = max(earlier)[1] + timedelta(microseconds=1)
        return here.isoformat().replace("+00:00", "Z")


def _parsed(text: str) -> datetime:
    return datetime.fromisoformat(text.removesuffix("Z")[:26]).replace(tzinfo=UTC)

"""Eight of our clones beside eight of the recorded kind, in any order: ours miss nothing.

The others unite as `tests.contract.test_partners` writes it down. They also do what recorded ones
were seen to do to lines of others: push files that are not up to date, and take away the file of an
agent that was deleted.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pygit2
import pytest

from gitstore import Log
from tests.contract.test_partners import (
    G1,
    Files,
    committed,
    files_of,
    node,
    ours,
    read_by_partner,
    replay,
    say,
    shared,
    tip_of,
    united_by_partner,
    written,
)

__all__ = ["node", "shared"]

CLONES = 8
STEPS = 90


@dataclass
class Partner:
    """A clone of the recorded kind: files, and the remote's commit that they were united with."""

    shared: pygit2.Repository
    agent: str
    files: Files = field(default_factory=dict)

    def says(self, number: int, turn: int) -> None:
        """Appends to its agent's file."""
        event = ours(number, agent_id=self.agent, timestamp=f"2026-12-02T00:{turn % 60:02}:00.5Z")
        path = f"messages/{self.agent}.jsonl"
        self.files[path] = self.files.get(path, b"") + written(event) + b"\n"

    def syncs(self) -> None:
        """Unites with the remote and pushes."""
        tip = tip_of(self.shared)
        self.files = united_by_partner(self.files, files_of(self.shared, tip))
        committed(self.shared, self.files, [tip])

    def pushes_stale_files(self) -> None:
        """What others wrote since its last sync is not in what it pushes."""
        committed(self.shared, self.files, [tip_of(self.shared)])

    def removes(self, agent: str) -> None:
        """Takes an agent's file away and pushes that."""
        self.files.pop(f"messages/{agent}.jsonl", None)
        self.pushes_stale_files()


def seen(log: Log) -> set[str]:
    """The ids of all events that the log holds."""
    return {json.loads(line.raw)["event_id"] for line in log.read()}


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(1, 20))]
)
def test_ours_hold_all_that_was_ever_on_the_branch_when_they_looked(
    shared: pygit2.Repository, node: Callable[[str], Log], seed: int
) -> None:
    chance = random.Random(seed)
    replay(shared, G1[0])
    recorded = files_of(shared, tip_of(shared))
    logs = [node(f"ours{number}") for number in range(CLONES)]
    partners = [Partner(shared, f"theirs{number}", dict(recorded)) for number in range(CLONES)]
    everything = set(read_by_partner(recorded))
    for turn in range(STEPS):
        number = 1000 * (turn + 1)
        at = chance.randrange(CLONES)
        action = chance.choices(
            ("we say", "we sync", "they say", "they sync", "stale", "removed"), (4, 4, 4, 4, 1, 1)
        )[0]
        if action == "we say":
            say(logs[at], range(number, number + 3), f"ours{at}")
            everything |= {f"evt_{n:026}" for n in range(number, number + 3)}
        elif action == "we sync":
            everything |= read_by_partner(files_of(shared, tip_of(shared))).keys()
            assert logs[at].exchange().ok
        elif action == "they say":
            partners[at].says(number, turn)
        elif action == "they sync":
            partners[at].syncs()
        elif action == "stale":
            partners[at].pushes_stale_files()
        else:
            partners[at].removes(f"theirs{chance.randrange(CLONES)}")
    everything |= read_by_partner(files_of(shared, tip_of(shared))).keys()
    for log in (*logs, *logs):
        assert log.exchange().ok
    assert {log.tip for log in logs} == {tip_of(shared)}
    for log in logs:
        assert everything <= seen(log)
    final = files_of(shared, tip_of(shared))
    assert everything <= read_by_partner(final).keys()
    for partner in partners:
        partner.syncs()
    assert everything <= read_by_partner(files_of(shared, tip_of(shared))).keys()

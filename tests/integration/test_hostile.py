"""A hostile process of the same user asks for everything that there is, as somebody else.

It asks for what `town.py` makes of the method table, in every way that `stranger.py` knows. Nothing
of the victim's may differ afterwards: rows of the databases, files of its worktree, its context on
the branch. The same requests by the victim itself do make a difference, so the trial sees what it
looks for. `test_hostile_lines.py` has the other transports.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from tests.integration import stranger
from tests.integration.conftest import world_in
from tests.integration.town import (
    BOSS,
    OWN,
    READING,
    ROLES,
    VICTIM,
    Asked,
    Town,
    but_for_doing,
    by_what_is_left,
    differences,
    settle,
)
from tests.rows import row
from thrum.daemon.rpc.registry import Rights
from thrum.daemon.services import METHODS
from thrum.platform import LINUX

pytestmark = pytest.mark.skipif(not LINUX, reason="the ways are those of Linux")


class Served(Town):
    """A town whose daemon is a process of its own."""

    def speak(self, way: str, own: str, requests: list[Asked]) -> list[Any]:
        """The answers to requests that are made in a way by a real process."""
        plan = {
            "socket": str(self.main / ".thrum/var/thrum.sock"),
            "victim": str(self.home(VICTIM)),
            "own": str(self.home(own)),
            "root": str(self.root),
            "name": VICTIM,
            "self": own,
            "requests": requests,
        }
        done = subprocess.run(
            [sys.executable, stranger.__file__, way],
            input=json.dumps(plan),
            env=self.world.environment,
            cwd="/",
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(answers) == len(requests), done.stderr
        return answers

    def belongings(self) -> list[str]:
        """What there is once everybody sees what somebody was answered of."""
        self.world.thrum(self.main, "daemon", "status")
        return super().belongings()

    def results(self, own: str, *requests: Asked) -> list[Any]:
        """The same from home; all must be granted."""
        answers = self.speak("at_home", own, list(requests))
        assert all("result" in answer for answer in answers), answers
        return [answer["result"] for answer in answers]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A town in which the victim has something of everything."""
    root = tmp_path_factory.mktemp("hostile")
    with world_in(root) as world:
        made = Served(world, root)
        made.found()
        world.thrum(made.main, "init", "--non-interactive")
        for name, role in ROLES.items():
            flags = ("--role", role, "--module", "x", "--no-agent-pid")
            world.thrum(made.home(name), "quickstart", name, *flags)
        settle(made, made.results)
        yield made


def test_every_method_says_what_it_touches(town: Served) -> None:
    for name in sorted(METHODS):
        with row(name):
            attacks = [params for _, params in town.attacks(name)]
            assert attacks
            # What cannot be decoded would be refused by anybody's door.
            assert all(msgspec.convert(each, METHODS[name].params) for each in attacks)


@pytest.mark.parametrize("way", stranger.WAYS)
def test_nothing_of_anothers_is_reached(town: Served, way: str) -> None:
    before, attacks = town.belongings(), town.every_attack()
    who = [("agent.whoami", {"caller_agent_id": claim}) for claim in ("", VICTIM, BOSS)]
    answers = town.speak(way, OWN, [*who, *attacks])
    _, known = stranger.WAYS[way]
    for answer in answers[: len(who)]:
        found = answer.get("result", {}).get("agent_id", "")
        assert found == (OWN if known else "") or (known and "error" in answer), answer
    assert differences(before, town.belongings()) == []
    for (name, params), answer in zip(attacks, answers[len(who) :], strict=True):
        if "result" in answer and METHODS[name].rights is not Rights.READS:
            assert known or name == "agent.register", (name, params, answer)
            assert answer["result"].get("session_id", OWN) not in town.marks


def test_the_same_by_who_may_makes_a_difference(town: Served) -> None:
    """Run last: it takes away what the trials look at."""
    assert but_for_doing(touched_by(town, VICTIM, sorted(READING))) == []
    town.forged["group.create.name"] = ["another"]
    town.forged["monitor.start.name"] = ["another"]
    for name in by_what_is_left(METHODS.keys() - READING):
        if name.startswith("message."):
            fresh = ("message.send", {"content": "more", "mentions": ["crew"]})
            town.results(VICTIM, fresh)
        if name in {"claim.release", "claim.give"}:
            town.results(OWN, ("claim.release", {"all": True}))
            town.results(VICTIM, ("claim.take", {"what": ["src/mine"]}))
        speaker = BOSS if METHODS[name].rights is Rights.CHARGE else VICTIM
        assert touched_by(town, speaker, [name]), name


def touched_by(town: Served, speaker: str, names: list[str]) -> list[str]:
    """What of the victim's differs after these methods were asked for from the speaker's home."""
    before = town.belongings()
    asked = [(name, params) for name in names for params in town.variants(name)]
    town.speak("at_home", speaker, asked)
    return differences(before, town.belongings())

"""A hostile process of the same user asks for everything that there is, as somebody else.

What it asks is made from the method table: each method with every value that could be forged, with
and without a claim, in every way that `stranger.py` knows. Nothing of the victim's may differ
afterwards: rows of the database, files of its worktree, its context on the branch. The same
requests by the victim itself do make a difference, so the trial sees what it looks for. A method
without stated rights, or with a parameter that nobody said how to forge, fails here.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from tests.integration import stranger
from tests.integration.conftest import World, world_in
from thrum.daemon.rpc.registry import Rights
from thrum.daemon.services import METHODS
from thrum.platform import LINUX

pytestmark = pytest.mark.skipif(not LINUX, reason="the ways are those of Linux")

VICTIM: Final = "furiosa"
OWN: Final = "immortan"
BOSS: Final = "splendid"
Asked = tuple[str, dict[str, Any]]

LAST: Final = (
    "",
    "unsubscribe",
    "message.delete",
    "message.deleteByAgent",
    "message.archive",
    "message.deleteByScope",
    "group.delete",
    "session.end",
    "session.start",
    "purge.execute",
    "agent.delete",
)
"""What takes away what the others need; in this order after them."""

UNSEEN: Final = {
    "agent.cleanup",
    "sync.force",
    "sync.worktree.on",
    "sync.worktree.off",
    "user.register",
}
"""Change nothing of one agent's, even for whoever may."""


@dataclass
class Town:
    """A daemon, the victim, the attacker and somebody in charge, each in a worktree."""

    world: World
    root: Path
    main: Path
    forged: dict[str, list[Any]] = field(default_factory=dict)
    marks: list[str] = field(default_factory=list)

    def home(self, name: str) -> Path:
        return self.root / name

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

    def results(self, own: str, *requests: Asked) -> list[Any]:
        """The same from home; all must be granted."""
        answers = self.speak("at_home", own, list(requests))
        assert all("result" in answer for answer in answers), answers
        return [answer["result"] for answer in answers]

    def attacks(self, method: str) -> Iterator[Asked]:
        """The method with every forged value once, with the claim and without."""
        names = [f.name for f in msgspec.structs.fields(METHODS[method].params)]
        values = {name: self._values(method, name) for name in names}
        first = {name: found[0] for name, found in values.items() if found}
        variants = [first]
        for name, found in values.items():
            variants += [{**first, name: other} for other in found[1:]]
        for params in variants:
            yield method, params

    def _values(self, method: str, name: str) -> list[Any]:
        special = self.forged.get(f"{method}.{name}")
        if special is not None:
            return special
        if name in self.forged:
            return self.forged[name]
        assert METHODS[method].rights is Rights.READS, f"say how to forge {method}'s {name}"
        return []

    def belongings(self) -> list[str]:
        """Everything that is the victim's, as lines that can be compared."""
        return [*self._rows(), *self._files(), *self._on_branch()]

    def _rows(self) -> Iterator[str]:
        database = f"file:{self.main / '.thrum/var/messages.db'}?mode=ro"
        with sqlite3.connect(database, uri=True) as db:
            tables = db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
            for (table,) in sorted(tables):
                rows = sorted(map(str, db.execute(f'SELECT * FROM "{table}"')))
                yield from (f"{table} {row}" for row in rows if any(m in row for m in self.marks))

    def _files(self) -> Iterator[str]:
        for root in (self.home(VICTIM), self.main):
            for path in sorted((root / ".thrum").rglob("*")):
                named = root != self.main or VICTIM in path.name or "crew" in path.name
                if named and path.is_file():
                    yield f"{path} {path.read_bytes()!r}"

    def _on_branch(self) -> Iterator[str]:
        listed = self.world.git("ls-tree", "-r", "a-sync", cwd=self.main)
        yield from (line for line in listed.splitlines() if f"context/{VICTIM}" in line)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A town in which the victim has something of everything."""
    root = tmp_path_factory.mktemp("hostile")
    with world_in(root) as world:
        main = root / "main"
        world.git("init", "-q", str(main), cwd=root)
        world.git("commit", "-q", "--allow-empty", "-m", "first", cwd=main)
        made = Town(world, root, main)
        world.thrum(main, "init", "--non-interactive")
        roles = {VICTIM: "tester", OWN: "driver", BOSS: "coordinator"}
        for name, role in roles.items():
            world.git("worktree", "add", "-q", "--detach", str(made.home(name)), cwd=main)
            flags = ("--role", role, "--module", "x", "--no-agent-pid")
            world.thrum(made.home(name), "quickstart", name, *flags)
        settle(made)
        yield made


def settle(town: Town) -> None:
    """Gives the victim something of everything, and says how all of it could be reached for."""
    mine, _, _, _, asked, me, group = town.results(
        VICTIM,
        ("message.send", {"content": "mine", "to": BOSS, "idempotency_key": "key"}),
        ("group.create", {"name": "crew"}),
        ("message.send", {"content": "for the crew", "mentions": ["crew"]}),
        ("context.save", {"agent_name": VICTIM, "content": "bm90ZXM="}),
        ("subscribe", {"all": True}),
        ("agent.whoami", {}),
        ("group.info", {"name": "crew"}),
    )
    (theirs,) = town.results(BOSS, ("message.send", {"content": "unread", "to": VICTIM}))
    (own,) = town.results(OWN, ("agent.whoami", {}))
    messages = [mine["message_id"], theirs["message_id"]]
    session = me["session_id"]
    town.marks = [VICTIM, session, group["group_id"], "crew", *messages]
    here = [{"type": "worktree", "value": str(town.home(VICTIM))}]
    any_pair = {"type": "x", "value": "y"}
    town.forged = {
        "caller_agent_id": [VICTIM, ""],
        "message.send.caller_agent_id": [VICTIM, "", f"@{VICTIM}", f"user:{VICTIM}", BOSS],
        "name": [VICTIM],
        "group.create.name": ["gang"],
        "group.delete.name": ["crew"],
        "group.info.name": ["crew"],
        "group.members.name": ["crew"],
        "delete_messages": [True, False],
        "description": ["forged"],
        "group": ["crew"],
        "member_type": ["agent"],
        "member_value": [OWN, VICTIM],
        "agent": [VICTIM, f"@{VICTIM}"],
        "agent_id": [VICTIM],
        "agent_name": [VICTIM, f"../context/{VICTIM}"],
        "repo_path": [str(town.home(VICTIM)), ""],
        "include_preamble": [True],
        "version": [""],
        "on_branch": [False],
        "session_id": [session, own["session_id"]],
        "scopes": [[]],
        "session.start.scopes": [[any_pair]],
        "refs": [[]],
        "session.start.refs": [here, []],
        "add_refs": [here],
        "remove_refs": [here],
        "add_scopes": [[any_pair]],
        "remove_scopes": [[any_pair]],
        "intent": ["forged"],
        "current_task": ["forged"],
        "reason": ["forged"],
        "status": ["blocked"],
        "role": ["tester", "coordinator"],
        "username": [VICTIM],
        "module": ["forged"],
        "display": ["forged"],
        "force": [True],
        "re_register": [True, False],
        "agent_pid": [0, 1],
        "dry_run": [False],
        "threshold": [0],
        "before": ["2100-01-01T00:00:00Z"],
        "archive_type": ["agent", "group"],
        "identifier": [VICTIM],
        "scope_type": ["group"],
        "scope_value": ["crew"],
        "message_id": messages,
        "message_ids": [messages],
        "marked_before": [""],
        "content": ["Zm9yZ2Vk"],
        "format": ["plain"],
        "structured": [{"forged": True}],
        "reply_to": [""],
        "to": [OWN, BOSS],
        "mentions": [[]],
        "tags": [[]],
        "acting_as": ["", VICTIM, f"user:{VICTIM}"],
        "disclose": [False, True],
        "disclosed": [False],
        "idempotency_key": ["", "key"],
        "scope": [None],
        "subscribe.scope": [{"type": "module", "value": "x"}],
        "mention_role": [""],
        "mention": [""],
        "filter_type": ["", "all"],
        "all": [False],
        "subscription_id": [asked["subscription_id"]],
        "timeout_ms": [0],
        "keep": [False],
    }


@pytest.mark.parametrize("name", sorted(METHODS))
def test_every_method_says_what_it_touches(town: Town, name: str) -> None:
    assert METHODS[name].rights is not None
    assert list(town.attacks(name))


def differences(before: list[str], after: list[str]) -> list[str]:
    """The lines of one side only."""
    return sorted(set(before) ^ set(after))


@pytest.mark.parametrize("way", stranger.WAYS)
def test_nothing_of_anothers_is_reached(town: Town, way: str) -> None:
    before = town.belongings()
    attacks = [asked for name in sorted(METHODS) for asked in town.attacks(name)]
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


def test_the_same_by_who_may_makes_a_difference(town: Town) -> None:
    """Run last: it takes away what the trials look at."""
    reading = [name for name in METHODS if METHODS[name].rights is Rights.READS or name in UNSEEN]
    assert touched_by(town, VICTIM, reading) == []
    town.forged["group.create.name"] = ["another"]
    names = sorted(
        METHODS.keys() - reading, key=lambda name: (LAST.index(name) if name in LAST else 0, name)
    )
    for name in names:
        if name.startswith("message."):
            fresh = ("message.send", {"content": "more", "mentions": ["crew"]})
            town.results(VICTIM, fresh)
        speaker = BOSS if METHODS[name].rights is Rights.CHARGE else VICTIM
        assert touched_by(town, speaker, [name]), name


def touched_by(town: Town, speaker: str, names: list[str]) -> list[str]:
    """What of the victim's differs after these methods were asked for from the speaker's home."""
    before = town.belongings()
    asked = [
        (method, {**params, "caller_agent_id": ""})
        for name in names
        for method, params in town.attacks(name)
    ]
    town.speak("at_home", speaker, asked)
    return differences(before, town.belongings())

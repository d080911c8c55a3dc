"""A repository in which somebody has something of everything, and all that could be forged of it.

What is asked for is made from the method table: each method with every value that could be forged,
with and without a claim. A method without stated rights, or with a parameter that nobody said how
to forge, fails.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec

from tests.integration.conftest import World
from thrum.daemon.rpc.registry import Rights
from thrum.daemon.services import METHODS

VICTIM: Final = "furiosa"
OWN: Final = "immortan"
BOSS: Final = "splendid"
ROLES: Final = {VICTIM: "tester", OWN: "driver", BOSS: "coordinator"}
Asked = tuple[str, dict[str, Any]]
Results = Callable[..., list[Any]]
"""What requests of somebody give, each of which must be granted."""

LAST: Final = (
    "",
    "unsubscribe",
    "message.delete",
    "message.withdraw",
    "message.deleteByAgent",
    "message.archive",
    "message.deleteByScope",
    "group.delete",
    "monitor.stop",
    "monitor.remove",
    "session.end",
    "session.start",
    "tmux.launch",
    "tmux.restart",
    "tmux.stop",
    "tmux.kill",
    "purge.execute",
    "agent.delete",
)
"""What takes away what the others need; in this order after them."""

LOOKED_AT: Final = {"uncommitted_files", "changed_files", "file_changes", "git_updated_at"}
"""Columns of what lies in a worktree: it is looked at now and then, whoever asks what meanwhile."""

IN_TMUX: Final = {"tmux.create", "tmux.launch", "tmux.kill"}
"""Change what is somebody's where there is a tmux."""

UNSEEN: Final = {
    "tmux.cancel",
    "tmux.queue",
    "tmux.send",
    "tmux.restart",
    "tmux.stop",
    *(IN_TMUX if shutil.which("tmux") is None else ()),
    "agent.cleanup",
    "keys.accept",
    "keys.revoke",
    "keys.rotate",
    "loops.release",
    "prompt.answer",
    "prompt.wait",
    "restart.report",
    "pair.request",
    "peer.configure",
    "peer.join",
    "tsync.force",
    "tsync.peers.add",
    "peer.address_changed",
    "peer.remove",
    "peer.rename",
    "peer.repair",
    "peer.start_pairing",
    "peer.wait_pairing",
    "sync.force",
    "sync.on",
    "sync.off",
    "sync.worktree.on",
    "sync.worktree.off",
    "telegram.configure",
    "telegram.pair",
    "telegram.start_pairing",
    "user.register",
    "user.link",
    "user.logout",
}
"""Change nothing of one agent's, even for whoever may."""

WATCH: Final = {"argv": ["true"], "target": BOSS, "schedule": "0 0 29 2 *"}
"""A monitor that does not run while a test does."""

READING: Final = {name for name in METHODS if METHODS[name].rights is Rights.READS} | UNSEEN


@dataclass
class Town:
    """The victim, the attacker and somebody in charge, each with a worktree of one repository.

    Attributes:
        forged: values by parameter, or by method and parameter.
        marks: what stands in a row that is the victim's.
    """

    world: World
    root: Path
    forged: dict[str, list[Any]] = field(default_factory=dict)
    marks: list[str] = field(default_factory=list)

    @property
    def main(self) -> Path:
        return self.root / "main"

    def home(self, name: str) -> Path:
        return self.root / name

    def found(self) -> None:
        """Makes the repository and the worktrees."""
        self.world.git("init", "-q", str(self.main), cwd=self.root)
        self.world.git("commit", "-q", "--allow-empty", "-m", "first", cwd=self.main)
        for name in ROLES:
            add = ("worktree", "add", "-q", "--detach", str(self.home(name)))
            self.world.git(*add, cwd=self.main)

    def every_attack(self) -> list[Asked]:
        """All methods, in the order of their names."""
        return [asked for name in sorted(METHODS) for asked in self.attacks(name)]

    def attacks(self, method: str) -> Iterator[Asked]:
        """The method with every forged value once, with each claim."""
        for params in self.variants(method):
            for claim in self._values(method, "caller_agent_id"):
                yield method, {**params, "caller_agent_id": claim}

    def variants(self, method: str) -> Iterator[dict[str, Any]]:
        """The method's params with every forged value once; nobody claims anything."""
        names = [f.encode_name for f in msgspec.structs.fields(METHODS[method].params)]
        names.remove("caller_agent_id")
        values = {name: self._values(method, name) for name in names}
        first = {name: found[0] for name, found in values.items() if found}
        yield first
        for name, found in values.items():
            yield from ({**first, name: other} for other in found[1:])

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
        for file in ("messages.db", "state.db"):
            database = f"file:{self.main / '.thrum/var' / file}?mode=ro"
            with closing(sqlite3.connect(database, uri=True)) as db:
                tables = db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
                # Who answers whom is worked out a while later, whoever asks what meanwhile.
                # The index has nothing but words of what other tables have.
                left_out = ("loops_", "message_search")
                names = [each for (each,) in tables if not each.startswith(left_out)]
                for table in sorted(names):
                    rows = sorted(map(str, db.execute(f'SELECT {_said(db, table)} FROM "{table}"')))
                    mine = (row for row in rows if any(mark in row for mark in self.marks))
                    yield from (f"{table} {row}" for row in mine)

    def _files(self) -> Iterator[str]:
        for root in (self.home(VICTIM), self.main):
            for path in sorted((root / ".thrum").rglob("*")):
                named = root != self.main or VICTIM in path.name or "crew" in path.name
                if named and path.is_file():
                    yield f"{path} {path.read_bytes()!r}"

    def _on_branch(self) -> Iterator[str]:
        listed = self.world.git("ls-tree", "-r", "a-sync", cwd=self.main)
        yield from (line for line in listed.splitlines() if f"context/{VICTIM}" in line)


def differences(before: list[str], after: list[str]) -> list[str]:
    """The lines of one side only."""
    return sorted(set(before) ^ set(after))


def but_for_doing(differs: list[str]) -> list[str]:
    """Without what a session does: a hook that asks for its mail says that, and nothing else."""
    return [each for each in differs if not each.startswith("delivery_doing ")]


def by_what_is_left(names: set[str]) -> list[str]:
    """Methods in an order in which none takes away what a later one needs."""
    return sorted(names, key=lambda name: (LAST.index(name) if name in LAST else 0, name))


def settle(town: Town, results: Results) -> None:
    """Gives the victim something of everything, and says how all of it could be reached for."""
    mine, _, _, _, asked, me, group, watch, claimed = results(
        VICTIM,
        ("message.send", {"content": "mine", "to": BOSS, "idempotency_key": "key"}),
        ("group.create", {"name": "crew"}),
        ("message.send", {"content": "for the crew", "mentions": ["crew"]}),
        ("context.save", {"agent_name": VICTIM, "content": "bm90ZXM="}),
        ("subscribe", {"all": True}),
        ("agent.whoami", {}),
        ("group.info", {"name": "crew"}),
        ("monitor.start", {**WATCH, "name": "watch", "cwd": str(town.main)}),
        ("claim.take", {"what": ["src/mine"]}),
    )
    (theirs,) = results(BOSS, ("message.send", {"content": "unread", "to": VICTIM}))
    (own,) = results(OWN, ("agent.whoami", {}))
    messages = [mine["message_id"], theirs["message_id"]]
    session = me["session_id"]
    town.marks = [VICTIM, session, group["group_id"], "crew", watch["id"], *messages]
    here = [{"type": "worktree", "value": str(town.home(VICTIM))}]
    there = [{"type": "worktree", "value": str(town.home(OWN))}]
    town.marks += [each["claim_id"] for each in claimed["claims"]]
    any_pair = {"type": "x", "value": "y"}
    town.forged = {
        "caller_agent_id": [VICTIM, ""],
        "what": [["src/mine"]],
        "directory": [""],
        "for_seconds": [60],
        "note": ["forged"],
        "shared": [False, True],
        "wait_seconds": [0],
        "claim.give.to": [OWN],
        "clash_ids": [["1", "2", "3"]],
        "code": ["0123456789012345"],
        "daemon_id": ["d_forged"],
        "address": ["127.0.0.1:1"],
        "type": ["local"],
        "auth_key": ["forged"],
        "local_address": [""],
        "peer_token": ["0" * 64],
        "new_ip": ["127.0.0.1"],
        "new_port": ["1"],
        "new_name": ["forged"],
        "timeout_seconds": [1],
        "peer_name": [""],
        "roots": [[]],
        "pair.request.scope": ["all"],
        "sync.pull.scope": ["all"],
        "sync.notify.scope": ["all"],
        "peer.start_pairing.scope": ["all"],
        "peer.join.scope": ["all"],
        "peer.configure.scope": ["all"],
        "peer.configure.action": ["add-agent"],
        "from": ["forged"],
        "port": [1],
        "repo_name": ["forged"],
        "hostname": ["forged"],
        "git_origin_url": [""],
        "message.send.caller_agent_id": [VICTIM, "", f"@{VICTIM}", f"user:{VICTIM}", BOSS],
        "name": [VICTIM],
        "names": [[VICTIM]],
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
        "session.start.refs": [there, here, []],
        "add_refs": [there, here, []],
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
        "monitor.start.name": ["spy"],
        "argv": [WATCH["argv"]],
        "match": [""],
        "target": [BOSS],
        "monitor.start.cwd": [str(town.main)],
        "env": [{}],
        "debounce_seconds": [0],
        "schedule": [WATCH["schedule"]],
        "monitor.show.id": [watch["id"], "watch"],
        "monitor.stop.id": [watch["id"], "watch"],
        "monitor.restart.id": [watch["id"], "watch"],
        "monitor.remove.id": [watch["id"], "watch"],
        "display": ["forged"],
        "token": ["tok_forged"],
        "user_id": ["eve"],
        "chat_id": [6],
        "enabled": [False],
        "allow_from": [[6]],
        "allow_all": [True],
        "groups": [[]],
        "group_name": [""],  # another word for `group`, which is forged
        "force": [True],
        "re_register": [True, False],
        "agent_pid": [0, 1],
        "dry_run": [False],
        "threshold": [0],
        "transcript": ["/nowhere/s.jsonl"],
        "used": [99.0],
        "before": ["2100-01-01T00:00:00Z"],
        "archive_type": ["agent", "group"],
        "identifier": [VICTIM],
        "scope_type": ["group"],
        "scope_value": ["crew"],
        "message_id": messages,
        "message_ids": [messages],
        "marked_before": [""],
        "at_most": [0],
        "unread": [False, True],
        "way": ["hook"],
        "id": [""],
        "loops.release.all": [True],
        "key": ["0" * 32],
        "since": [""],
        "event_ids": [[]],
        "tool": ["Bash"],
        "details": ["forged"],
        "asks_meanwhile": [True],
        "is_helper": [False],
        "allow": [True],
        "content": ["Zm9yZ2Vk"],
        "format": ["plain"],
        "structured": [{"forged": True}],
        "reply_to": [""],
        "to": [OWN, BOSS],
        "mentions": [[]],
        "message.list.mentions": [True],
        "message.page.mentions": [False],
        "message.search.query": ["has:unread from:me", "in:snapshot OR in:context"],
        "message.page.before": [""],
        "message.page.group": [""],
        "thread.list.before": [""],
        "of": [VICTIM],
        "partner": [BOSS],
        "tags": [[]],
        "acting_as": ["", VICTIM, f"user:{VICTIM}"],
        "disclose": [False, True],
        "disclosed": [False],
        "idempotency_key": ["", "key"],
        "client_id": [""],
        "scope": [None],
        "subscribe.scope": [{"type": "module", "value": "x"}],
        "mention_role": [""],
        "mention": [""],
        "filter_type": ["", "all"],
        "all": [False],
        "subscription_id": [asked["subscription_id"]],
        "timeout_ms": [0],
        "keep": [False],
        "runtime": ["claude"],
        "session": ["s1"],
        "boundary": ["prompt"],
        "is_sure": [True, False],
        "cwd": [str(town.home(VICTIM))],
        "no_agent": [True, False],
        "tmux.create.force": [False, True],
        "tmux.launch.runtime": ["shell"],
        "tmux.restart.runtime": ["shell"],
        "tmux.restart.force": [True],
        "wait_ms": [0],
        "text": ["forged"],
        "requester": [VICTIM],
        "silence_ms": [0],
        "notify_on_complete": [False],
        "command_id": ["cmd_forged"],
        "interrupt": [True],
    }


def _said(db: sqlite3.Connection, table: str) -> str:
    """The columns of a table that somebody's word changes."""
    rows = db.execute("SELECT name FROM pragma_table_info(?)", (table,))
    return ", ".join(f'"{name}"' for (name,) in rows if name not in LOOKED_AT)

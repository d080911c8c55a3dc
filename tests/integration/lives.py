"""Ordinary lives of clones and agents, at random: what people do to them in a month, in minutes.

Messages go out all the time. Meanwhile somebody purges, clones are deleted and made again under
agents that go on, worktrees come and go with their tasks, agents get other names, and daemons die.
"""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.integration.conftest import Done, World, eventually
from tests.integration.load import in_database, on_branch
from thrum import clock

BOSS: Final = "boss"
WEIGHTS: Final = {"send": 12, "task": 3, "purge": 1, "clone": 1, "rename": 1, "kill": 1, "sync": 3}


@dataclass
class Sent:
    """A message that was acknowledged.

    Attributes:
        before_ns: a moment before it was sent.
        clone: where it was sent.
    """

    before_ns: int
    clone: int


@dataclass
class Life:
    """One clone with an agent in it, and perhaps one in a worktree for a task."""

    number: int
    where: Path
    name: str
    task: Path | None = None
    tasks: int = 0
    names: int = 0

    @property
    def worker(self) -> str:
        return f"worker{self.number}"


@dataclass
class Lives:
    """All clones of one remote, and what was acknowledged in them.

    Attributes:
        forgotten: messages that a purge has seen and names.
        told: what was done, in order, for whoever has to find out what went wrong.
    """

    world: World
    chance: random.Random
    clones: int
    lives: list[Life] = field(default_factory=list)
    sent: dict[str, Sent] = field(default_factory=dict)
    forgotten: set[str] = field(default_factory=set)
    told: list[str] = field(default_factory=list)

    def begin(self) -> None:
        """Makes the remote and the clones."""
        self.remote = self.world.remote("lives.git")
        for number in range(self.clones):
            life = Life(number, self.world.root / f"clone{number}", f"agent{number}")
            self.lives.append(life)
            self._clone(life)
        for life in self.lives:
            self.thrum(life.where, "sync", "force")

    def thrum(self, where: Path, *words: str, name: str = "", check: bool = True) -> Done:
        """Runs a command as an agent."""
        told = dict(self.world.environment)
        if name:
            told["THRUM_NAME"] = name
        done = World(self.world.root, told).thrum(where, *words, check=False)
        self.told.append(f"{where.name}: {' '.join(words)} -> {done.code} {done.err.strip()}")
        assert not check or done.code == 0, "\n".join(self.told[-30:]) + done.out
        return done

    def go_on(self, steps: int, until_s: float = float("inf")) -> None:
        """Lives that many steps, or until a moment of the monotonic clock."""
        acts: dict[str, Callable[[Life], object]] = {
            "send": self.send,
            "task": self.task,
            "purge": self.purge,
            "clone": self.clone_again,
            "rename": self.rename,
            "kill": self.kill,
            "sync": self._synced,
        }
        for _ in range(steps):
            if time.monotonic() > until_s:
                return
            (act,) = self.chance.choices(list(WEIGHTS), list(WEIGHTS.values()))
            acts[act](self.chance.choice(self.lives))

    # -- what happens --

    def send(self, life: Life) -> None:
        """The agent, or whoever does the task, writes to everyone."""
        by_worker = life.task is not None and self.chance.random() < 0.4
        where, name = (life.task, life.worker) if by_worker else (life.where, life.name)
        assert where is not None
        before = time.time_ns()
        text = f"message {len(self.sent)}"
        done = self.thrum(where, "send", text, "--json", name=name)
        self.sent[done.json["message_id"]] = Sent(before, life.number)

    def task(self, life: Life) -> None:
        """A worktree goes with its task, and the worker goes on in the next one."""
        if life.task is not None:
            self.world.git("worktree", "remove", "--force", str(life.task), cwd=life.where)
        life.tasks += 1
        life.task = self.world.root / f"task{life.number}-{life.tasks}"
        self.world.git("worktree", "add", "-q", "--detach", str(life.task), cwd=life.where)
        self._take_up(life.task, life.worker, "tester")

    def purge(self, life: Life) -> None:
        """The coordinator forgets everything, or what is older than a moment."""
        where = self.lives[0].where
        # Before it too: what is purged before it was ever committed is in no history afterwards.
        seen = self._ever_in(where)
        cutoff = time.time_ns()
        if self.chance.random() < 0.5:
            self.thrum(where, "purge", "--all", "--yes", name=BOSS)
            cutoff = time.time_ns()
        else:
            cutoff -= self.chance.randrange(20) * 1_000_000_000
            moment = clock.format_ns(cutoff)
            self.thrum(where, "purge", "--before", moment, "--yes", name=BOSS)
        seen |= self._ever_in(where)
        self.forgotten |= {id for id in seen if self.sent[id].before_ns < cutoff}

    def clone_again(self, life: Life) -> None:
        """The folder is deleted, with the daemon at work in it, and the repository cloned anew."""
        if life.number == 0 or not self._synced(life):
            return
        if life.task is not None:
            remove(life.task)
            life.task = None
        remove(life.where)
        self._clone(life)

    def rename(self, life: Life) -> None:
        """The agent in the clone goes on under another name."""
        life.names += 1
        life.name = f"agent{life.number}_{life.names}"
        self._take_up(life.where, life.name, "implementer", "--force")

    def kill(self, life: Life) -> None:
        """The daemon is killed, and started again."""
        self.world.kill(life.where)
        self.thrum(life.where, "daemon", "start")

    # -- how --

    def _clone(self, life: Life) -> None:
        source = str(self.remote)
        self.world.git("clone", "-q", "--no-local", source, str(life.where), cwd=self.world.root)
        if not (life.where / ".git/refs/heads/main").exists():
            self.world.git("commit", "-q", "--allow-empty", "-m", "first", cwd=life.where)
            self.world.git("push", "-q", "origin", "HEAD:main", cwd=life.where)
        self.thrum(life.where, "init", "--non-interactive")
        self._take_up(life.where, life.name, "implementer")
        if life.number == 0:
            self._take_up(life.where, BOSS, "coordinator")
            self.thrum(life.where, "sync", "on", name=life.name)

    def _take_up(self, where: Path, name: str, role: str, *flags: str) -> None:
        """Goes on as that agent, by one clear step: with ``--force`` where it is asked for."""
        words = ("quickstart", name, "--role", role, "--module", "m", *flags)
        if self.thrum(where, *words, check=False).code:
            self.thrum(where, *words, "--force")

    def _synced(self, life: Life) -> bool:
        """Whether all that was sent there is on the remote now."""
        self.thrum(life.where, "sync", "force", name=life.name)
        state: Any = self.thrum(life.where, "sync", "status", "--json", name=life.name).json
        return state["sync_state"] == "synced"

    def _ever_in(self, where: Path) -> set[str]:
        """Messages that the clone has or has had, by its database, its branch and its journal."""
        history = self.world.git("log", "-p", "--format=", "a-sync", cwd=where)
        journal = (where / ".thrum/var/journal.jsonl").read_text()
        text = history + journal
        return {id for id in self.sent if id in text} | (in_database(where).keys() & self.sent)

    # -- what came of it --

    def lost(self) -> dict[str, list[str]]:
        """Messages that no purge covers and that are missing, by where."""
        for life in (*self.lives, *self.lives):
            self.thrum(life.where, "sync", "force")
        eventually(self._is_settled, 120, 0.5)
        due = self.sent.keys() - self.forgotten
        found = {"remote": set(on_branch(self.world, self.remote))}
        found |= {life.where.name: set(in_database(life.where)) for life in self.lives}
        return {where: sorted(due - ids) for where, ids in found.items() if due - ids}

    def _is_settled(self) -> bool:
        for life in self.lives:
            self.thrum(life.where, "sync", "force")
        places = (*(life.where for life in self.lives), self.remote)
        return len({self.world.git("rev-parse", "a-sync", cwd=where) for where in places}) == 1

    def stuck(self) -> list[str]:
        """Names that cannot be taken up by who lives under them, or get no mail there."""
        homes = [(life.where, life.name) for life in self.lives]
        homes += [(life.task, life.worker) for life in self.lives if life.task]
        found = []
        for where, name in homes:
            again = self.thrum(
                where, "quickstart", name, "--role", "tester", "--module", "m", check=False
            )
            if again.code:
                found.append(f"{name} in {where.name}: {again.err}")
        return found

    def unwell(self) -> list[str]:
        """What the doctor finds."""
        found = []
        for life in self.lives:
            done = self.thrum(life.where, "doctor", check=False)
            if done.code:
                found.append(f"{life.where.name}: {done.out}{done.err}")
        return found


def remove(folder: Path) -> None:
    """Takes a folder away in which a daemon is at work: what it writes meanwhile goes as well."""

    def is_gone() -> bool:
        shutil.rmtree(folder, ignore_errors=True)
        return not folder.exists()

    eventually(is_gone)

"""Whatever happens to sessions, hooks and daemon: each session gets each message once."""

from __future__ import annotations

import os
import random
from collections import Counter
from typing import Any, Final

import pytest

from thrum.daemon.delivery import kept
from thrum.daemon.delivery.methods import MOST
from thrum.daemon.delivery.service import MOST_SITTINGS, Delivery
from thrum.daemon.delivery.sitting import MOST_TURNS

STEPS: Final = int(os.environ.get("DELIVERY_STEPS", "400"))
BOUNDARIES: Final = ("prompt", "tools", "tools", "end_of_turn", "notice", "before_compaction")


class Session:
    """A session of nux as its runtime sees it."""

    def __init__(self, runtime: str, name: str) -> None:
        self.seat = {"runtime": runtime, "session": name}
        self.got: Counter[str] = Counter()
        self.turns = 0
        self.due: list[str] = []


class Play:
    """furiosa writes, nux has sessions; what each of them got is kept."""

    def __init__(self, node: Any, seed: int) -> None:
        self.node, self.random = node, random.Random(seed)
        self.sessions: list[Session] = []
        self.unread: list[str] = []
        self.number = self.opened = 0
        self.open()

    def step(self) -> None:
        """One thing that happens."""
        wanted = [self.send, self.boundary, self.boundary, self.boundary, self.broken]
        seldom = [self.open, self.resume, self.restart, self.read, self.take_back, self.burst]
        self.random.choice(wanted if self.random.random() < 0.9 else seldom)()

    def send(self) -> None:
        self.number += 1
        sent = self.node.send("furiosa", f"mail {self.number}", to="nux")["message_id"]
        self.unread.append(sent)
        for each in self.sessions:
            each.due.append(sent)

    def burst(self) -> None:
        for _ in range(self.random.randrange(2 * MOST)):
            self.send()

    def open(self) -> None:
        """Begins a session, as after ``clear``; no more than three go on."""
        self.opened += 1
        runtime = self.random.choice(("claude", "codex"))
        self.sessions.append(Session(runtime, f"s{self.opened}"))
        opened = self.sessions[-1]
        # Of what lies there it gets the oldest; of the others it is told how many they are.
        opened.due = self.unread[:MOST]
        self.ask(opened, "start")
        self.sessions = self.sessions[-3:]

    def resume(self) -> None:
        """Resumed or compacted, a session begins once more and is given nothing again."""
        session = self.random.choice(self.sessions)
        waits = [each for each in session.due if each in self.unread and not session.got[each]]
        self.ask(session, "start")
        session.due = waits[:MOST]

    def boundary(self) -> None:
        """A hook that gets through."""
        self.give(self.random.choice(self.sessions), self.random.choice(BOUNDARIES))

    def give(self, session: Session, boundary: str) -> list[str]:
        if boundary == "prompt":
            session.turns = 0
        caller, ids = self.ask(session, boundary)
        if ids:
            caller.call("delivery.given", **session.seat, message_ids=ids)
            session.got.update(ids)
            session.turns += boundary == "end_of_turn"
        assert session.turns <= MOST_TURNS
        caller.close()
        return ids

    def broken(self) -> None:
        """A hook that is ended before it could say that anything got through."""
        session = self.random.choice(self.sessions)
        caller, _ = self.ask(session, self.random.choice(("prompt", "tools")))
        session.turns = 0
        caller.close()

    def ask(self, session: Session, boundary: str) -> tuple[Any, list[str]]:
        self.node.stand("nux")
        caller = self.node.connect()
        params = {**session.seat, "boundary": boundary, "can_tell": True}
        answer = caller.call("delivery.ask", **params)
        return caller, [row["message_id"] for row in answer.get("messages") or ()]

    def restart(self) -> None:
        """The daemon forgets what it did not write down; how many turns mail began it did."""
        delivery = self.node.parts.service(Delivery)
        delivery.tables.write_now(lambda db: kept.keep(db, delivery._sittings))
        delivery._sittings.clear()
        delivery._remember(delivery.tables.ask_now(lambda db: kept.load(db, MOST_SITTINGS)))

    def read(self) -> None:
        if self.unread:
            chosen = self.random.sample(self.unread, min(3, len(self.unread)))
            self.node.call("nux", "message.markRead", message_ids=chosen)
            self.unread = [each for each in self.unread if each not in chosen]

    def take_back(self) -> None:
        if self.unread:
            gone = self.random.choice(self.unread)
            self.node.call("furiosa", "message.delete", message_id=gone)
            self.unread.remove(gone)

    def end(self, wait_until: Any) -> None:
        """Every session comes to boundaries until there is nothing left."""
        for session in self.sessions:
            due = [each for each in session.due if each in self.unread]

            def has_all(session: Session = session, due: list[str] = due) -> bool:
                self.give(session, "tools")
                return all(session.got[each] for each in due)

            # What a broken hook held comes free when the daemon notices that it is gone.
            wait_until(has_all)
            assert self.give(session, "tools") == []


@pytest.mark.parametrize("seed", range(3))
def test_each_session_gets_each_message_once(node: Any, wait_until: Any, seed: int) -> None:
    node.agent("furiosa")
    node.agent("nux")
    play = Play(node, seed)
    everybody: list[Session] = []
    for _ in range(STEPS):
        play.step()
        everybody += [each for each in play.sessions if each not in everybody]
        for session in play.sessions:
            assert set(session.got.values()) <= {1}
    play.end(wait_until)
    assert all(set(each.got.values()) <= {1} for each in everybody)
    assert sum(len(each.got) for each in everybody) > STEPS / 20

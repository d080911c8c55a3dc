"""A run: nodes, agents that do anything at any time, faults, and then peace."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from gitstore import Log, LogError
from tests.simulation import claiming, owning, searching
from tests.simulation.disk import PowerCut, SimDisk
from tests.simulation.node import Node
from tests.simulation.peering import SMALLEST, Link, chain
from tests.simulation.remote import Network, tip_of
from thrum import events
from thrum.clock import format_ns
from thrum.daemon.projection.queries import messages as queries
from thrum.daemon.projection.queries.purges import preview, purge_of
from thrum.daemon.store import Transaction
from thrum.errors import ThrumError

DAY_NS: Final = 86_400_000_000_000
ACTIONS: Final = 60
START_NS: Final = 1_767_323_045_000_000_000
PAUSES: Final = (10.0, 10.0, 600.0, 36_000.0)
"""Seconds that pass between two things, in the mean; the others where agents claim, too."""
AGENTS: Final = 2
"""Agents of a node in the beginning, where they claim."""
MOST_STEPS: Final = 60
"""Steps after which the power may go; one exchange has some dozens."""
MOST_ROUNDS: Final = 12
"""Rounds of exchanges within which all must be quiet once nothing fails any more."""
BROKEN: Final = b"evt_CONFLICT"
"""How the ids of events begin that a broken program writes, which signs nothing."""
MOST_STARTS: Final = 20
"""Power cuts in a row while a node starts, after which the power stays."""


class Stuck(AssertionError):
    """The nodes do not come to rest."""


@dataclass
class World:
    """One run. `run` does everything up to the moment when all is to be equal.

    Args:
        seed: decides everything.
        folder: an empty folder for it.
        nodes: how many.
        actions: how much happens before peace.
        ends_at: the one kind of moment at which nodes end; empty: any.
        peers: nodes are peers, each of the next; some of them have no remote but that.
        claims: agents claim and search, too, nodes sleep, and more time passes.

    Attributes:
        purged: ids of messages that were older than the time of a purge and seen by who purged.
        perhaps: those of which it is not sure: the node ended before it could say that the purge
            was done, or its log held more than it had read.
        marks: words of which each was in one text.
    """

    seed: int
    folder: Path
    nodes: int = 3
    actions: int = ACTIONS
    ends_at: str = ""
    peers: bool = False
    claims: bool = False
    log_type: type[Log] = Log
    disk_type: type[SimDisk] = SimDisk
    tell: Callable[[str], None] = lambda line: None
    trace: list[str] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)
    retried: set[str] = field(default_factory=set)
    answered: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    purged: set[str] = field(default_factory=set)
    perhaps: set[str] = field(default_factory=set)
    marks: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self._clock_ns = START_NS
        self._busy: list[Node] = []
        self._asleep: dict[str, int] = {}
        self._depth = 0
        self.network = Network(self.folder / "remote.git", self.chance, self.pass_time)
        self.all = [self._node(number) for number in range(self.nodes)]
        self.links: list[Link] = []
        self.apart: set[str] = set()
        if self.peers:
            self.links = chain(self.all, lambda: self.chance.random() < 0.3)
            self.apart = {node.name for node in self.all if self.chance.random() < 0.4}

    def _node(self, number: int) -> Node:
        return Node(
            name=f"n{number}",
            root=self.folder / f"n{number}",
            network=self.network,
            chance=self.chance,
            true_ns=self._now_ns,
            skew_ns=self._skew(),
            sleep=self.pass_time,
            ends_at=self.ends_at,
            requires=bool(number % 2),
            meanwhile=lambda what: self._meanwhile(self.all[number], what),
            log_type=self.log_type,
            disk_type=self.disk_type,
        )

    def _skew(self) -> int:
        """How far a clock is ahead: by days mostly, or right."""
        return self.chance.choice([0, self.chance.randint(-3 * DAY_NS, 3 * DAY_NS)])

    def _now_ns(self) -> int:
        self._clock_ns += 1_000
        return self._clock_ns

    def pass_time(self, seconds: float) -> None:
        """The clock goes on."""
        self._clock_ns += int(seconds * 1e9)

    def note(self, line: str) -> None:
        """Adds a line to the trace."""
        self.trace.append(line)
        self.tell(line)

    @property
    def fingerprint(self) -> str:
        """A hash of all that happened."""
        return hashlib.sha256("\n".join(self.trace).encode()).hexdigest()

    # -- the run --

    def run(self) -> None:
        """Trouble first, then peace.

        Raises:
            Stuck: the nodes exchange for ever.
        """
        for node in self.all:
            node.begin()
            for _ in range(AGENTS if self.claims else 1):
                self._register(node)
        for _ in range(self.actions):
            self.pass_time(self._pause())
            self._act(self.chance.choice(self._awake()))
        self._make_peace()

    def _pause(self) -> float:
        """Seconds until something happens: some, and where agents claim sometimes hours."""
        mean = self.chance.choice(PAUSES) if self.claims else PAUSES[0]
        return self.chance.expovariate(1 / mean)

    def _awake(self) -> list[Node]:
        """The nodes that do not sleep; where all do, the first one wakes."""
        if len(self._asleep) == len(self.all):
            self._clock_ns = max(self._clock_ns, min(self._asleep.values()))
        for name in [name for name, until in self._asleep.items() if until <= self._clock_ns]:
            del self._asleep[name]
            self.note(f"{name} wakes")
        return [node for node in self.all if node.name not in self._asleep]

    def _make_peace(self) -> None:
        self.network.healed = True
        self._asleep.clear()
        for node in self.all:
            node.steps_left = None
            self._retry(node)
        for number in range(MOST_ROUNDS):
            for node in self.all:
                self.pass_time(60)
                self.note(f"peace {number}: {node.name} {self._exchange(node)} {node.log.tip}")
            new = sum(self._pull(link) for link in self.links)
            tips = {node.log.tip for node in self.all if node.name not in self.apart}
            if not new and tips <= {tip_of(self.network.repository)}:
                for node in self.all:
                    node.log.commit()
                return
        raise Stuck(f"after {MOST_ROUNDS} rounds the tips differ: {sorted(tips)}")

    def close(self) -> None:
        """Closes every node."""
        for node in self.all:
            node.close()

    def _act(self, node: Node) -> None:
        """Something happens at a node; if its power goes meanwhile, it starts again."""
        action = self.chance.choices(*zip(*self._actions(node), strict=True))[0]
        if node.steps_left is None and self.chance.random() < 0.3:
            node.steps_left = self.chance.randint(1, MOST_STEPS)
        self._busy.append(node)
        try:
            said = action()
            self.note(f"{node.name} {action.__name__} {said or ''}")
        except PowerCut as cut:
            self.note(f"{node.name} {action.__name__}: {cut}")
            self._start_again(node)
        except (ThrumError, LogError) as error:
            self.note(
                f"{node.name} {action.__name__} refused: {error}".replace(str(self.folder), "")
            )
        finally:
            self._busy.remove(node)

    def _start_again(self, node: Node) -> None:
        for _ in range(MOST_STARTS):
            node.recover()
            if self.chance.random() < 0.5:
                node.steps_left = self.chance.randint(1, MOST_STEPS // 4)
            try:
                node.open()
                self.note(f"{node.name} is back {node.store.rebuilt}")
                self._retry(node)
                return
            except PowerCut as cut:
                self.note(f"{node.name} starts: {cut}")
        node.recover()
        node.open()
        self._retry(node)

    def _meanwhile(self, node: Node, what: str) -> None:
        """While one node is in the middle of something, others go on, and so do its agents."""
        if self._depth >= 2 or self.network.healed or self.chance.random() > 0.15:
            return
        self._depth += 1
        try:
            idle = [other for other in self.all if self._is_idle(other)]
            if idle and self.chance.random() < 0.6:
                self._act(self.chance.choice(idle))
            elif node.is_serving:
                self.note(f"{node.name} during {what}")
                self._send(node)
        finally:
            self._depth -= 1

    def _is_idle(self, node: Node) -> bool:
        return node not in self._busy and node.name not in self._asleep

    def _exchange(self, node: Node) -> str:
        """A cycle of sync; with nobody where the node has no remote."""
        if node.name not in self.apart:
            return node.exchange()
        node.log.commit()
        node.store.catch_up()
        return "alone"

    def _pull(self, link: Link) -> int:
        """One pull over a line that may break at any answer."""
        most = self.chance.randint(SMALLEST, 40)
        fragile = not self.network.healed and self.chance.random() < 0.3
        return link.pull(lambda: fragile and self.chance.random() < 0.3, most)

    def _pull_from_somebody(self, node: Node) -> str:
        links = [
            link
            for link in self.links
            if link.here is node and link.there.is_serving and self._is_idle(link.there)
        ]
        if not links:
            return ""
        link = self.chance.choice(links)
        return f"{self._pull(link)} from {link.there.name}"

    # -- what happens --

    def _actions(self, node: Node) -> list[tuple[Callable[[], str | None], int]]:
        def send() -> str | None:
            return self._send(node)

        def sync() -> str:
            return self._exchange(node)

        def pull() -> str:
            return self._pull_from_somebody(node)

        def commit() -> None:
            node.log.commit()

        def edit() -> str | None:
            return self._change(node, "edit")

        def delete() -> str | None:
            return self._change(node, "delete")

        def read() -> str | None:
            return self._read(node)

        def register() -> str:
            return self._register(node)

        def group() -> None:
            self._group(node)

        def clean() -> str | None:
            return self._clean(node)

        def purge() -> str:
            return self._purge(node)

        def jump() -> str:
            node.skew_ns = self._skew()
            return f"{node.skew_ns / DAY_NS:+.2f} days"

        def conflict() -> str:
            return self._conflict(node)

        def restart() -> None:
            self._restart(node)

        def pack() -> str:
            return str(node.log.packing.pack(node.log.tip))

        def partition() -> str:
            self.network.cut_off ^= {node.name}
            return "cut off" if node.name in self.network.cut_off else "reached again"

        def tamper() -> str:
            return self.network.tamper()

        return [
            (send, 30),
            (sync, 25),
            (commit, 5),
            (edit, 6),
            (delete, 3),
            (read, 8),
            (register, 3),
            (group, 4),
            (clean, 1),
            (purge, 3),
            (jump, 3),
            (conflict, 3),
            (restart, 3),
            (pack, 2),
            (partition, 3),
            (tamper, 2),
            *([(pull, 40)] if self.links else []),
            *(self._about_claims(node) if self.claims else []),
        ]

    def _about_claims(self, node: Node) -> list[tuple[Callable[[], str | None], int]]:
        """What happens besides, where agents claim and search."""
        chance = self.chance

        def take() -> str | None:
            who = self._author(node)
            return claiming.take(node, chance, who) if who else None

        def renew() -> str | None:
            who = claiming.owner(node, chance)
            return claiming.renew(node, chance, who) if who else None

        def release() -> str | None:
            who = claiming.owner(node, chance)
            return claiming.release(node, chance, who) if who else None

        def give() -> str | None:
            who = claiming.owner(node, chance)
            return claiming.give(node, chance, who) if who else None

        def seize() -> str | None:
            who = self._author(node)
            return claiming.seize(node, chance, who) if who else None

        def forget_owner() -> str | None:
            who = claiming.owner(node, chance)
            if who is not None:
                node.emit(events.AgentCleanup(agent_id=who, reason="r", method="m"))
            return who

        def come_back() -> str:
            return claiming.come_back(node, chance)

        def begin() -> str | None:
            who = self._author(node)
            return claiming.begin(node, who) if who else None

        def end() -> str:
            return claiming.end(node, chance)

        def look() -> None:
            owning.check(node)
            owning.compare(each for each in self.all if each.is_serving)

        def search() -> str:
            question = searching.asked(chance, node.store.reader(), self.marks)
            me = self._author(node) or ""
            return f"{question!r} {searching.search(node, question, me, chance)}"

        def read() -> str:
            return searching.read(node, chance)

        def forget() -> str:
            return str(node.store._writer.tables.forget_some())

        def sleep() -> str:
            days = chance.choice([1, 3, 7])
            self._asleep[node.name] = self._clock_ns + days * DAY_NS
            return f"for {days} days"

        return [
            (take, 50),
            (renew, 8),
            (release, 6),
            (give, 6),
            (seize, 4),
            (forget_owner, 4),
            (come_back, 6),
            (begin, 16),
            (end, 8),
            (look, 8),
            (search, 10),
            (read, 6),
            (forget, 2),
            (sleep, 3),
        ]

    def _pick(self, node: Node, sql: str) -> str | None:
        rows = [str(row[0]) for row in node.store.reader().execute(sql).fetchall()]
        return self.chance.choice(sorted(rows)) if rows else None

    def _register(self, node: Node) -> str:
        agent = f"{node.name}_a{len(node.agents)}"
        node.emit(
            events.AgentRegister(
                agent_id=agent,
                kind="agent",
                role=self.chance.choice(["tester", "builder"]),
                module="m",
                hostname=node.name,
            )
        )
        node.agents.append(agent)
        return agent

    def _author(self, node: Node) -> str | None:
        known = {row[0] for row in node.store.reader().execute("SELECT agent_id FROM agents")}
        mine = [agent for agent in node.agents if agent in known]
        return self.chance.choice(mine) if mine else None

    def _send(self, node: Node) -> str | None:
        author = self._author(node)
        if author is None:
            return None
        key = f"key{len(self.keys)}"
        self.keys[key] = node.name
        return self._send_once(node, author, key)

    def _send_once(self, node: Node, author: str, key: str) -> str:
        to = self._pick(node, "SELECT agent_id FROM agents") or author
        parent = self._pick(node, "SELECT message_id FROM messages")
        text = self._text() if self.claims else "x" * self.chance.choice([1, 80, 2000])
        many = self.chance.random() < 0.1

        def decide(transaction: Transaction) -> str:
            again = queries.by_idempotency_key(transaction.db, author, key, "")
            if again:
                return again
            message_id = transaction.origin.ids.make("msg")
            refs = [events.Pair("mention", to)]
            if parent and self.chance.random() < 0.3:
                refs.append(events.Pair("reply_to", parent))
            transaction.emit(
                events.MessageCreate(
                    message_id=message_id,
                    agent_id=author,
                    body=events.Body(text, "markdown"),
                    refs=refs,
                    recipients=[to],
                    idempotency_key=key,
                )
            )
            if many:
                transaction.emit(
                    events.MessageReceipt(
                        message_id=message_id, agent_id=author, receipt_type="seen"
                    )
                )
            return message_id

        try:
            said = node.transact(decide)
        except PowerCut:
            self.retried.add(f"{author} {key}")
            raise
        self.answered.add(said)
        return said

    def _text(self) -> str:
        """What somebody writes, with a word that nobody else does."""
        mark = searching.mark(self.chance)
        self.marks.add(mark)
        return searching.text(self.chance, mark)

    def _retry(self, node: Node) -> None:
        """Who got no answer asks again with the same key."""
        for entry in sorted(self.retried):
            author, key = entry.split()
            if author in node.agents:
                self.retried.discard(entry)
                try:
                    said = self._send_once(node, author, key)
                except ThrumError as error:
                    said = f"refused: {error}"  # the author was cleaned up meanwhile
                self.note(f"{node.name} retries {key} {said}")

    def _change(self, node: Node, how: str) -> str | None:
        message_id = self._pick(node, "SELECT message_id FROM messages WHERE deleted = 0")
        if message_id is None:
            return None
        if how == "delete":
            node.emit(events.MessageDelete(message_id=message_id, reason="no"))
            self.deleted.add(message_id)
        else:
            text = self._text() if self.claims else f"edited {self.chance.random()}"
            node.emit(events.MessageEdit(message_id=message_id, body=events.Body(text)))
        return message_id

    def _read(self, node: Node) -> str | None:
        message_id = self._pick(node, "SELECT message_id FROM messages")
        author = self._author(node)
        if message_id is None or author is None:
            return None
        node.emit(
            events.MessageReceipt(message_id=message_id, agent_id=author, receipt_type="read")
        )
        return message_id

    def _group(self, node: Node) -> None:
        found = self._pick(node, "SELECT group_id FROM groups WHERE name <> 'everyone'")
        dice = self.chance.random()
        if found is None or dice < 0.3:
            name = self.chance.choice(["red", "blue"])
            group = f"grp_{node.name}_{self.chance.randint(0, 3)}"
            node.emit(events.GroupCreate(group_id=group, name=name, created_by="n"))
        elif dice < 0.9:
            who = self._pick(node, "SELECT agent_id FROM agents") or "nobody"
            kind = events.GroupMemberAdd if dice < 0.7 else events.GroupMemberRemove
            node.emit(kind(group_id=found, member_type="agent", member_value=who))
        else:
            node.emit(events.GroupDelete(group_id=found))

    def _clean(self, node: Node) -> str | None:
        who = self._pick(node, "SELECT agent_id FROM agents")
        if who is not None:
            node.emit(events.AgentCleanup(agent_id=who, reason="r", method="m"))
        return who

    def _purge(self, node: Node) -> str:
        """Purges as the method does: up to a message's time, or days before the node's own."""
        days = self.chance.choice([0, 0, 0, 1])
        moments = [row[0] for row in node.store.reader().execute("SELECT created_at FROM messages")]
        ages_ago = format_ns(node.now_ns() - days * DAY_NS)
        limit = self.chance.choice([ages_ago, self.chance.choice(sorted([*moments, ages_ago]))])
        going: set[str] = set()

        def decide(transaction: Transaction) -> None:
            purge = purge_of(transaction.db, min(limit, transaction.now))
            in_log = _sent_before(purge.cutoff, (line.raw for line in node.log.since(None).lines))
            rows = transaction.db.execute("SELECT event_json FROM events").fetchall()
            going.update(_sent_before(purge.cutoff, (row[0] for row in rows)))
            self.perhaps |= in_log - going
            if preview(transaction.db, purge):
                marks = dict(purge.marks or {})
                transaction.emit(events.PurgeExecuted(cutoff=purge.cutoff, marks=marks))

        try:
            node.transact(decide)
        except PowerCut:
            self.perhaps |= going
            raise
        self.purged |= going
        return f"{limit} {len(going)}"

    def _conflict(self, node: Node) -> str:
        """A broken program writes another line under an id that exists elsewhere too."""
        number = self.chance.randint(0, 4)
        body = self.chance.randint(0, 10_000)
        # As text and as times these are in different orders.
        fraction = self.chance.choice(["", ".5", ".000000000", ".250000000"])
        moment = f"2026-01-0{self.chance.randint(1, 3)}T00:00:00{fraction}Z"
        line = (
            f'{{"agent_id":"shared","event_id":"{BROKEN.decode()}{number}","note":{body},'
            f'"timestamp":"{moment}","type":"odd.event"}}'
        )
        node.log.append([[("events.jsonl", line.encode())]])
        return f"{number} {body}"

    def _restart(self, node: Node) -> None:
        node.close()
        if self.chance.random() < 0.4:
            for path in (node.root / ".thrum" / "var").glob("messages.db*"):
                path.unlink()
        node.open()


def _sent_before(moment: str, lines: Iterable[bytes | str]) -> set[str]:
    """Ids of the messages that were sent before a time, as the lines say."""
    found = [json.loads(line) for line in lines]
    return {
        line["message_id"]
        for line in found
        if line["type"] == "message.create" and line["timestamp"] < moment
    }


def opened(seed: int, folder: Path, **how: object) -> World:
    """A world in a folder that is made for it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    how.setdefault("nodes", 3 + seed % 3)
    return World(seed, folder, **how)  # type: ignore[arg-type]

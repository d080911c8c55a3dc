"""What agents do with claims: they take, renew, give back and hand over, within sessions or not."""

from __future__ import annotations

import random
from typing import Final

from tests.simulation.node import Node
from thrum import events
from thrum.claims import patterns
from thrum.clock import format_ns
from thrum.daemon.claims import releasing, taking
from thrum.daemon.claims.taking import Outcome, Wish
from thrum.daemon.projection.queries import claims as queries
from thrum.daemon.projection.queries.claims import Known
from thrum.daemon.store import Transaction
from thrum.errors import ThrumError

WHATS: Final = (
    "src",
    "src/a.py",
    "SRC/A.py",
    "src/*.py",
    "**/a.py",
    "src/[a-c].py",
    "docs",
    "docs/\u00fcber.md",
    "docs/u\u0308BER.md",
    ".",
    "task:auth-42",
    "TASK:Auth-42",
)
"""What is wanted: few things that overlap in many ways."""

PATHS: Final = ("src", "src/a.py", "src/b.py", "lib/a.py", "docs/\u00dcber.md", "README.md")
"""Paths of which it is asked who has them."""

SECONDS: Final = (60, 7_200, 86_400, 604_800)


def owner(node: Node, chance: random.Random) -> str | None:
    """Somebody of the node's who holds something."""
    db = node.store.reader()
    held = queries.held(db, queries.present(db, node.now_ns()))
    found = sorted({each.claim.agent_id for each in held} & set(node.agents))
    return chance.choice(found) if found else None


def take(node: Node, chance: random.Random, who: str) -> str:
    """Takes some things, or renews them; with whom they are, if they are not to be had."""
    whats = {patterns.read(each) for each in chance.sample(WHATS, chance.choice([1, 1, 2]))}
    note = chance.choice(["", "new tokens"])
    is_shared = chance.random() < 0.3
    wish = Wish(who, tuple(sorted(whats)), chance.choice(SECONDS), note, is_shared)

    def decide(transaction: Transaction) -> Outcome:
        ids = [transaction.origin.ids.make("clm") for _ in wish.whats]
        return taking.take(transaction, wish, ids)

    found = node.transact(decide)
    wanted = ", ".join(what.text for what in wish.whats)
    holders = [known.claim.agent_id for _, known in found.refused]
    return f"{who} {wanted} {'has it' if found.taken else holders}"


def renew(node: Node, chance: random.Random, who: str) -> str:
    """Has one of an agent's claims end at another time."""

    def decide(transaction: Transaction) -> str:
        own = queries.held(transaction.db, transaction.now, who)
        if not own:
            return "nothing"
        known = chance.choice(own)
        seconds = chance.choice(SECONDS)
        wish = Wish(who, (known.what,), seconds, "still", known.claim.shared)
        taking.take(transaction, wish, [transaction.origin.ids.make("clm")])
        return f"{known.claim.what} for {seconds} s"

    return f"{who} {node.transact(decide)}"


def release(node: Node, chance: random.Random, who: str) -> str:
    """Ends some claims, mostly one's own."""

    def decide(transaction: Transaction) -> list[Known]:
        whose = who if chance.random() < 0.7 else ""
        found = queries.held(transaction.db, transaction.now, whose)
        meant = [each for each in found if chance.random() < 0.5]
        return releasing.release(transaction, who, meant)

    return f"{who} {[each.claim.what for each in node.transact(decide)]}"


def give(node: Node, chance: random.Random, who: str) -> str:
    """Hands a claim over to anybody."""

    def decide(transaction: Transaction) -> str:
        db = transaction.db
        own = queries.held(db, transaction.now, who)
        known = [row[0] for row in db.execute("SELECT agent_id FROM agents ORDER BY agent_id")]
        others = [each for each in known if each != who]
        if not own or not others:
            return "nothing"
        claim, to = chance.choice(own), chance.choice(others)
        releasing.give(transaction, who, [claim], to)
        return f"{claim.claim.what} to {to}"

    try:
        return f"{who} {node.transact(decide)}"
    except ThrumError as error:
        return f"{who}: {error.message}"


def seize(node: Node, chance: random.Random, who: str) -> str:
    """A program that asks nobody: for anything, for ever, in anybody's session."""
    what = patterns.read(chance.choice(WHATS))

    def decide(transaction: Transaction) -> None:
        rows = transaction.db.execute("SELECT session_id FROM sessions ORDER BY session_id")
        session = chance.choice(["", *(row[0] for row in rows)])
        transaction.emit(
            events.ClaimTake(
                claim_id=transaction.origin.ids.make("clm"),
                agent_id=who,
                kind=what.kind,
                what=what.text,
                until=format_ns(node.now_ns() + chance.choice([5, 50]) * 86_400 * 10**9),
                session_id=session,
                shared=chance.random() < 0.3,
            )
        )

    node.transact(decide)
    return f"{who} {what.text}"


def come_back(node: Node, chance: random.Random) -> str:
    """Registers one of the node's agents that was deleted."""
    known = {row[0] for row in node.store.reader().execute("SELECT agent_id FROM agents")}
    gone = [each for each in node.agents if each not in known]
    if not gone:
        return "nobody"
    who = chance.choice(gone)
    node.emit(events.AgentRegister(agent_id=who, kind="agent", role="tester", module="m"))
    return who


def begin(node: Node, who: str) -> str:
    """Begins a session."""

    def decide(transaction: Transaction) -> str:
        session = transaction.origin.ids.make("ses")
        transaction.emit(events.SessionStart(session_id=session, agent_id=who))
        return session

    return f"{who} {node.transact(decide)}"


def end(node: Node, chance: random.Random) -> str:
    """Ends a session, wherever it began."""
    sql = "SELECT session_id FROM sessions WHERE ended_at IS NULL ORDER BY session_id"
    found = [row[0] for row in node.store.reader().execute(sql)]
    if not found:
        return "none"
    session = str(chance.choice(found))
    node.emit(events.SessionEnd(session_id=session, reason="crash"))
    return session

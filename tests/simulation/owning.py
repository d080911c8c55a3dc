"""What must hold of claims: at any time on each node, and in the end on all of them alike."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from itertools import combinations

from tests.simulation.broken import Broken
from tests.simulation.claiming import PATHS
from tests.simulation.node import Node
from tests.thrum.daemon.projection.apply.holding import expected, rows
from thrum import events
from thrum.claims import patterns
from thrum.claims.life import Take, stands_in_the_way
from thrum.claims.patterns import What
from thrum.daemon.projection.queries import claims as queries

Owners = list[tuple[str, str, str]]
"""What is held, by whom, and until when."""

_GRANTED = """
SELECT created_at, event_id, claim_id, agent_id, kind, what, shared, finish FROM claims
WHERE won_by IS NULL AND finish > created_at ORDER BY created_at, event_id
"""
_OF_THE_DEAD = """
SELECT c.claim_id, c.agent_id, c.what FROM claims c
LEFT JOIN agent_tombstones t ON t.agent_id = c.agent_id AND t.cleaned_at <= :now
LEFT JOIN agents a ON a.agent_id = c.agent_id
LEFT JOIN sessions s ON s.session_id = c.session_id
WHERE c.claim_id = :claim_id AND (
  t.cleaned_at > c.created_at OR t.agent_id IS NOT NULL AND a.agent_id IS NULL
  OR s.ended_at <= :now OR s.agent_id <> c.agent_id)
"""


def check(node: Node) -> None:
    """What holds at any time on each node, whatever it has heard of.

    Raises:
        Broken: with the node and the claims.
    """
    db = node.store.reader()
    _check_exclusive(node, db)
    for now in _moments(db):
        _check_living(node, db, now)
        _check_paths(node, db, now)


def check_rules(node: Node) -> None:
    """The table is what the pure rules say of the events.

    Raises:
        Broken: with the node and the claims.
    """
    db = node.store.reader()
    found = db.execute("SELECT event_json FROM events WHERE withheld IS NULL").fetchall()
    told = [events.decode(text) for (text,) in found]
    wanted = expected([each for each in told if isinstance(each, events.Event)])
    there = rows(db)
    differ = {each for each in wanted | there if wanted.get(each) != there.get(each)}
    if differ:
        both = [(each, there.get(each), wanted.get(each)) for each in sorted(differ)]
        raise Broken(f"{node.name}: claims are not what the rules say: {both}")


def compare(nodes: Iterable[Node]) -> None:
    """Nodes with the same events name the same owners, at every moment.

    Raises:
        Broken: with the nodes and what they say.
    """
    first: dict[frozenset[str], Node] = {}
    for node in nodes:
        rows = node.store.reader().execute("SELECT event_id FROM events")
        other = first.setdefault(frozenset(row[0] for row in rows), node)
        for now in _moments(node.store.reader()) if other is not node else ():
            here, there = owners(node, now), owners(other, now)
            if here != there:
                who = f"{node.name} and {other.name} at {now}"
                raise Broken(f"{who} name other owners: {here}, {there}")


def owners(node: Node, now: str) -> Owners:
    """Who has what at a moment, as that node says."""
    held = queries.held(node.store.reader(), now)
    return [(each.claim.what, each.claim.agent_id, each.claim.until) for each in held]


def _moments(db: sqlite3.Connection) -> Sequence[str]:
    """When anything begins or ends; between them nothing changes."""
    found = db.execute("SELECT created_at FROM claims UNION SELECT finish FROM claims ORDER BY 1")
    return [moment for (moment,) in found]


def _check_exclusive(node: Node, db: sqlite3.Connection) -> None:
    granted = [
        (Take((begin, event_id), claim_id, who, What(kind, what), "", bool(shared)), finish)
        for begin, event_id, claim_id, who, kind, what, shared, finish in db.execute(_GRANTED)
    ]
    for (one, finish), (other, _) in combinations(granted, 2):
        if finish > other.key[0] and stands_in_the_way(one, other):
            raise Broken(f"{node.name}: two have the same at {other.key[0]}: {one}, {other}")


def _check_living(node: Node, db: sqlite3.Connection, now: str) -> None:
    for known in queries.held(db, now):
        about = {"claim_id": known.claim.claim_id, "now": now}
        dead = db.execute(_OF_THE_DEAD, about).fetchall()
        if dead:
            raise Broken(f"{node.name}: held by the dead at {now}: {dead}")


def _check_paths(node: Node, db: sqlite3.Connection, now: str) -> None:
    """What a path is asked for is what all that is held says, and one agent's unless shared."""
    held = [each for each in queries.held(db, now) if each.claim.kind == "path"]
    for path in PATHS:
        found = [each.claim for each in queries.covering(db, now, path)]
        wanted = [each.claim for each in held if patterns.covers(each.what, path)]
        if found != wanted:
            raise Broken(f"{node.name}: at {now} {path} is held by {found}, not by {wanted}")
        current = [each for each in found if each.created_at <= now]
        if len({each.agent_id for each in current}) > 1 and not all(c.shared for c in current):
            raise Broken(f"{node.name}: at {now} {path} is held by several: {current}")

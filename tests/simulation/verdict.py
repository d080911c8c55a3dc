"""What must hold when all is quiet."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Final

from tests.simulation import owning, searching
from tests.simulation.broken import Broken
from tests.simulation.node import InlineWriter, Node
from tests.simulation.world import BROKEN, World
from thrum import events
from thrum.daemon.projection import schema
from thrum.daemon.projection.search import index
from thrum.daemon.signing import said
from thrum.daemon.signing.ed25519 import is_by
from thrum.daemon.signing.ring import NONE as UNSIGNED
from thrum.daemon.signing.ring import VERIFIED, Ring
from thrum.daemon.store import Store
from thrum.ids import Ids

QUESTIONS: Final = 20
"""How much each node is asked when all is quiet."""

Tables = dict[str, list[tuple[object, ...]]]


def judge(world: World) -> None:
    """Checks every promise.

    Raises:
        Broken: with the promise and the node.
    """
    first = world.all[0]
    expected = tables_of(first.store.reader(), apart=True)
    for node in world.all:
        _check_ids(node)
    for node in world.all:
        _check_log(world, node)
        found = tables_of(node.store.reader())
        _same(
            found,
            rebuilt(node, world.folder / f"{node.name}.rebuilt.db"),
            f"{node.name}, built anew",
        )
        found = tables_of(node.store.reader(), apart=True)
        _same(found, expected, f"{node.name} and {first.name}")
        _check_signatures(node)
        _check_retries(node)
        _check_forgotten(world, node)
        _check_claims(node)
        _check_index(world, node)
    owning.compare(world.all)


def _check_claims(node: Node) -> None:
    owning.check(node)
    owning.check_rules(node)


def _check_index(world: World, node: Node) -> None:
    searching.compare(node)
    for _ in range(QUESTIONS if world.claims else 0):
        question = searching.asked(world.chance, node.store.reader(), world.marks)
        searching.search(node, question, world.chance.choice(node.agents), world.chance)
    searching.check_gone(node, world.marks)
    searching.compare(node)


def _check_ids(node: Node) -> None:
    """Marks of purges say by one id which events were seen, so each is above those before it."""
    made = list(node.acknowledged)
    fell = [later for earlier, later in pairwise(made) if later <= earlier]
    if fell:
        raise Broken(f"{node.name} gave ids that are below earlier ones: {fell}")


def _check_log(world: World, node: Node) -> None:
    if node.log.journal.records:
        raise Broken(f"{node.name}: the journal is not empty")
    lines = [line.raw for line in node.log.read()]
    # What comes by a peer before its message does stands in another file, too: the same line.
    once = set(lines) if world.peers else lines
    counts = Counter(keys.id for raw in once if (keys := node.log.reader.keys(raw)).id)
    twice = sorted(id for id, count in counts.items() if count > 1)
    if twice:
        raise Broken(f"{node.name}: more than once in the branch: {twice}")
    may_go = world.purged | world.perhaps
    sent = {
        line["message_id"] for raw in lines if (line := json.loads(raw))["type"] == "message.create"
    }
    if sent & world.purged:
        raise Broken(f"{node.name} holds purged messages: {sorted(sent & world.purged)}")
    unsent = sorted(world.answered - sent - may_go)
    if unsent:
        raise Broken(f"{node.name} lacks messages that were acknowledged: {unsent}")
    for writer in world.all:
        missing = {
            id
            for id, about in writer.acknowledged.items()
            if id not in counts and about not in may_go
        }
        cleaned = _cleaned(writer, node) if world.peers else set()
        lost = sorted(missing - cleaned)
        if lost:
            raise Broken(f"{node.name} lacks what {writer.name} acknowledged: {lost}")
        for batch in writer.attempted:
            stays = batch.keys() - cleaned
            here = sum(id in counts for id in stays)
            if here not in {0, len(stays)} and not may_go & set(batch.values()):
                raise Broken(f"{node.name} holds a part of one batch: {batch}")


def _cleaned(writer: Node, node: Node) -> set[str]:
    """Registrations that a clean-up forgot: git carries their lines still, a peer none of them."""
    rows = node.store.reader().execute("SELECT agent_id FROM agent_tombstones")
    gone = {row[0] for row in rows}
    lines = [json.loads(line.raw) for line in writer.log.read()]
    return {
        line["event_id"]
        for line in lines
        if line["type"] in {"agent.register", "agent.update"} and line["agent_id"] in gone
    }


def _check_retries(node: Node) -> None:
    rows = node.store.reader().execute(
        "SELECT called FROM events WHERE called IS NOT NULL GROUP BY called HAVING count(*) > 1"
    )
    twice = [row[0] for row in rows]
    if twice:
        raise Broken(f"{node.name}: sent twice: {twice}")


def _check_signatures(node: Node) -> None:
    """Nothing that was signed has lost that, in whatever copy and order it came; and where it is
    required, what never was is withheld, and nothing else."""
    ring = Ring.of(said.about_keys(node.store.reader()), {}, is_by)
    for raw in [line.raw for line in node.log.read()]:
        found = ring.judge(events.decode(raw), raw)
        if found != (UNSIGNED if BROKEN in raw else VERIFIED):
            raise Broken(f"{node.name}: {found.state.value} {found.why}: {raw.decode()}")
    rows = node.store.reader().execute("SELECT event_json, withheld IS NOT NULL FROM events")
    for text, is_withheld in rows:
        if is_withheld != (node.requires and BROKEN.decode() in text):
            raise Broken(f"{node.name}: withheld: {is_withheld}: {text}")


def _check_forgotten(world: World, node: Node) -> None:
    """What was deleted or purged has not come back with a clone that was away."""
    db = node.store.reader()
    shown = {row[0] for row in db.execute("SELECT message_id FROM messages WHERE deleted = 0")}
    if shown & world.deleted:
        raise Broken(f"{node.name} shows deleted messages: {sorted(shown & world.deleted)}")
    known = {row[0] for row in db.execute("SELECT message_id FROM messages")}
    if known & world.purged:
        raise Broken(f"{node.name} shows what was purged: {sorted(known & world.purged)}")
    lost = world.answered - known - world.purged - world.perhaps
    if lost:
        raise Broken(f"{node.name} does not show what no purge covers: {sorted(lost)}")


def tables_of(db: sqlite3.Connection, *, apart: bool = False) -> Tables:
    """Everything that is derived from events.

    Args:
        apart: leave out which events count, of which nodes may think differently.
    """
    found = {}
    for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        if table in schema.LOCAL_TABLES:
            continue
        local = schema.LOCAL_COLUMNS.get(table, frozenset())
        if apart and table == "events":
            local |= {"withheld"}
        columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
        wanted = ", ".join(column for column in columns if column not in local)
        found[table] = sorted(db.execute(f"SELECT {wanted} FROM {table}").fetchall(), key=repr)
    return found


def rebuilt(node: Node, database: Path) -> Tables:
    """The tables of a database that is built from the node's log alone."""
    store = Store.open(
        log=node.log,
        database=database,
        origin_daemon="d_rebuilt",
        now_ns=node.now_ns,
        ids=Ids(node.now_ns, node.chance.randbytes),
        writer=InlineWriter,
        gate=node.gate(),
    )
    try:
        index.check(store._db)
        return tables_of(store.reader())
    finally:
        store.close()


def _same(one: Tables, other: Tables, what: str) -> None:
    for table in sorted(one.keys() | other.keys()):
        left, right = one.get(table, []), other.get(table, [])
        if left != right:
            only = [row for row in left if row not in right][:3]
            lacks = [row for row in right if row not in left][:3]
            raise Broken(f"{what}: {table} differs: only here {only}, only there {lacks}")

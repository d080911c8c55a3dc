"""Mail to groups, agent by agent: inbox, counts, waiting and pushes tell the same story.

A plain model keeps what a person would say: who was in the group when the message was sent has it
for good; who is in the group now, and was here already when it was sent, has it as long as they
are in it; who was deleted has nothing of before, nor has anybody what they wrote. Everything that
is asked of the store is compared with that, and with a second store that got the same lines in
another order.
"""

from __future__ import annotations

import itertools
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from gitstore import Log
from tests.laws import examples
from thrum import events
from thrum.daemon.projection import schema
from thrum.daemon.projection.queries import groups as group_queries
from thrum.daemon.projection.queries import listing, rows, tallies
from thrum.daemon.projection.queries.arrivals import reached
from thrum.daemon.projection.queries.filters import ListFilter
from thrum.daemon.projection.reading import take
from thrum.daemon.projection.tables import Tables
from thrum.daemon.rpc.addressing import address
from thrum.daemon.store import Store, Transaction
from thrum.ids import Ids

AGENTS = ("ann", "bob", "cat", "dan")
ROLES = ("dev", "ops")
GROUPS = ("team", "crew")
Member = tuple[str, str]

members = st.one_of(
    st.tuples(st.just("agent"), st.sampled_from(AGENTS)),
    st.tuples(st.just("role"), st.sampled_from([*ROLES, "*"])),
)
steps = st.one_of(
    st.tuples(st.just("register"), st.sampled_from(AGENTS), st.sampled_from(ROLES)),
    st.tuples(st.just("create"), st.sampled_from(GROUPS)),
    st.tuples(st.just("delete"), st.sampled_from(GROUPS)),
    st.tuples(st.just("add"), st.sampled_from(GROUPS), members),
    st.tuples(st.just("add"), st.sampled_from(GROUPS), members),
    st.tuples(st.just("remove"), st.sampled_from(GROUPS), members),
    st.tuples(st.just("send"), st.sampled_from(AGENTS), st.sampled_from(GROUPS)),
    st.tuples(st.just("send"), st.sampled_from(AGENTS), st.sampled_from(GROUPS)),
    st.tuples(st.just("take back"), st.integers(0, 9)),
    st.tuples(st.just("forget"), st.sampled_from(AGENTS)),
    st.tuples(st.just("read"), st.sampled_from(AGENTS), st.integers(0, 9)),
)


@dataclass
class Sent:
    """A message as the model knows it."""

    id: str
    author: str
    group: str
    then: frozenset[str]
    here: frozenset[str]
    deleted: bool = False
    read: set[str] = field(default_factory=set)


@dataclass
class Model:
    """What a person would say."""

    roles: dict[str, str] = field(default_factory=dict)
    groups: dict[str, set[Member]] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)

    def held(self, group: str) -> set[str]:
        """The agents that the group stands for now."""
        inside = self.groups.get(group, set())
        return {
            agent
            for agent, role in self.roles.items()
            if inside & {("agent", agent), ("role", role), ("role", "*")}
        }

    def has(self, message: Sent, agent: str) -> bool:
        """Whether the message is in the agent's inbox."""
        if agent == message.author or message.deleted:
            return False
        return agent in message.then or (
            agent in message.here and agent in self.held(message.group)
        )

    def inbox(self, agent: str) -> list[str]:
        return [message.id for message in self.sent if self.has(message, agent)]

    def unread(self, agent: str) -> list[str]:
        return [m.id for m in self.sent if self.has(m, agent) and agent not in m.read]

    def forget(self, agent: str) -> None:
        """The agent is deleted; whoever registers by its name is somebody new."""
        del self.roles[agent]
        for inside in self.groups.values():
            inside.discard(("agent", agent))
        for message in self.sent:
            message.then -= {agent}
            message.here -= {agent}
            message.read.discard(agent)


@contextmanager
def opened() -> Iterator[Store]:
    """A store in a repository of its own, with a clock that only goes on when asked."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        subprocess.run(["git", "init", "-q", folder], check=True)
        ticks = itertools.count(1_700_000_000_000_000_000, 1_000_000)

        def now() -> int:
            return next(ticks)

        log = Log.open(root, journal=root / "journal.jsonl")
        store = Store.open(
            log=log,
            database=root / "messages.db",
            origin_daemon="d_here",
            now_ns=now,
            ids=Ids(now),
        )
        try:
            yield store
        finally:
            store.close()
            log.close()


def carry_out(store: Store, model: Model, step: tuple[object, ...], number: int) -> None:
    """Does a step in the store and in the model; what makes no sense just now is left out."""
    kind, *rest = step

    def emit(event: events.Event) -> None:
        store.transact_blocking(lambda transaction: transaction.emit(event))

    match kind, *rest:
        case "register", str(agent), str(role):
            emit(events.AgentRegister(agent_id=agent, kind="agent", role=role, module="m"))
            model.roles[agent] = role
        case "create", str(group) if group not in model.groups:
            emit(events.GroupCreate(group_id=f"grp_{number}", name=group, created_by="x"))
            model.groups[group] = set()
        case "delete", str(group) if group in model.groups:
            emit(events.GroupDelete(group_id=group_id(store, group), deleted_by="x"))
            del model.groups[group]
        case ("add" | "remove") as how, str(group), tuple(member) if group in model.groups:
            change = events.GroupMemberAdd if how == "add" else events.GroupMemberRemove
            of = group_id(store, group)
            emit(change(group_id=of, member_type=member[0], member_value=member[1]))
            (model.groups[group].add if how == "add" else model.groups[group].discard)(member)
        case "send", str(author), str(group) if author in model.roles and group in model.groups:
            send(store, f"msg_{number:03}", author, group)
            # Whom the group names is a recipient, also before registering.
            named = {value for sort, value in model.groups[group] if sort == "agent"}
            then = frozenset((model.held(group) | named) - {author})
            here = frozenset(model.roles)
            model.sent.append(Sent(f"msg_{number:03}", author, group, then, here))
        case "forget", str(agent) if agent in model.roles:
            emit(events.AgentCleanup(agent_id=agent, reason="x", method="manual"))
            model.forget(agent)
        case "take back", int(which) if which < len(model.sent):
            emit(events.MessageDelete(message_id=model.sent[which].id))
            model.sent[which].deleted = True
        case "read", str(agent), int(which) if which < len(model.sent):
            if model.has(model.sent[which], agent):
                sent = model.sent[which].id
                emit(events.MessageReceipt(receipt_type="read", message_id=sent, agent_id=agent))
                model.sent[which].read.add(agent)


def group_id(store: Store, name: str) -> str:
    found = group_queries.group(store.reader(), name)
    assert found is not None
    return found.group_id


def send(store: Store, message_id: str, author: str, group: str) -> None:
    def decide(transaction: Transaction) -> None:
        found = address(
            transaction,
            author,
            "",
            [group],
            demanded=False,
            virtual=lambda _name: False,
            itself=lambda _transaction, name: name,
        )
        transaction.emit(
            events.MessageCreate(
                message_id=message_id,
                agent_id=author,
                body=events.Body(content="x", format="markdown"),
                scopes=found.scopes,
                refs=found.refs,
                recipients=sorted(set(found.recipients)),
            )
        )

    store.transact_blocking(decide)


def listed(db: sqlite3.Connection, **wanted: str) -> list[str]:
    """Ids by way of the inbox's index, and again by way of the general question."""
    filters = [
        ListFilter(ascending=True, page_size=100, **wanted),  # type: ignore[arg-type]
        ListFilter(ascending=True, page_size=100, created_after="1", **wanted),  # type: ignore[arg-type]
    ]
    one, other = (
        [row.message_id for row in listing.list_messages(db, f).messages] for f in filters
    )
    assert one == other
    return one


def counted_alike(db: sqlite3.Connection, reader: str) -> None:
    """Pages of everything, by counters and by counting."""
    shapes: list[dict[str, object]] = [
        {},
        {"exclude_author": reader},
        {"unread_for": reader},
        {"unread_for": reader, "exclude_author": reader},
        {"include_deleted": True},
        {"include_deleted": True, "exclude_author": reader},
        {"include_deleted": True, "unread_for": reader},
        {"author_id": "bob"},
        {"author_id": "bob", "include_deleted": True},
        {"author_id": reader, "exclude_author": reader},
        {"author_id": "bob", "unread_for": reader},
        {"for_agent": "ann"},
        {"for_agent": "ann", "include_deleted": True},
        {"for_agent": reader, "author_id": "bob"},
        {"unread_for": "ann", "exclude_author": reader},
    ]
    for shape in shapes:
        for page in (1, 2):
            asked: dict[str, object] = {"reader": reader, "page": page, "page_size": 3, **shape}
            known = listing.list_messages(db, ListFilter(**asked))  # type: ignore[arg-type]
            counted = ListFilter(created_after="1", **asked)  # type: ignore[arg-type]
            assert known == listing.list_messages(db, counted), shape


def agrees(db: sqlite3.Connection, model: Model) -> None:
    """Everything that can be asked says what the model says."""
    for name in GROUPS:
        if name in model.groups:
            # Members by id are not looked up: an agent may be added and register elsewhere.
            found = set(group_queries.expanded(db, name)) & set(model.roles)
            assert found == model.held(name)
    for agent in model.roles:
        inbox, unread = model.inbox(agent), model.unread(agent)
        counted_alike(db, agent)
        assert listed(db, for_agent=agent, exclude_author=agent) == inbox
        mine = {"for_agent": agent, "exclude_author": agent, "unread_for": agent, "reader": agent}
        assert listed(db, **mine) == unread
        assert tallies.inbox_counts(db, agent).unread == len(unread)
        wanted = ListFilter(for_agent=agent, exclude_author=agent, reader=agent)
        assert listing.list_messages(db, wanted).unread == len(unread)
        # What a wait and a push ask for each message:
        ids = [each.id for each in model.sent]
        there = reached(db, ids, [agent])
        assert [each for each in ids if (each, agent) in there] == inbox
        for message in model.sent:
            named = {each.agent_id for each in rows.recipients(db, message.id, message.author)}
            if not message.deleted:
                assert (agent in named) == model.has(message, agent)


def replayed(store: Store, seed: int) -> sqlite3.Connection:
    """Fresh tables that got the lines of the store one by one in another order."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    schema.create(db, "2026-01-01T00:00:00Z")
    tables = Tables.read(db)
    lines = list(store.log.since(None).lines)
    Random(seed).shuffle(lines)
    for line in lines:
        take(tables, [line])
    return db


@settings(max_examples=examples(25))
@given(st.lists(steps, min_size=8, max_size=40), st.integers(0, 99))
def test_every_way_of_asking_says_the_same(drawn: list[tuple[object, ...]], seed: int) -> None:
    first: list[tuple[object, ...]] = [
        ("register", "ann", "dev"),
        ("register", "bob", "ops"),
        ("create", "team"),
        ("add", "team", ("role", "dev")),
        ("send", "bob", "team"),
        ("register", "cat", "dev"),
        ("send", "bob", "team"),
        ("forget", "cat"),
        ("register", "cat", "dev"),
    ]
    model = Model()
    with opened() as store:
        for number, step in enumerate([*first, *drawn]):
            carry_out(store, model, step, number)
            agrees(store.reader(), model)
        agrees(replayed(store, seed), model)

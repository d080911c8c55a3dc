"""The tables that events are applied to, with the part of them that is kept in memory.

The writer thread owns both. The memory part (who exists, in which groups, what is awaited) is
read from the tables at open, follows every change, and is read again after a rollback.

New rows wait until somebody looks or a transaction ends, and are written many at a time; see
`pending`. So do those of decisions that come one after the other and ask nothing of such tables:
each can be taken back by itself, and a savepoint is begun only for one that looks. Before a batch
of events it is asked once, for all of it, which of them and of their messages are here, so that no
single one has to be looked for.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Hashable, Iterable
from typing import Final, NamedTuple, TypeVar

import msgspec
from msgspec import Struct, field

from thrum.audience import AgentEntry, Group, Register, Via
from thrum.daemon.projection.answers import Answers
from thrum.daemon.projection.facts import Key
from thrum.daemon.projection.gate import Gate
from thrum.daemon.projection.pending import MESSAGE, MOST, Pending, Values
from thrum.daemon.projection.search import index
from thrum.daemon.projection.search.rows import Rows
from thrum.events import Pair
from thrum.purges import Purge, Purges

A = TypeVar("A")
H = TypeVar("H", bound=Hashable)
T = TypeVar("T")

NEVER: Key = ("", "")
"""Before every event."""

BEYOND: Final = "~"
"""After every time."""

Shape = tuple[str, tuple[Pair, ...], tuple[Pair, ...], tuple[str, ...]]
"""Author, refs and scopes that address, recipients: what decides whom it reaches, but its time."""


class Reached(NamedTuple):
    """Whom messages of one shape reach.

    Attributes:
        others: agents but the author, each with the way, as stored.
        own: the way to the author.
        visibility: the message's ``visibility_class``.
        since: it holds for messages that were made after this time.
    """

    others: tuple[tuple[str, str], ...]
    own: Via
    visibility: str
    since: str


EVENT: Final = """
INSERT OR IGNORE INTO events
  (event_id, type, timestamp, origin_daemon, subject, called, event_json)
VALUES (?, ?, ?, ?, ?, ?, ?)
"""
WITHHELD_EVENT: Final = """
INSERT OR IGNORE INTO events
  (event_id, type, timestamp, origin_daemon, subject, called, event_json, withheld)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
_AROUND: Final = f"""
SELECT coalesce((SELECT max(timestamp) FROM events WHERE timestamp <= ?1), ''),
  coalesce((SELECT min(timestamp) FROM events WHERE timestamp > ?1), '{BEYOND}')
"""
_MESSAGE_IF_NEW: Final = MESSAGE.replace("INSERT", "INSERT OR IGNORE")


class Tables(Struct):
    """A writable database and what is remembered of it.

    Attributes:
        connection: the database itself; what waits in `pending` is not in it yet.
        register: every registered agent.
        cleaned: the latest clean-up of each agent that had one.
        groups: groups by name.
        purges: what is purged.
        awaited: ids of messages that something here refers to and that are not here; a superset.
        spoiled: event ids whose first copy is no event, with that copy.
        snapshots: whether there are rows of another Thrum's snapshots.
        reached: whom messages of a shape reach, as register and groups are now.
        changed: whether the memory part changed since `changed` was last cleared.
        pending: rows that are to be written before anything else is asked or done.
        earlier: those of decisions before this one, while it has not looked at the tables.
        gate: says which events count; None: all of them do.
        lacks_events: whether events were deleted since it was last cleared.
        rows: the numbers of messages, which grow with their times.
        is_indexed: whether what changes goes into the index at once, see `search.index`.
        owes_index: whether pages of the index may still have words that have left it.
    """

    connection: sqlite3.Connection
    register: Register = field(default_factory=Register)
    cleaned: dict[str, Key] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    purges: Purges = field(default_factory=Purges)
    awaited: set[str] = field(default_factory=set)
    spoiled: dict[str, bytes] = field(default_factory=dict)
    snapshots: bool = False
    changed: bool = False
    reached: dict[Shape, Reached] = field(default_factory=dict)
    pending: Pending = field(default_factory=Pending)
    earlier: Pending = field(default_factory=Pending)
    gate: Gate | None = None
    _decides: bool = False
    _looks: bool = False
    _drift: int = 0
    _newest_event: str = ""
    _newest_message: str = ""
    _absent_events: set[str] = field(default_factory=set)
    _absent_messages: set[str] = field(default_factory=set)
    _here: set[str] = field(default_factory=set)
    _answers: Answers = field(default_factory=Answers)
    _mail: int = 0
    lacks_events: bool = True
    rows: Rows = field(default_factory=Rows)
    is_indexed: bool = False
    owes_index: bool = False
    _seen: str = ""
    _ahead: str = ""
    _bound: str = ""

    @property
    def db(self) -> sqlite3.Connection:
        """The database with everything in it that was done to it until now."""
        self.write()
        return self.connection

    @property
    def before(self) -> sqlite3.Connection:
        """The database without what waits in `pending`."""
        if self._decides and not self._looks:
            self._write_earlier()
            self.connection.execute("SAVEPOINT decision")
            self._looks = True
        return self.connection

    def write(self) -> None:
        """Writes what waits."""
        _ = self.before
        if not self._decides:
            self._write_earlier()
        if self.pending.count:
            pending, self.pending = self.pending, Pending()
            self._write(pending)

    def _write_earlier(self) -> None:
        if self.earlier.count:
            earlier, self.earlier = self.earlier, Pending()
            self._write(earlier)

    def _write(self, waiting: Pending) -> None:
        self._as_mail(waiting.write, self.connection)

    def _as_mail(self, change: Callable[[A], object], about: A) -> None:
        """Does what changes nothing but mail, which `people` does not look at."""
        before = self.connection.total_changes
        change(about)
        self._mail += self.connection.total_changes - before

    def commit(self) -> None:
        """Writes what waits, and ends the transaction.

        Raises:
            sqlite3.Error: the disk refuses.
        """
        self.write()
        self._as_mail(self.connection.execute, "COMMIT")  # the index writes its pages only now

    def people(self, question: Callable[[sqlite3.Connection, H], T], about: H) -> T:
        """See `Transaction.people`. Nothing of what a question looks at ever waits in `pending`."""
        return self._answers.of(self.version, self.connection, question, about)

    @property
    def version(self) -> int:
        """Of what `people` looks at: another number after each change of it."""
        return self.connection.total_changes - self._mail

    # -- decisions --

    def begin(self) -> None:
        """From now on what is done can be taken back by itself, until `keep`."""
        self._decides, self._looks = True, False

    def keep(self) -> None:
        """Ends a decision that stands."""
        self._end("RELEASE decision")
        if self.earlier.count > MOST:
            self._write_earlier()

    def take_back(self) -> None:
        """Ends a decision as if it had never been; not so what is in memory, see `changed`."""
        self._forget()
        self._end("ROLLBACK TO decision", "RELEASE decision")

    def _end(self, *statements: str) -> None:
        looked, self._decides, self._looks = self._looks, False, False
        if looked:
            for statement in statements:
                self.connection.execute(statement)
        pending, self.pending = self.pending, Pending()
        if self.earlier.count:
            self.earlier.take_over(pending)
        else:
            self.earlier = pending

    def undo(self) -> None:
        """Rolls the transaction back, if there is one; what was not written yet never will be."""
        self._forget()
        self.earlier = Pending()
        self._decides = self._looks = False
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")

    def _forget(self) -> None:
        self.pending = Pending()
        self.expect_nothing()
        self.events_went()
        self._answers.forget()

    @classmethod
    def read(cls, db: sqlite3.Connection) -> Tables:
        """The tables of that database, with the memory part loaded."""
        tables = cls(db, is_indexed=index.is_there(db))
        tables.reload()
        return tables

    def reload(self) -> None:
        """Reads the memory part anew."""
        self.reached.clear()
        self.events_went()
        self.changed = False
        if self.gate is not None:
            self.gate.forget()
        self._load_people()
        self._load_groups()
        self._load_absent()
        self._drift = index.drift(self.db)
        self.rows.reload(self.db, self._drift)
        self.owes_index = self.is_indexed and index.owes(self.db)

    def _load_people(self) -> None:
        self.cleaned = {
            agent_id: (cleaned_at, event_id)
            for agent_id, cleaned_at, event_id in self.db.execute(
                "SELECT agent_id, cleaned_at, event_id FROM agent_tombstones"
            )
        }
        self.register = Register(cleaned={name: key[0] for name, key in self.cleaned.items()})
        for agent_id, kind, role, registered_at in self.db.execute(
            "SELECT agent_id, kind, role, registered_at FROM agents"
        ):
            cleaned_at = self.register.cleaned.get(agent_id, "")
            self.register.put(AgentEntry(agent_id, kind, role, registered_at, cleaned_at))

    def _load_groups(self) -> None:
        members: dict[str, tuple[set[str], set[str]]] = {
            name: (set(), set()) for (name,) in self.db.execute("SELECT name FROM groups")
        }
        for name, kind, value in self.db.execute(
            "SELECT g.name, m.member_type, m.member_value"
            " FROM group_members m JOIN groups g USING (group_id)"
        ):
            if kind in ("agent", "role"):
                members[name][kind == "role"].add(value)
        self.groups = {
            name: Group(frozenset(agents), frozenset(roles))
            for name, (agents, roles) in members.items()
        }

    def _load_absent(self) -> None:
        self.purges = Purges(
            Purge(cutoff, msgspec.json.decode(marks) if marks else None)
            for cutoff, marks in self.db.execute("SELECT cutoff, marks FROM purges")
        )
        self.awaited = {
            message_id
            for (message_id,) in self.db.execute(
                "SELECT waits_for FROM parked_events UNION"
                " SELECT message_id FROM snapshot_rows UNION"
                " SELECT c.reply_to FROM messages c LEFT JOIN messages p"
                " ON p.message_id = c.reply_to"
                " WHERE c.reply_to IS NOT NULL AND p.message_id IS NULL"
            )
        }
        self._newest_event = _newest(self.db, "events", "event_id")
        self._newest_message = _newest(self.db, "messages", "message_id")
        self.spoiled = dict(self.db.execute("SELECT event_id, raw FROM spoiled_events"))
        self.snapshots = _any(self.db, "snapshot_rows")

    def people_changed(self) -> None:
        """Notes that agents, clean-ups or groups are others than before."""
        self.changed = True
        self.reached.clear()

    # -- what is here --

    def expect(self, event_ids: Iterable[str], message_ids: Iterable[str]) -> None:
        """Asks at once which of these are here; holds until `expect_nothing`.

        Ids grow with time, so mostly they are above all that are here and nothing is asked.
        """
        self._absent_events, self._absent_messages = set(event_ids), set(message_ids)
        events = {each for each in self._absent_events if each <= self._newest_event}
        messages = {each for each in self._absent_messages if each <= self._newest_message}
        if events:
            self._absent_events -= _found(self.db, "events", "event_id", events)
        if messages:
            self._here = _found(self.db, "messages", "message_id", messages)
            self._absent_messages -= self._here

    def expect_nothing(self) -> None:
        """From now on each event and message is looked for when it comes."""
        self._absent_events, self._absent_messages, self._here = set(), set(), set()

    def known(self, message_id: str) -> bool:
        """Whether the message is in the tables."""
        if message_id in self._here:
            return True
        if message_id in self._absent_messages or message_id > self._newest_message:
            return False
        return (
            self.db.execute("SELECT 1 FROM messages WHERE message_id = ?", (message_id,)).fetchone()
            is not None
        )

    def came(self, message_id: str) -> None:
        """Notes that the message has a row now."""
        self._newest_message = max(self._newest_message, message_id)
        self._absent_messages.discard(message_id)
        self._here.add(message_id)

    def went(self, message_ids: Iterable[str]) -> None:
        """Notes that the rows of these messages are deleted."""
        self._here.difference_update(message_ids)

    def is_after_all(self, time: str) -> bool:
        """Whether every event that is known was before that time; False where that is not known."""
        return self._ahead == BEYOND and "" < self._seen < time

    def latest(self, bound: str) -> str:
        """The time of the latest event that is not after the bound; empty if there is none."""
        if not self._seen <= bound < self._ahead:
            self._seen, self._ahead = self.db.execute(_AROUND, (bound,)).fetchone()
        self._bound = bound
        return self._seen

    def leave_index(self, message_ids: Iterable[str]) -> None:
        """Has nobody find the messages any more, before they go or are others."""
        if self.is_indexed:
            index.leave(self.db, message_ids)
            self.owes_index = True

    def enter_index(self, message_ids: Iterable[str]) -> None:
        """Has the messages found as they are now, which had left or are new."""
        if self.is_indexed:
            index.enter(self.db, message_ids)

    def forget_some(self) -> bool:
        """Takes some of what has left out of the pages of the index, in a transaction of its own.

        Whether there is more.
        """
        self._as_mail(self._forget_in, self.connection)
        return self.owes_index

    def _forget_in(self, db: sqlite3.Connection) -> None:
        db.execute("BEGIN IMMEDIATE")
        self.owes_index = index.owes(db) and index.forget_some(db)
        db.execute("COMMIT")

    def _note_time(self, time: str) -> None:
        """Keeps it true that no event is of a time between the two that are remembered."""
        if self._seen < time < self._ahead:
            if time <= self._bound:
                self._seen = time
            else:
                self._ahead = time

    def events_went(self) -> None:
        """Notes that events are deleted, the latest maybe."""
        self._seen = self._ahead = ""
        self.lacks_events = True

    # -- what is new --

    def add_event(self, event_id: str, values: Values) -> bool:
        """Puts an event into its table, the rest as in `EVENT`; False when its id is there."""
        self._note_time(str(values[1]))
        if event_id in self._absent_events:
            self._absent_events.discard(event_id)
        elif event_id <= self._newest_event:
            return self.db.execute(EVENT, (event_id, *values)).rowcount > 0
        self._newest_event = max(self._newest_event, event_id)
        self.add(EVENT, [(event_id, *values)])
        return True

    def withhold_event(self, event_id: str, values: Values, why: str) -> bool:
        """The same for one that does not count, and why it does not."""
        self._note_time(str(values[1]))
        self._absent_events.discard(event_id)
        self._newest_event = max(self._newest_event, event_id)
        return self.db.execute(WITHHELD_EVENT, (event_id, *values, why)).rowcount > 0

    def add_message(
        self, number: int, message_id: str, thread_id: str | None, values: Values
    ) -> bool:
        """Puts a message into its table, the rest as in `pending.MESSAGE`; False: it is there.

        Args:
            number: a row that `free_row` gave.
        """
        if message_id in self._absent_messages:
            self.came(message_id)
        elif message_id <= self._newest_message:
            row = (number, message_id, thread_id, *values)
            return self.db.execute(_MESSAGE_IF_NEW, row).rowcount > 0
        self._newest_message = max(self._newest_message, message_id)
        self.pending.message(number, message_id, thread_id, values)
        return True

    def free_row(self, created_at: str) -> int:
        """A row for a message of that time, which no other one has or waits for."""
        row = self.rows.free(self.connection, created_at)
        if self.rows.drift > self._drift:
            self._drift = index.keep_drift(self.connection, self.rows.drift)
        return row

    def add(self, statement: str, rows: list[Values]) -> None:
        """Inserts rows, now or later."""
        self.pending.insert(statement, rows)
        if self.pending.count > MOST:
            self.write()

    def mark(self, statement: str, values: Values) -> None:
        """Updates rows, now or later; the order among such updates must make no difference."""
        self.pending.mark(statement, values)


def _found(db: sqlite3.Connection, table: str, column: str, wanted: set[str]) -> set[str]:
    found = db.execute(
        f"SELECT {column} FROM {table} WHERE {column} IN (SELECT value FROM json_each(?))",
        (msgspec.json.encode(list(wanted)).decode(),),
    )
    return {each for (each,) in found}


def _newest(db: sqlite3.Connection, table: str, column: str) -> str:
    newest: str | None = db.execute(f"SELECT max({column}) FROM {table}").fetchone()[0]
    return newest or ""


def _any(db: sqlite3.Connection, table: str) -> bool:
    return db.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() is not None

"""What a decision sees of the store while it is made: the tables, the time, and how to emit."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Hashable
from typing import Final, Protocol, TypeVar

from msgspec import Struct, field

from gitstore import canonical
from thrum import events
from thrum.clock import AHEAD_NS, LAST_NS, Ticker, format_ns, parse
from thrum.daemon.hub import News
from thrum.daemon.projection.apply import apply, withholding
from thrum.daemon.projection.facts import Event, check
from thrum.daemon.projection.gate import Gate
from thrum.daemon.projection.tables import NEVER, Tables
from thrum.daemon.routing import shard
from thrum.errors import ThrumError
from thrum.ids import Ids, is_ulid_id, ulid_text
from thrum.purges import BEYOND, stream

E = TypeVar("E", bound=events.Event)
H = TypeVar("H", bound=Hashable)
T = TypeVar("T")


class Signs(Protocol):
    """Who vouches for our events, see `thrum.daemon.signing`."""

    def introduction(self, db: Callable[[], sqlite3.Connection]) -> events.KeyPublish | None:
        """The event that has to be in the log before anything is signed, if it is not."""
        ...

    def sign(self, line: bytes) -> events.Signature | None:
        """The signature of a line, or None where none is wanted."""
        ...

    def forget(self) -> None:
        """Told that a batch was taken back."""
        ...


Entry = tuple[str, bytes]
"""A line and the shard it is bound for."""


class Origin(Struct, frozen=True):
    """What marks an event as ours: the daemon's id, its clock, its source of ids, its signer."""

    daemon: str
    tick: Ticker
    ids: Ids
    signer: Signs | None = None

    def present(self, tables: Tables) -> str:
        """The present, but after everything that is known: causes come before effects.

        Except what is more than an hour ahead of our clock, by which a clock that is wrong, or a
        liar, would take everybody along.
        """
        now = self.tick()
        text = format_ns(now)
        if tables.is_after_all(text):
            return text
        return _later(tables.latest(format_ns(now + AHEAD_NS)), text)

    def go_on(self, tables: Tables) -> None:
        """Has ids go on after all of ours, so that they increase also over a restart.

        A clock that was ahead when they were made may be right now, or be set right before this
        process has made one. So ids go on after the present, too, and only what is above it is
        looked for; all of it where the clock is in a time that is made up. See `thrum.purges`.
        """
        present = f"evt_{ulid_text(max(self.tick() // 1_000_000, 0), 0)}"
        above = present if present < BEYOND else ""
        (last,) = tables.db.execute(
            "SELECT max(event_id) FROM events WHERE event_id BETWEEN ? AND ? AND origin_daemon = ?",
            (above, BEYOND, self.daemon),
        ).fetchone()
        self.is_after(present)
        self.is_after(last or "")
        self.go_on_after_marks(tables)

    def go_on_after_marks(self, tables: Tables) -> None:
        """The same for ids of ours that only purges tell of: they took the events."""
        self.is_after(tables.purges.mark(self.daemon))

    def is_after(self, event_id: str) -> None:
        """Has ids go on after that one, which was ours; not after one that was made up."""
        if is_ulid_id(event_id) and event_id < BEYOND:
            self.ids.go_on_after(event_id)


class Transaction(Struct):
    """One decision's view, after everything earlier in the same batch; it is taken back alone.

    Attributes:
        tables: the tables; services below the RPC layer may use their memory part.
        now: the time of the transaction, fixed-width text. Each event gets its own, later one.
        lines: what is to be made durable before anybody is answered.
        news: what became visible, events and notices, each with whether it was made here.
        called: what its maker calls what is done here; events say so.
    """

    tables: Tables
    origin: Origin
    now: str
    lines: list[Entry] = field(default_factory=list)
    news: list[News] = field(default_factory=list)
    called: events.Called | None = None

    @property
    def db(self) -> sqlite3.Connection:
        """The writable connection. Begin, commit and roll back nothing on it."""
        return self.tables.db

    def people(self, question: Callable[[sqlite3.Connection, H], T], about: H) -> T:
        """Answers a question about nothing but agents, sessions and groups.

        Of these nothing waits to be written, so what waits of mail goes on waiting; and while none
        of them changes, what was answered once is not looked up again.

        Raises:
            Exception: whatever the question raises.
        """
        return self.tables.people(question, about)

    def emit(self, event: E, not_before: str = "") -> E:
        """Makes the event one of the log: fills it, applies it, queues its line for the journal.

        Args:
            event: what is said.
            not_before: a time that it must come after, besides those that it must in any case.

        Returns:
            The same event with time, id, version and origin.

        Raises:
            ThrumError: ``invalid_params``, a field cannot be right; ``not_found``, it changes a
                message that is not here; ``conflict``, what it is about was purged.
        """
        self._introduce(event)
        if isinstance(event, events.AboutKey) and self.tables.gate is not None:
            self.tables.gate.begin(self.db)
        target = shard(self.tables, event)
        if isinstance(event, events.MessageCreate):
            _without_duplicates(event)
        elif isinstance(event, events.AboutMessage):
            event.of = _sent(self.db, event.message_id)
        event.timestamp = self.due(event, not_before)
        event.event_id = self.origin.ids.make("evt")
        event.v = 1
        if not isinstance(event, _UNCALLED):
            event.called = self.called
        event.origin_daemon = self.origin.daemon
        try:
            line = self._signed(event)
            known: Event = event  # type: ignore[assignment]
            check(known)
        except ValueError as error:
            raise ThrumError("invalid_params", str(error)) from None
        if not apply(self.tables, known, line.decode()):
            raise ThrumError("conflict", "what the event is about was purged or cleaned up")
        self.lines.append((target, line))
        self.news.append((known, True))
        if isinstance(event, events.AboutKey):
            self.news += [(each, False) for each in withholding.heed(self.tables)]
        return event

    def due(self, event: events.Event, not_before: str = "") -> str:
        """The time that the event would bear if it were emitted now, or one just before it."""
        return _later(max(self._floor(event), not_before), self.origin.present(self.tables))

    def regate(self, gate: Gate | None, daemons: Collection[str] | None = None) -> None:
        """Has another gate say which events count, and everything count as it says.

        Args:
            gate: the new one; None: all of them do.
            daemons: whose events it may judge otherwise than the one before; None: anybody's.
        """
        before = self.tables.gate
        try:
            counting = withholding.turn(self.tables, gate, daemons)
        except BaseException:
            self.tables.gate = before
            raise
        self.news += [(each, False) for each in counting]

    def _introduce(self, event: events.Event) -> None:
        """Puts our key before the first event that is signed with it."""
        signer = self.origin.signer
        if signer is None or isinstance(event, events.AboutKey):
            return
        introduction = signer.introduction(lambda: self.db)
        if introduction is not None:
            self.emit(introduction)

    def _signed(self, event: events.Event) -> bytes:
        """The event's line, with its signature where one is made."""
        event.sig = None
        line = canonical(event)
        event.sig = self.origin.signer.sign(line) if self.origin.signer else None
        return canonical(event) if event.sig else line

    def notice(self, notice: object) -> None:
        """Has listeners told of a change that no event says, see `thrum.daemon.notices`."""
        self.news.append((notice, True))

    def _floor(self, event: events.Event) -> str:
        """The time that the event must come after to count, for clocks differ between nodes."""
        if isinstance(event, events.MessageCreate):
            return self.tables.cleaned.get(event.agent_id, NEVER)[0]
        sql = _FLOORS.get(type(event))
        if sql is None:
            return ""
        about = getattr(event, _ABOUT.get(sql, "agent_id"), "")
        row = self.db.execute(sql, (about,)).fetchone()
        return row[0] or "" if row else ""


_UNCALLED: Final = (events.MessageCreate, events.AboutKey)
"""Events that nobody calls anything: a message's own key does it, and keys come along with others.
"""
_GROUPS: Final = "SELECT max(timestamp) FROM events WHERE subject = 'groups' AND ?1 = ''"
_EDITED: Final = "SELECT updated_at FROM messages WHERE message_id = ?1"
_CLAIMED: Final = "SELECT max(timestamp) FROM events WHERE subject = ?1"
_REGISTERED: Final = (
    "SELECT max(at) FROM (SELECT substr(registration, 1, 30) AS at FROM agents WHERE agent_id = ?1"
    " UNION SELECT cleaned_at FROM agent_tombstones WHERE agent_id = ?1)"
)
_ABOUT: Final = {_EDITED: "message_id", _CLAIMED: "claim_id"}
"""The field by whose value a floor is looked up, where it is not the agent's."""
_FLOORS: Final = events.by_type(
    {
        events.MessageEdit: _EDITED,
        events.AgentRegister: _REGISTERED,
        events.ClaimTake: _REGISTERED,
        events.AboutClaim: _CLAIMED,
        events.AgentCleanup: "SELECT max(at) FROM (SELECT substr(registration, 1, 30) AS at"
        " FROM agents WHERE agent_id = ?1"
        " UNION SELECT max(created_at) FROM messages WHERE agent_id = ?1)",
        events.AboutGroup: _GROUPS,
    }
)


def _later(floor: str, now: str) -> str:
    """That time, or just after the floor if that is later; nothing is after the year 9999."""
    return now if now > floor else format_ns(min(parse(floor) + 1, LAST_NS))


def _sent(db: sqlite3.Connection, message_id: str) -> events.Sent | None:
    """The event that sent a message; None where only rows of another Thrum tell of it."""
    row = db.execute(
        "SELECT created_at, origin_daemon, agent_id, event_id FROM messages WHERE message_id = ?",
        (message_id,),
    ).fetchone()
    if row is None or not row[3]:
        return None
    return events.Sent(row[0], stream(row[1], row[2]), row[3])


def _without_duplicates(event: events.MessageCreate) -> None:
    """Each scope, ref and recipient once: some nodes fail for good on one that repeats."""
    if event.scopes:
        event.scopes = list(dict.fromkeys(event.scopes))
    if event.refs:
        event.refs = list(dict.fromkeys(event.refs))
    if event.recipients:
        event.recipients = list(dict.fromkeys(event.recipients))

"""``message.wait``: an answer as soon as there is mail, however it came."""

from __future__ import annotations

import sqlite3

import anyio
import anyio.lowlevel
import msgspec

from thrum import events
from thrum.daemon.callers import departure
from thrum.daemon.projection.queries import listing, messages
from thrum.daemon.projection.queries.listing import ListFilter
from thrum.daemon.projection.queries.rows import Row
from thrum.daemon.rpc.listing import moment
from thrum.daemon.rpc.registry import EVERYWHERE, Call, Params, Rights, method
from thrum.daemon.sync.service import SyncService
from thrum.errors import ThrumError
from thrum.events import Pair
from thrum.names import bare

LONGEST_MS = 300_000
SHOWN = 20
WAKING = (events.MessageCreate, events.AgentRegister)
AT_ONCE = 200
"""Arrivals that are looked at before other requests get their turn."""


class WaitParams(Params):
    """For how long in milliseconds, and for what.

    Messages that arrived here after the cursor `after`, or were made after `created_after` (the
    present if neither is given), count at once; after that every message that arrives counts,
    whenever another clone made it.
    """

    timeout_ms: int = 30_000
    after: str = ""
    created_after: str = ""
    mention_role: str = ""
    scope: Pair | None = None


class Waited(msgspec.Struct):
    """Whether mail came, which, and the cursor to go on from: nothing is missed in between."""

    received: bool
    messages: list[Row]
    cursor: str


@method("message.wait", rights=Rights.READS, long_poll=True, transports=EVERYWHERE)
async def wait(call: Call, params: WaitParams) -> Waited:
    """Waits until something by others is in the caller's inbox, or until the time is over."""
    if not 0 <= params.timeout_ms <= LONGEST_MS:
        raise ThrumError("invalid_params", f"timeout_ms must be from 0 to {LONGEST_MS:,}")
    if params.after and not (params.after.isascii() and params.after.isdigit()):
        raise ThrumError("invalid_params", "after is no cursor that message.wait gave")
    created_after = moment(params.created_after, "created_after")
    waiter = _Waiter(call, params)
    # Listen first, look then: what comes in between is seen at least once.
    with call.node.hub.on(WAKING, waiter.look, missed=waiter.look):
        waiter.begin()
        rows = waiter.made_since(created_after) if created_after else []
        if not rows:
            with call.service(SyncService).loop.awaited():
                rows = await waiter.arrived(params.timeout_ms / 1000)
    return Waited(bool(rows), rows, str(waiter.position))


class _Waiter:
    """One call that waits.

    Attributes:
        position: the number of the last arrival that was looked at.
        behind: whether there may be more arrivals to look at already.
    """

    def __init__(self, call: Call, params: WaitParams) -> None:
        self.me = call.agent_id
        self.db: sqlite3.Connection = call.node.store.reader()
        self.daemon_id = call.node.store.daemon_id
        self.params = params
        self.position = 0
        self.behind = False
        self.wake = anyio.Event()

    def look(self, facts: object = None) -> None:
        """Wakes up: there are messages, or there may be."""
        self.wake.set()

    def begin(self) -> None:
        """Goes to the cursor, or to the present."""
        (last,) = self.db.execute("SELECT coalesce(max(sequence), 0) FROM events").fetchone()
        # A database that was built anew numbers otherwise; an old cursor may lie beyond it.
        self.position = min(int(self.params.after), last) if self.params.after else last

    def made_since(self, created_after: str) -> list[Row]:
        """What was made since the given time."""
        role = bare(self.params.mention_role)
        wanted = ListFilter(
            for_agent="" if self.params.scope else self.me,
            mentions=(role,) if role else (),
            scope=self.params.scope,
            reader=self.me,
            exclude_author=self.me,
            created_after=created_after,
            ascending=True,
            page_size=SHOWN,
        )
        return listing.list_messages(self.db, wanted).messages

    async def arrived(self, seconds: float) -> list[Row]:
        """What arrives within the time and counts."""
        with anyio.move_on_after(seconds):
            while True:
                self.wake = anyio.Event()
                rows = self.arrived_since()
                if rows:
                    return rows
                # A cursor from long ago: others get their turn between two portions.
                await (anyio.lowlevel.checkpoint() if self.behind else self.wake.wait())
        return []

    def arrived_since(self) -> list[Row]:
        """A portion of what arrived after the position and counts; moves the position on.

        Raises:
            ThrumError: ``moved``, the caller's agent lives in another clone now.
        """
        gone = departure.of(self.db, self.me, self.daemon_id)
        if gone is not None:
            raise gone.refusal()
        rows: list[Row] = []
        arrivals = self.db.execute(
            "SELECT sequence, json_extract(event_json, '$.message_id') FROM events"
            " WHERE sequence > ? AND type = 'message.create' ORDER BY sequence LIMIT ?",
            (self.position, AT_ONCE),
        ).fetchall()
        self.behind = len(arrivals) == AT_ONCE
        for sequence, message_id in arrivals:
            self.position = sequence
            found = messages.messages_by_id(self.db, [message_id], self.me)
            rows += [row for row in found if self._counts(row)]
            if len(rows) >= SHOWN:
                break
        return rows

    def _counts(self, row: Row) -> bool:
        if row.agent_id == self.me or row.deleted:
            return False
        scope, role = self.params.scope, bare(self.params.mention_role)
        if role and Pair("mention", role) not in (row.refs or []):
            return False
        if scope:
            return scope in (row.scopes or [])
        return reached(self.db, row.message_id, self.me)


def reached(db: sqlite3.Connection, message_id: str, agent_id: str) -> bool:
    """Whether the message is in the agent's inbox."""
    found = db.execute(
        "SELECT 1 FROM message_deliveries"
        " WHERE message_id = ? AND recipient_agent_id = ? AND inbox = 1",
        (message_id, agent_id),
    ).fetchone()
    return found is not None

"""``message.wait``: an answer as soon as there is mail, however it came."""

from __future__ import annotations

import asyncio
import sqlite3

import msgspec

from thrum import events
from thrum.clock import format_ns
from thrum.daemon.projection.queries import messages as queries
from thrum.daemon.projection.queries.messages import ListFilter, Row
from thrum.daemon.rpc.message import moment
from thrum.daemon.rpc.registry import Call, Params, method
from thrum.daemon.store import Applied
from thrum.errors import ThrumError
from thrum.events import Pair
from thrum.names import bare

LONGEST_MS = 300_000
SHOWN = 20


class WaitParams(Params):
    """For how long in milliseconds, and for what.

    Messages that were made after `created_after` (the present if absent) count at once; after that
    every message that arrives counts, whenever another clone made it.
    """

    timeout_ms: int = 30_000
    created_after: str = ""
    mention_role: str = ""
    scope: Pair | None = None


class Waited(msgspec.Struct):
    """Whether mail came, which, and the time to go on from."""

    received: bool
    messages: list[Row]
    cursor: str


@method("message.wait", long_poll=True)
async def wait(call: Call, params: WaitParams) -> Waited:
    """Waits until something by others is in the caller's inbox, or until the time is over."""
    if not 0 <= params.timeout_ms <= LONGEST_MS:
        raise ThrumError("invalid_params", f"timeout_ms must be from 0 to {LONGEST_MS:,}")
    now = format_ns(call.services.now_ns())
    waiter = _Waiter(call, params, moment(params.created_after, "created_after") or now)
    hub = call.services.hub
    # Listen first, look then: what comes in between is seen at least once.
    hub.listen(waiter.heard)
    try:
        rows = waiter.made_since()
        if not rows:
            rows = await waiter.arrived(params.timeout_ms / 1000)
    finally:
        hub.leave(waiter.heard)
    return Waited(bool(rows), rows, max((row.created_at for row in rows), default=now))


class _Waiter:
    """One call that waits."""

    def __init__(self, call: Call, params: WaitParams, after: str) -> None:
        self.me = call.agent_id
        self.db: sqlite3.Connection = call.services.store.reader()
        self.params = params
        self.after = after
        self.ids: list[str] = []
        self.wake = asyncio.Event()

    def heard(self, applied: Applied) -> None:
        """Notes messages that were applied, as long as they might count."""
        fresh = [e.message_id for e, _ in applied.events if isinstance(e, events.MessageCreate)]
        if fresh:
            self.ids = (self.ids + fresh)[-1000:]
            self.wake.set()

    def made_since(self) -> list[Row]:
        """What was made since the given time."""
        role = bare(self.params.mention_role)
        wanted = ListFilter(
            for_agent="" if self.params.scope else self.me,
            mentions=(role,) if role else (),
            scope=self.params.scope,
            reader=self.me,
            exclude_author=self.me,
            created_after=self.after,
            ascending=True,
            page_size=SHOWN,
        )
        return queries.list_messages(self.db, wanted).rows

    async def arrived(self, seconds: float) -> list[Row]:
        """What arrives within the time and counts."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    await self.wake.wait()
                    self.wake.clear()
                    ids, self.ids = self.ids, []
                    rows = [row for row in self._look(ids) if self._counts(row)]
                    if rows:
                        return rows[:SHOWN]
        except TimeoutError:
            return []

    def _look(self, ids: list[str]) -> list[Row]:
        return queries.messages_by_id(self.db, ids, self.me) if ids else []

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

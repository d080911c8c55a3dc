"""``wait_for_message``: what is unread already, else what the daemon tells of when it comes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import anyio

from thrum.client import LostAnswer, RpcError
from thrum.errors import ThrumError
from thrum.mcp import mail
from thrum.mcp.asking import AWAY, held, in_thread, said_as
from thrum.mcp.catalogue import LIMIT, LONGEST_S, SECONDS
from thrum.mcp.mail import Row
from thrum.mcp.outside import Outside
from thrum.mcp.tools import MOST_MESSAGES, Call, Result, Tools, unread

ASK_S: Final = 60.0
"""Seconds for which the daemon is asked at once."""

PATIENCE_S: Final = 60.0
"""Seconds for which a daemon that went away is waited for."""

PROGRESS_S: Final = 5.0
_PAUSE_S: Final = 0.5
_SLACK_S: Final = 5.0
_NO_METHOD: Final = -32601

Counts = Callable[[Row], bool]


def anything(_row: Row) -> bool:
    """Whatever it is, it is waited for."""
    return True


class Waits:
    """The waits of one server, of which the newest counts.

    A client that gave up on a call need not say so; its wait would take the mail of the next one.
    """

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._running: anyio.CancelScope | None = None

    def end(self) -> None:
        """Has the running wait end as if its time were over."""
        if self._running is not None:
            self._running.cancel()

    async def wait(self, call: Call) -> Result:
        """See `catalogue.WAIT`.

        Raises:
            Failed: the daemon refused, or is away.
        """
        monotonic = self._tools.outside.monotonic
        began = monotonic()
        with said_as("wait for messages"):
            found = await self.until(call, float(_seconds(call.given.get("timeout"))))
        result: Result = {"status": "timeout"}
        if found is not None:
            result = {
                "status": "message_received",
                "message": mail.shown(found.row),
                "remaining": found.remaining,
            }
        return result | {"waited_seconds": int(monotonic() - began)}

    async def until(
        self, call: Call, seconds: float, counts: Counts = anything, since: str = ""
    ) -> Found | None:
        """The oldest message that the client was not given, which is reserved for the answer.

        Args:
            call: what is answered by it.
            seconds: for how long one waits.
            counts: which messages are waited for.
            since: only those that arrived after that cursor; what is unread as well if empty.

        Returns:
            None if the time was over, or a newer wait began.

        Raises:
            ThrumError: the daemon refused, or is away.
        """
        began = self._tools.outside.monotonic()
        self.end()
        found: Found | None = None
        with anyio.CancelScope() as scope:
            self._running = scope
            wait = _Wait(self._tools, began + seconds, counts, since)
            async with anyio.create_task_group() as group:
                group.start_soon(self._tell, call, began, seconds)
                await wait.go()
                group.cancel_scope.cancel()
            if wait.refusal is not None:
                raise wait.refusal
            found = wait.found
            if found is not None:
                self._tools.handed.reserve(call.request, [found.row])
        if self._running is scope:
            self._running = None
        return found

    async def present(self) -> str:
        """The cursor behind all that has arrived; empty where the daemon gives none."""
        try:
            answer = await told(self._tools.outside, "", 0.0)
        except ThrumError:
            return ""  # who asks for more is told why
        return str(answer.get("cursor") or "")

    async def _tell(self, call: Call, began: float, seconds: float) -> None:
        while True:
            await anyio.sleep(PROGRESS_S)
            await call.progress(self._tools.outside.monotonic() - began, seconds)


class Found:
    """A message, and how many more there are."""

    def __init__(self, row: Row, remaining: int) -> None:
        self.row = row
        self.remaining = remaining


class _Wait:
    """One wait; a daemon that is away is waited for if it was there.

    Attributes:
        found: the oldest message that the client was not given; None if the time was over.
        refusal: why there is no answer: the daemon refused, was never there, or stays away.
    """

    def __init__(self, tools: Tools, end: float, counts: Counts, since: str) -> None:
        self.found: Found | None = None
        self.refusal: ThrumError | None = None
        self._tools = tools
        self._end = end
        self._counts = counts
        self._away_until: float | None = None
        self._was_there = False
        self._can_push = True
        self._cursor = since
        self._must_look = not since
        self._given_back = 0

    async def go(self) -> None:
        """Waits until one of the two is known, or the time is over."""
        while True:
            try:
                self.found = await self._ask()
                self._was_there, self._away_until = True, None
            except ThrumError as error:
                if not self._may_return(error):
                    self.refusal = error
                    return
                self._must_look = True  # another daemon may count arrivals otherwise
                await anyio.sleep(min(_PAUSE_S, max(self._left(), 0.0)))
                continue
            if self.found is not None or self._left() <= 0:
                return

    def _left(self) -> float:
        return self._end - self._tools.outside.monotonic()

    async def _ask(self) -> Found | None:
        await self._tools.mark()
        if unseen := self._fresh([]):
            return Found(unseen[0], len(unseen) - 1)
        try:
            rows, total = await (self._pushed() if self._can_push else self._polled())
        except RpcError as error:
            if error.code != _NO_METHOD:
                raise
            self._can_push = False
            return None
        fresh = self._fresh(rows)
        if not fresh and total > len(rows):
            # What is on its way, cannot be marked or does not count fills all that is shown.
            rows, total = await self._polled()
            fresh = self._fresh(rows)
        if fresh:
            return Found(fresh[0], max(total - (len(rows) - len(fresh)) - 1, 0))
        if not self._can_push:
            await anyio.sleep(min(_PAUSE_S, max(self._left(), 0.0)))
        return None

    def _fresh(self, rows: list[Row]) -> list[Row]:
        return [row for row in self._tools.handed.fresh(rows) if self._counts(row)]

    async def _pushed(self) -> tuple[list[Row], int]:
        given_back = self._tools.handed.given_back
        if self._given_back != given_back:  # something that came before is nobody's again
            self._given_back, self._must_look = given_back, True
        # What arrived while no daemon was asked counts although another server has read it.
        only_looks = self._must_look and bool(self._cursor)
        # The first question is for the cursor, too: the daemon may die while one waits.
        seconds = 0.0 if self._must_look else min(max(self._left(), 0.0), ASK_S)
        after = "" if self._must_look else self._cursor
        answer = await told(self._tools.outside, after, seconds)
        self._must_look = False
        if not only_looks:
            # What is there is returned now, or on its way to the client; then counts what comes.
            self._cursor = str(answer.get("cursor") or "")
        rows: list[Row] = [row for row in answer.get("messages") or () if isinstance(row, dict)]
        return rows, max(int(answer.get("count") or 0), len(rows))

    async def _polled(self) -> tuple[list[Row], int]:
        """What is unread, in the form that every daemon knows."""
        most = (LIMIT if self._counts is anything else MOST_MESSAGES) + self._tools.handed.pending
        return await in_thread(lambda: unread(self._tools.outside, most))

    def _may_return(self, error: ThrumError) -> bool:
        """Whether the daemon went away a while ago at most, and there is time left."""
        # Who loses an answer had somebody to ask.
        self._was_there |= isinstance(error, LostAnswer) or error.kind == "shutting_down"
        if error.kind not in AWAY or not self._was_there:
            return False
        now = self._tools.outside.monotonic()
        if self._away_until is None:
            self._away_until = now + PATIENCE_S
        return now < self._away_until and self._left() > 0


async def told(outside: Outside, after: str, seconds: float) -> dict[str, Any]:
    """What the daemon tells of mail: what is unread, or what arrives after a cursor."""
    params = {
        "timeout_ms": math.ceil(seconds * 1000),
        "after": after,
        # Another server of this agent may be told first, and reads it.
        "also_read": True,
    }
    answer = await held(outside, "message.wait", params, seconds + _SLACK_S)
    return answer if isinstance(answer, dict) else {}


def _seconds(asked: int | float | None) -> int:
    seconds = int(asked or 0)
    return SECONDS if seconds <= 0 else min(seconds, LONGEST_S)

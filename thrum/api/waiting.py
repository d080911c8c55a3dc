"""Waiting: for an answer, or for whatever comes; a daemon that goes away meanwhile is waited for.

What is unread is asked of the daemon whenever something may have been missed, so that neither a
restart of the daemon nor one of this program loses anything. From then on one goes from cursor to
cursor.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any, Final

from thrum.api import faults, pages, records
from thrum.api.faults import Away
from thrum.api.line import GONE, NOT_DONE, PAUSE_S, Line
from thrum.api.records import Message
from thrum.client import Client
from thrum.errors import ThrumError

ASK_S: Final = 60.0
"""Seconds for which the daemon is asked at once."""

_SLACK_S: Final = 5.0
_AWAY: Final = NOT_DONE | GONE


def ends(timeout: float | None) -> float | None:
    """When so many seconds are over, by the clock that only goes forward; never for None."""
    return None if timeout is None else time.monotonic() + timeout


class Ear:
    """Asks ``message.wait`` on a connection of its own, which another thread may end.

    Args:
        line: the way to the daemon.

    Attributes:
        is_over: whether it was ended.
    """

    def __init__(self, line: Line) -> None:
        self._line = line
        self._client: Client | None = None
        self.is_over = False

    def end(self) -> None:
        """Has whoever listens stop at once, now and later."""
        self.is_over = True
        client = self._client
        if client is not None:
            client.abort()

    def ask(self, question: Mapping[str, object], end: float | None) -> dict[str, Any] | None:
        """One question: what came, which may be nothing; None if this was ended.

        Raises:
            ThrumError: in its class.
        """
        left = ASK_S if end is None else max(end - time.monotonic(), 0.0)
        seconds = min(left, ASK_S)
        params = self._line.filled({**question, "timeout_ms": int(seconds * 1000)})
        try:
            with self._line.dial(_SLACK_S) as self._client:
                if self.is_over:
                    return None
                answer = self._client.call("message.wait", params, seconds + _SLACK_S)
                return answer if isinstance(answer, dict) else {}
        except ThrumError as error:
            if self.is_over:
                return None
            raise faults.of(error) from error
        finally:
            self._client = None

    def until(self, question: Mapping[str, object], end: float) -> list[Message]:
        """What counts for the question as soon as there is something; nothing in time if empty.

        Raises:
            ThrumError: in its class; `Away`, the daemon did not come back.
        """
        patience = Patience(self._line.timeout)
        while not self.is_over:
            try:
                answer = self.ask(question, end)
            except Away as error:
                patience.wait(error, end)
                if time.monotonic() >= end:
                    raise
                continue
            patience.back()
            found = [records.message(each) for each in records.rows(answer or {}, "messages")]
            if found or time.monotonic() >= end:
                return found
        return []


class Patience:
    """For how long a daemon that went away is waited for, from when it did."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until: float | None = None

    def wait(self, error: Away, end: float | None) -> None:
        """Waits a moment.

        Raises:
            Away: the same, as the time is over or it is of another kind.
        """
        now = time.monotonic()
        if error.kind not in _AWAY:
            raise error
        if self._until is None:
            self._until = now + self._seconds
        if now >= self._until:
            raise error
        time.sleep(PAUSE_S if end is None else max(min(PAUSE_S, end - now), 0.0))

    def back(self) -> None:
        """It is there."""
        self._until = None


class Waiting(Iterator[Message]):
    """Unread mail, the oldest first, and then what comes; `Connection.wait` makes it.

    A message is marked as read when the next one is asked for: then the loop is done with it. Who
    leaves the loop, or is killed in it, finds that message unread again.

    Args:
        line: the way to the daemon.
        me: whose mail.
        timeout: seconds for which each message is waited for; None for as long as it takes.
        marks: whether what the loop is done with is marked as read.
    """

    def __init__(self, line: Line, me: str, timeout: float | None, *, marks: bool) -> None:
        self._line = line
        self._me = me
        self._timeout = timeout
        self._marks = marks
        self._lock = threading.Lock()
        self._ear = Ear(line)
        self._patience = Patience(line.timeout)
        self._ready: deque[Message] = deque()
        self._given = ""
        self._seen: set[str] = set()
        self._cursor = ""
        self._look: Iterator[list[Message]] | None = self._unread()
        self._is_over = False

    def __iter__(self) -> Waiting:
        return self

    def __next__(self) -> Message:
        if not self.ready(self.ear()):
            raise StopIteration
        return self.take()

    def close(self) -> None:
        """Ends the loop, from another thread too; it ends before the next message."""
        self._is_over = True
        self._ear.end()

    def ear(self) -> Ear:
        """What `ready` listens with."""
        return Ear(self._line)

    def ready(self, ear: Ear) -> bool:
        """Waits until there is a message to take; False if the time is over, or this is closed.

        Args:
            ear: what is listened with; another thread may end it, and with it this.

        Raises:
            ThrumError: in its class; `Away`, the daemon did not come back.
        """
        end = ends(self._timeout)
        with self._lock:
            self._ear = ear
            while not (self._is_over or ear.is_over):
                if self._step(end):
                    return True
                if end is not None and time.monotonic() >= end and self._look is None:
                    return False
            return False

    def take(self) -> Message:
        """The message that `ready` found."""
        message = self._ready.popleft()
        self._given = message.id
        return message

    def _step(self, end: float | None) -> bool:
        """Asks the daemon for something once; whether there is a message now."""
        try:
            self._mark()
            if not self._ready:
                self._ready += self._looked() if self._look else self._heard(end)
        except Away as error:
            self._look = self._unread()  # another daemon may count arrivals otherwise
            self._patience.wait(error, end)
            if end is not None and time.monotonic() >= end:
                raise
            return False
        self._patience.back()
        return bool(self._ready)

    def _mark(self) -> None:
        given = self._given
        if given and self._marks:
            answer = self._line.call("message.markRead", {"message_ids": [given]})
            if not (answer or {}).get("not_found"):
                self._seen.discard(given)  # no list has it any more
        self._given = ""

    def _looked(self) -> list[Message]:
        found = next(self._look, None) if self._look else None
        if found is None:
            self._look = None
        return found or []

    def _heard(self, end: float | None) -> list[Message]:
        answer = self._ear.ask({"after": self._cursor}, end) or {}
        self._cursor = str(answer.get("cursor") or self._cursor)
        return self._fresh(records.rows(answer, "messages"))

    def _unread(self) -> Iterator[list[Message]]:
        """What is unread and was not given yet, in portions, until nothing more is."""
        is_whole = False
        while not is_whole:
            is_whole, listed = True, set[str]()
            # First the cursor: what comes while one looks is then heard of.
            present = self._line.call("message.wait", {"timeout_ms": 0})
            self._cursor = str((present or {}).get("cursor") or "")
            for rows in pages.of(self._line, pages.unread(self._me)):
                listed |= {str(each.get("message_id")) for each in rows}
                if fresh := self._fresh(rows):
                    is_whole = False
                    yield fresh
                    if self._marks:
                        break  # these are read now, so that pages have moved
            else:
                self._seen &= listed

    def _fresh(self, rows: list[Mapping[str, Any]]) -> list[Message]:
        """Those that were not given yet."""
        found = [records.message(each) for each in rows]
        fresh = [each for each in found if each.id not in self._seen]
        self._seen |= {each.id for each in fresh}
        return fresh

"""The way to the daemon: one connection for all threads, dialled again where it was lost.

A daemon restarts when Thrum is upgraded, or somebody says so. What changes nothing, or bears a key
by which it is done once, is asked again until its deadline; of everything else a lost answer leaves
open whether it was done.
"""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from thrum.api import faults
from thrum.api.faults import Unsure
from thrum.client import Client, LostAnswer, Silence
from thrum.errors import ThrumError

PAUSE_S: Final = 0.1
"""Seconds until a daemon that went away is dialled again."""

NOT_DONE: Final = frozenset({"busy", "shutting_down"})
"""Kinds by which a daemon says that it did nothing."""
GONE: Final = frozenset({"daemon_down", "no_answer"})
"""Kinds by which nobody answers."""


class Line:
    """Asks the daemon; may be used by several threads, which take turns.

    Args:
        find: where the daemon's socket is; it is asked anew when a connection is.
        claim: the agent that this program says it is; empty to leave it to the daemon.
        timeout: seconds for one call, with all that is done again for it.

    Attributes:
        timeout: the same.
    """

    def __init__(self, find: Callable[[], Path], claim: str, timeout: float) -> None:
        self._find = find
        self._claim = claim
        self.timeout = timeout
        self._lock = threading.Lock()
        self._client: Client | None = None
        self._owner = 0
        self._is_closed = False

    def open(self) -> None:
        """Connects, without waiting for a daemon that is not there.

        Raises:
            ThrumError: in its class, as `Client`.
        """
        try:
            with self._lock:
                self._connection(self.timeout)
        except ThrumError as error:
            raise faults.of(error) from error

    def close(self) -> None:
        """Hangs up for good, also on a call of another thread; a second time does nothing."""
        self._is_closed = True
        client = self._client
        if client is not None:
            client.abort()
        with self._lock:
            self._hang_up()

    def call(
        self,
        method: str,
        params: Mapping[str, object],
        *,
        again: bool = True,
        changes: bool = False,
        timeout: float | None = None,
    ) -> Any:
        """The answer to a request.

        Args:
            method: its name.
            params: what it takes; what is None is left out.
            again: whether it may be asked for again, as it does no more then.
            changes: whether a lost answer leaves something open.
            timeout: seconds for it; those of the line if None.

        Raises:
            ThrumError: in its class.
        """
        deadline = time.monotonic() + (self.timeout if timeout is None else timeout)
        if not self._lock.acquire(timeout=max(deadline - time.monotonic(), 0.0)):
            raise faults.Away("no_answer", "calls of other threads took all the time there was")
        try:
            return self._asked(method, self.filled(params), deadline, again, changes)
        finally:
            self._lock.release()

    def filled(self, params: Mapping[str, object]) -> dict[str, object]:
        """Params with who asks, and without what is None."""
        claim = {"caller_agent_id": self._claim} if self._claim else {}
        return {**{k: v for k, v in params.items() if v is not None}, **claim}

    def dial(self, timeout: float) -> Client:
        """A connection of one's own, for what takes long.

        Raises:
            ThrumError: as `Client`; ``conflict``, the line is closed.
        """
        if self._is_closed:
            raise faults.Refused("conflict", "this connection is closed", "connect again")
        return Client(self._find(), dial_timeout=max(timeout, 0.001))

    def _asked(
        self,
        method: str,
        params: Mapping[str, object],
        deadline: float,
        again: bool,
        changes: bool,
    ) -> Any:
        has_left = False
        while True:
            left = deadline - time.monotonic()
            try:
                client = self._connection(left)
            except ThrumError as error:
                if error.kind not in GONE or not self._waits(deadline):
                    raise self._told(error, params, has_left and changes) from error
                continue
            try:
                return client.call(method, params, left)
            except ThrumError as error:
                if not _is_whole(error):
                    self._hang_up()
                has_left = has_left or error.kind not in NOT_DONE
                may = error.kind in NOT_DONE or (again and _is_lost(error))
                if not may or not self._waits(deadline):
                    is_open = changes and has_left and (_is_lost(error) or may)
                    raise self._told(error, params, is_open) from error

    def _connection(self, left: float) -> Client:
        known = self._client
        if known is not None and (self._owner != os.getpid() or _is_over(known)):
            # A process that was forked is another caller, to whom the kernel gives its own name.
            self._hang_up()
            known = None
        if known is None:
            known = self._client = self.dial(left)
            self._owner = os.getpid()
        return known

    def _hang_up(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def _waits(self, deadline: float) -> bool:
        """Waits a moment; False if there is no time for another try."""
        left = deadline - time.monotonic()
        if left <= 0 or self._is_closed:
            return False
        time.sleep(min(PAUSE_S, left))
        return True

    @staticmethod
    def _told(error: ThrumError, params: Mapping[str, object], is_open: bool) -> ThrumError:
        """The refusal in its class, or that nobody knows."""
        if not is_open:
            return faults.of(error)
        from thrum.ids import ending_of  # no program that is answered needs it

        ending = ending_of(str(params.get("idempotency_key") or ""))
        what = f"the message {ending}" if ending else "it"
        done = "sent" if ending else "done"
        return Unsure(
            error.kind,
            f"{error.message}, so {what} may or may not be {done}",
            error.hint,
            {**error.details, **({"message_id_ends": ending} if ending else {})},
        )


def _is_over(client: Client) -> bool:
    """Whether a connection on which nothing is asked has something to say: that it has ended."""
    look = select.poll()
    look.register(client.fileno(), select.POLLIN)
    return bool(look.poll(0))


def _is_lost(error: ThrumError) -> bool:
    """Whether the request left and no answer says what became of it."""
    is_late = error.kind == "timed_out" and bool(error.details.get("may_be_done"))
    return isinstance(error, LostAnswer | Silence) or is_late


def _is_whole(error: ThrumError) -> bool:
    """Whether the connection can still be used after that."""
    return error.kind not in {"no_answer", "shutting_down", "busy"}

"""Waiting for mail: the daemon tells when something comes, and is waited for where it is away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from thrum.cli.context import Context
from thrum.cli.lacking import UNKNOWN
from thrum.cli.render.ids import ShortIds
from thrum.cli.render.text import one_line, some
from thrum.errors import ThrumError

POLL_S: Final = 0.5
LONGEST_ASK_S: Final = 60.0
PATIENCE_S: Final = 60.0
_SLACK_S: Final = 5.0


class Received(NamedTuple):
    """What is there: the first messages, and how many there are in all."""

    messages: Sequence[Mapping[str, Any]]
    total: int

    @property
    def senders(self) -> list[str]:
        return list(dict.fromkeys(str(row.get("agent_id", "?")) for row in self.messages))

    @property
    def ids(self) -> list[str]:
        return [str(row.get("message_id", "?")) for row in self.messages]

    def as_document(self) -> dict[str, Any]:
        return {"count": self.total, "senders": self.senders, "message_ids": self.ids}

    def line(self) -> str:
        """How many, by whom, and the ends of their ids."""
        short = ShortIds(self.ids)
        names = [f"@{one_line(name)}" for name in self.senders]
        by = f" from {some(names)}" if names else ""
        ids = f": {some([one_line(short(each)) for each in self.ids])}" if self.ids else ""
        return f"{self.total} unread{by}{ids}"


class Waiter:
    """One wait: asks the daemon to answer when something comes, or asks again and again.

    A daemon that is away is waited for, because it may be restarting.

    Args:
        context: whose daemon.
        question: what is waited for, as `message.wait` takes it.
        listed: the same as `message.list` takes it, for a daemon that cannot push.
        end: until when, by the monotonic clock.
    """

    def __init__(
        self,
        context: Context,
        question: Mapping[str, object],
        listed: Mapping[str, object],
        end: float,
    ) -> None:
        self._context = context
        self._question = question
        self._listed = listed
        self._end = end
        self._away_until: float | None = None
        self._why_away: ThrumError | None = None
        self._can_push = True

    def until_received(self) -> Received | None:
        """What is there, or None when the time is over.

        Raises:
            ThrumError: the daemon refused, or did not come back.
        """
        while True:
            found = None
            try:
                found = self._ask()
                self._is_back()
            except ThrumError as error:
                self._lost(error)
            if found is not None and found.total:
                return found
            if self._left() <= 0:
                # Whoever could not ask does not know that nothing came.
                if self._why_away:
                    raise self._why_away
                return None

    def _left(self) -> float:
        return self._end - self._context.monotonic()

    def _ask(self) -> Received:
        if self._can_push:
            try:
                return self._pushed()
            except ThrumError as error:
                if error.kind != UNKNOWN:
                    raise
                self._can_push = False
        return self._polled()

    def _pushed(self) -> Received:
        seconds = max(0.0, min(self._left(), LONGEST_ASK_S))
        answer: dict[str, Any] = self._context.call(
            "message.wait",
            {**self._question, "timeout_ms": int(seconds * 1000)},
            timeout=seconds + _SLACK_S,
        )
        rows = answer.get("messages") or ()
        least = max(len(rows), int(bool(answer.get("received"))))
        return Received(rows, max(int(answer.get("count") or 0), least))

    def _polled(self) -> Received:
        """Asks a daemon that cannot push, in the form that every daemon knows."""
        answer = self._context.call("message.list", self._listed)
        rows = answer.get("messages") or ()
        if not rows:
            self._context.sleep(max(0.0, min(POLL_S, self._left())))
        return Received(rows, max(int(answer.get("total") or 0), len(rows)))

    def _lost(self, error: ThrumError) -> None:
        """Waits a moment for a daemon that is away; anything else is an error."""
        if error.kind not in {"daemon_down", "no_answer", "shutting_down"}:
            raise error
        context = self._context
        context.hang_up()
        now = context.monotonic()
        self._why_away = error
        if self._away_until is None:
            self._away_until = now + PATIENCE_S
            context.note("the daemon is away; waiting for it")
        if now >= self._away_until:
            raise error
        context.sleep(max(0.0, min(POLL_S, self._left())))

    def _is_back(self) -> None:
        if self._away_until is not None:
            self._away_until = self._why_away = None
            self._context.note("the daemon is back")

"""``thrum wait``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from thrum.cli import takes
from thrum.cli.context import Context
from thrum.cli.render.times import duration
from thrum.cli.steps.pairs import pair
from thrum.client import RpcError
from thrum.clock import format_ns
from thrum.errors import ThrumError

if TYPE_CHECKING:
    import typer

_SECOND: Final = 1_000_000_000
POLL_S: Final = 0.5
LONGEST_ASK_S: Final = 60.0
PATIENCE_S: Final = 60.0
_SLACK_S: Final = 5.0

ACTION: Final = (
    "ACTION REQUIRED: You have unread messages. "
    "Run `thrum inbox --unread` now, then answer what needs an answer."
)
_RECEIVED, _TIMEOUT, _FAILED = 0, 1, 2


def wait(
    context: Context,
    timeout: Annotated[str, typer.Option(help="how long at most, as 30s, 5m or 1h")] = "30s",
    scope: Annotated[str | None, typer.Option(help="only for this type:value")] = None,
    mention: Annotated[
        str | None, typer.Option(help="only if it mentions this role"), takes.ROLE
    ] = None,
    after: Annotated[
        str | None, typer.Option(help="count what came since: -30s is 30 s ago, +1m is in a minute")
    ] = None,
) -> int:
    """Wait until a message for you arrives.

    What arrived before does not count, unless --after reaches back: read the inbox first.
    Exit 0 when one did, 1 when the time is over, 2 when it went wrong. Nothing is shown or marked;
    read it with `thrum inbox --unread`.
    """
    try:
        end = context.monotonic() + max(0, duration(timeout, "--timeout")) / _SECOND
        since = context.now_ns() + (duration(after, "--after") if after else -_SECOND)
        question: dict[str, object] = {
            "caller_agent_id": context.caller.agent_id,
            "created_after": format_ns(since),
            "exclude_self": True,
            "mention_role": mention.removeprefix("@") if mention else None,
            "scope": pair(scope, "--scope") if scope else None,
        }
        if not scope:
            question |= {
                "for_agent": context.caller.agent_id,
                "for_agent_role": context.caller.role,
            }
        if context.options.verbose:
            context.note(f"waiting for mail to @{context.caller.agent_id}, at most {timeout}")
        found = _Waiter(context, question, end).until_received()
    except ThrumError as error:
        from thrum.cli.app import refuse

        refuse(context, error)
        return _FAILED
    if found is None:
        context.document({"status": "timeout"})
        context.note("NO_MESSAGES_TIMEOUT: run `thrum wait` again to go on listening")
        return _TIMEOUT
    context.document({"status": "received", "action": ACTION, "count": found})
    context.say("MESSAGES_RECEIVED")
    return _RECEIVED


class _Waiter:
    """One wait: asks the daemon to answer when something comes, or asks again and again.

    A daemon that is away is waited for, because it may be restarting.
    """

    def __init__(self, context: Context, question: dict[str, object], end: float) -> None:
        self._context = context
        self._question = question
        self._end = end
        self._away_until: float | None = None
        self._why_away: ThrumError | None = None
        self._can_push = True

    def until_received(self) -> int | None:
        """How many messages came, or None when the time is over.

        Raises:
            ThrumError: the daemon refused, or did not come back.
        """
        while True:
            try:
                count = self._ask()
                self._is_back()
            except ThrumError as error:
                self._lost(error)
                count = 0
            if count:
                return count
            if self._left() <= 0:
                # Whoever could not ask does not know that nothing came.
                if self._why_away:
                    raise self._why_away
                return None

    def _left(self) -> float:
        return self._end - self._context.monotonic()

    def _ask(self) -> int:
        if self._can_push:
            try:
                return self._pushed()
            except RpcError as error:
                if error.code != -32601:
                    raise
                self._can_push = False
        return self._polled()

    def _pushed(self) -> int:
        seconds = max(0.0, min(self._left(), LONGEST_ASK_S))
        answer: dict[str, Any] = self._context.call(
            "message.wait",
            {**self._question, "timeout_ms": int(seconds * 1000)},
            timeout=seconds + _SLACK_S,
        )
        return max(len(answer.get("messages") or ()), int(bool(answer.get("received"))))

    def _polled(self) -> int:
        answer = self._context.call(
            "message.list",
            {**self._question, "page_size": 10, "sort_by": "created_at", "sort_order": "desc"},
        )
        rows = answer.get("messages") or ()
        if not rows:
            self._context.sleep(max(0.0, min(POLL_S, self._left())))
        return len(rows)

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

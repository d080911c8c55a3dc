"""``thrum wait``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

from thrum.cli import takes
from thrum.cli.context import Context
from thrum.cli.lacking import UNKNOWN
from thrum.cli.pairs import pair
from thrum.cli.render.ids import ShortIds
from thrum.cli.render.text import one_line, some
from thrum.cli.render.times import duration
from thrum.clock import format_ns
from thrum.errors import ThrumError
from thrum.names import bare

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
    timeout: Annotated[
        str, typer.Option(help="how long at most, as 30s, 5m or 1h"), takes.DURATION
    ] = "30s",
    scope: Annotated[str | None, typer.Option(help="only for this type:value"), takes.PAIR] = None,
    mention: Annotated[
        str | None,
        typer.Option(help="also what mentions this role, whoever it is for"),
        takes.ROLE,
    ] = None,
    after: Annotated[
        str | None,
        typer.Option(help="only what was sent since: -30s is 30 s ago, +1m is in a minute"),
        takes.DURATION,
    ] = None,
    agent_name: Annotated[
        str | None,
        typer.Option("--agent-name", help="which of the agents of this worktree waits"),
        takes.AGENT,
    ] = None,
) -> int:
    """Wait until there is an unread message for you.

    One that is unread already counts, so it returns at once; one that you have read never does.
    Exit 0 when there is one, 1 when the time is over, 2 when it went wrong. Nothing is marked; read
    it with `thrum inbox --unread`.
    """
    try:
        end = context.monotonic() + max(0, duration(timeout, "--timeout")) / _SECOND
        me = bare(agent_name) if agent_name else context.caller.agent_id
        question: dict[str, object] = {
            "caller_agent_id": me,
            "created_after": _since(context, after) if after else None,
            "mention_role": bare(mention) if mention else None,
            "scope": pair(scope, "--scope") if scope else None,
        }
        if context.options.verbose:
            context.note(f"waiting for mail to @{me}, at most {timeout}")
        role = "" if agent_name else context.caller.role
        found = _Waiter(context, question, end, role).until_received()
    except ThrumError as error:
        from thrum.cli.app import refuse

        refuse(context, error)
        return _FAILED
    if found is None:
        context.document({"status": "timeout"})
        context.note("NO_MESSAGES_TIMEOUT: run `thrum wait` again to go on listening")
        return _TIMEOUT
    context.document({"status": "received", "action": ACTION, **found.as_document()})
    context.say("MESSAGES_RECEIVED")
    context.note(found.line())  # programs compare the whole of stdout
    return _RECEIVED


def _since(context: Context, after: str) -> str:
    return format_ns(context.now_ns() + duration(after, "--after"))


class _Received(NamedTuple):
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


class _Waiter:
    """One wait: asks the daemon to answer when something comes, or asks again and again.

    A daemon that is away is waited for, because it may be restarting.
    """

    def __init__(
        self, context: Context, question: dict[str, object], end: float, role: str
    ) -> None:
        self._context = context
        self._question = question
        self._end = end
        self._role = role
        self._away_until: float | None = None
        self._why_away: ThrumError | None = None
        self._can_push = True

    def until_received(self) -> _Received | None:
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

    def _ask(self) -> _Received:
        if self._can_push:
            try:
                return self._pushed()
            except ThrumError as error:
                if error.kind != UNKNOWN:
                    raise
                self._can_push = False
        return self._polled()

    def _pushed(self) -> _Received:
        seconds = max(0.0, min(self._left(), LONGEST_ASK_S))
        answer: dict[str, Any] = self._context.call(
            "message.wait",
            {**self._question, "timeout_ms": int(seconds * 1000)},
            timeout=seconds + _SLACK_S,
        )
        rows = answer.get("messages") or ()
        least = max(len(rows), int(bool(answer.get("received"))))
        return _Received(rows, max(int(answer.get("count") or 0), least))

    def _polled(self) -> _Received:
        """Asks a daemon that cannot push, in the form that every daemon knows."""
        me = None if self._question["scope"] else self._question["caller_agent_id"]
        answer = self._context.call(
            "message.list",
            {
                **self._question,
                "exclude_self": True,
                "for_agent": me,
                "for_agent_role": self._role if me else None,
                "unread": True,
                "page_size": 10,
                "sort_by": "created_at",
                "sort_order": "desc",
            },
        )
        rows = answer.get("messages") or ()
        if not rows:
            self._context.sleep(max(0.0, min(POLL_S, self._left())))
        return _Received(rows, max(int(answer.get("total") or 0), len(rows)))

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

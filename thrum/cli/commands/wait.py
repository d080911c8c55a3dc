"""``thrum wait``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Final

from thrum.cli import takes
from thrum.cli.context import Context
from thrum.cli.pairs import pair
from thrum.cli.render.times import duration
from thrum.cli.steps.waiting import Waiter
from thrum.clock import format_ns
from thrum.errors import ThrumError
from thrum.names import bare

if TYPE_CHECKING:
    import typer

_SECOND: Final = 1_000_000_000

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
        found = Waiter(context, question, _listed(question, role), end).until_received()
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


def _listed(question: Mapping[str, object], role: str) -> dict[str, object]:
    """The same question as `message.list` takes it."""
    me = None if question["scope"] else question["caller_agent_id"]
    return {
        **question,
        "exclude_self": True,
        "for_agent": me,
        "for_agent_role": role if me else None,
        "unread": True,
        "page_size": 10,
        "sort_by": "created_at",
        "sort_order": "desc",
    }

"""``thrum ask``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final

from thrum.cli import takes
from thrum.cli.context import Context
from thrum.cli.render import standing
from thrum.cli.render.ids import short
from thrum.cli.render.text import one_line
from thrum.cli.render.times import duration
from thrum.cli.steps import body, reading, sending
from thrum.cli.steps.waiting import Waiter
from thrum.errors import ThrumError

if TYPE_CHECKING:
    import typer

_SECOND: Final = 1_000_000_000
_NAMED: Final = 5
ANSWERED, TIMEOUT, FAILED = 0, 1, 2


def ask(
    context: Context,
    to: Annotated[
        str,
        typer.Argument(help="an agent; of a group or a role whoever is first answers"),
        takes.RECIPIENT,
    ],
    text: Annotated[
        str | None, typer.Argument(help="the question; '-' reads it from stdin")
    ] = None,
    timeout: Annotated[
        str, typer.Option(help="how long at most, as 30s, 5m or 1h"), takes.DURATION
    ] = "300s",
    stdin: Annotated[bool, typer.Option("--stdin", help="read the question from stdin")] = False,
    file: Annotated[
        str | None, typer.Option("--file", help="read the question from a file"), takes.FILE
    ] = None,
) -> int:
    """Send a question and wait for the first answer to it.

    The answer is printed and is read then. Exit 0 with an answer, 1 when the time is over (the
    question stays, and it is said how far it came), 2 when it went wrong.
    """
    try:
        lasts = max(0, duration(timeout, "--timeout")) / _SECOND
        question = _send(context, to, body.read(context, text, stdin=stdin, file=file))
    except ThrumError as error:
        return _failed(context, error)
    message_id, late = str(question["message_id"]), _late(context, question)
    context.note(f"asked {_whom(question, to)} ({short(message_id)}), waiting {timeout} at most")
    if late:
        context.note(late)
    try:
        return _answered(context, message_id, context.monotonic() + lasts)
    except ThrumError as error:
        context.note(_later(message_id))
        return _failed(context, error)
    except KeyboardInterrupt:
        context.note(_later(message_id))
        raise


def _send(context: Context, to: str, text: str) -> dict[str, Any]:
    if not text:
        raise ThrumError("usage", "the question is empty", "say something")
    me = context.caller.agent_id
    answer = sending.hand_over(
        context,
        {
            "content": text,
            "format": "markdown",
            "caller_agent_id": me,
            **sending.targets([to], []),
        },
    )
    if not answer.get("recipients"):
        raise ThrumError(
            "unknown_recipient",
            f"nobody but you would get the question {short(str(answer.get('message_id', '?')))}",
            "`thrum team` shows who is here",
        )
    return answer


def _answered(context: Context, message_id: str, end: float) -> int:
    me = context.caller.agent_id
    question = {"caller_agent_id": me, "answers": message_id}
    listed = {
        "caller_agent_id": me,
        "ref": {"type": "reply_to", "value": message_id},
        "exclude_self": True,
        "page_size": 10,
        "sort_by": "created_at",
        "sort_order": "asc",
    }
    found = Waiter(context, question, listed, end).until_received()
    if found is None:
        return _over(context, message_id)
    answer = dict(found.messages[0])
    failure = reading.mark(context, [answer])
    context.document({"status": "answered", "question_id": message_id, "answer": answer})
    reading.show(context, [answer])
    if failure:
        context.note(f"warning: {failure}")
    return ANSWERED


def _over(context: Context, message_id: str) -> int:
    """Tells how far the question came."""
    params = {"message_id": message_id, "caller_agent_id": context.caller.agent_id}
    message = context.call("message.get", params)["message"]
    people = [each for each in message.get("recipients") or () if isinstance(each, dict)]
    context.document({"status": "timeout", "question_id": message_id, "recipients": people})
    states = [
        f"@{one_line(str(each.get('agent_id')))} ({standing.full(each, context.now_ns())})"
        for each in people[:_NAMED]
    ]
    more = f" and {len(people) - _NAMED} more" if len(people) > _NAMED else ""
    context.note(f"NO_ANSWER_TIMEOUT: {', '.join(states)}{more}")
    context.note(_later(message_id))
    return TIMEOUT


def _later(message_id: str) -> str:
    name = short(message_id)
    return f"the question stays; `thrum thread {name}` shows it with what is answered to it"


def _whom(question: Mapping[str, Any], to: str) -> str:
    people = [f"@{each.get('agent_id')}" for each in question.get("recipients") or ()]
    return one_line(people[0] if len(people) == 1 else f"{len(people)} of {to}")


def _late(context: Context, question: Mapping[str, Any]) -> str:
    people = [each for each in question.get("recipients") or () if isinstance(each, dict)]
    return standing.late(people, context.now_ns())


def _failed(context: Context, error: ThrumError) -> int:
    from thrum.cli.app import refuse

    refuse(context, error)
    return FAILED

"""``thrum reply``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from thrum.audience import SYSTEM, answered_to, author_of
from thrum.cli import takes
from thrum.cli.context import Context
from thrum.cli.spellings import older
from thrum.cli.steps import body, reading, sending
from thrum.errors import ThrumError

if TYPE_CHECKING:
    import typer


def reply(
    context: Context,
    message_id: Annotated[
        str, typer.Argument(help="the message; the end of its id will do"), takes.RECEIVED_MESSAGE
    ],
    text: Annotated[str | None, typer.Argument(help="the answer; '-' reads it from stdin")] = None,
    format: Annotated[
        str, typer.Option(help="markdown, plain or json"), takes.words("markdown", "plain", "json")
    ] = "markdown",
    stdin: Annotated[bool, typer.Option("--stdin", help="read the text from stdin")] = False,
    file: Annotated[
        str | None,
        typer.Option("--file", help="read the text from a file"),
        takes.FILE,
        older("--body-file"),
    ] = None,
) -> None:
    """Answer a message.

    The answer goes to its author and to everyone it was addressed to, and the message is marked
    as read.
    """
    content = body.read(context, text, stdin=stdin, file=file)
    if not content:
        raise ThrumError("usage", "the answer is empty", "say something")
    caller = context.caller
    parent: dict[str, Any] = context.call("message.get", {"message_id": message_id})["message"]
    if author_of(parent) == SYSTEM:
        raise ThrumError("not_allowed", "a message of the system takes no answer")
    everyone, mentions = answered_to(parent, caller.agent_id)
    answer = sending.hand_over(
        context,
        {
            "content": content,
            "format": format,
            "caller_agent_id": caller.agent_id,
            "reply_to": parent["message_id"],
            "to": "@everyone" if everyone else None,
            "mentions": mentions,
        },
    )
    failure = reading.mark(context, [{"message_id": parent["message_id"]}])
    sending.report(context, answer, "Answered with")
    if failure:
        context.note(f"warning: {failure}")

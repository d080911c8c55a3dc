"""``thrum message``: one message at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from thrum.cli import takes
from thrum.cli.context import Context
from thrum.cli.render import messages
from thrum.cli.render.ids import short
from thrum.cli.render.message import as_row, one
from thrum.cli.render.text import cut, one_line
from thrum.cli.spellings import older
from thrum.cli.steps import body, reading
from thrum.cli.steps.confirming import confirmed
from thrum.errors import ThrumError
from thrum.plurals import counted

if TYPE_CHECKING:
    import typer

_ID = "the message; the end of its id will do"
WITHDRAW_S: Final = 65.0

_AT_ONCE: Final = 1000
"""Messages that are marked by one request at most."""


def get(
    context: Context, message_id: Annotated[str, typer.Argument(help=_ID), takes.MESSAGE]
) -> None:
    """Show one message and mark it as read.

    On a terminal and with --verbose everything that is known of it is shown.
    """
    answer: dict[str, Any] = context.call("message.get", _asked(context, message_id))
    row = as_row(answer["message"])
    failure = reading.mark(context, [row])
    context.document(answer)
    if context.is_plain and not context.options.verbose:
        reading.show(context, [row])
    else:
        me, is_long = context.caller.agent_id, context.options.verbose
        context.say(one(answer["message"], context.now_ns(), me=me, is_long=is_long))
    if failure:
        context.note(f"warning: {failure}")


def _asked(context: Context, message_id: str) -> dict[str, object]:
    return {"message_id": message_id, "caller_agent_id": context.caller.agent_id}


def edit(
    context: Context,
    message_id: Annotated[str, typer.Argument(help=_ID), takes.OWN_MESSAGE],
    text: Annotated[str | None, typer.Argument(help="the new text; '-' reads stdin")] = None,
    stdin: Annotated[bool, typer.Option("--stdin", help="read the text from stdin")] = False,
    file: Annotated[
        str | None,
        typer.Option("--file", help="read the text from a file"),
        takes.FILE,
        older("--body-file"),
    ] = None,
) -> None:
    """Replace the text of a message of yours."""
    content = body.read(context, text, stdin=stdin, file=file)
    if not content:
        raise ThrumError("usage", "the new text is empty", "`thrum message delete` deletes it")
    answer = context.call(
        "message.edit",
        {
            "message_id": message_id,
            "content": content,
            "caller_agent_id": context.caller.agent_id,
        },
    )
    context.document(answer)
    edits = int(answer.get("version") or 1)
    again = f", {edits} times by now" if edits > 1 else ""
    context.done(f"✓ Edited {short(answer['message_id'])}{again}")


def delete(
    context: Context,
    message_id: Annotated[str, typer.Argument(help=_ID), takes.OWN_MESSAGE],
    yes: Annotated[bool, typer.Option("--yes", help="do not ask"), older("--force")] = False,
    reason: Annotated[str | None, typer.Option(help="why, for those who see it is gone")] = None,
) -> None:
    """Delete a message of yours, everywhere.

    Nobody is shown it any more. The text stays in the files of a-sync and in their history: see
    docs/secrets.md.
    """
    if not yes and not _agreed(context, message_id):
        context.done("Nothing deleted.")
        return
    answer = context.call(
        "message.delete",
        {
            "message_id": message_id,
            "reason": reason,
            "caller_agent_id": context.caller.agent_id,
        },
    )
    context.document(answer)
    context.done(f"✓ Deleted {short(answer.get('message_id', message_id))}")
    context.hint("its text stays in the files of a-sync and in their history")


def _agreed(context: Context, message_id: str) -> bool:
    """Whether the person at the terminal agrees to lose the message, which is shown."""
    message = context.call("message.get", _asked(context, message_id))["message"]
    text = cut(one_line(messages.body_text(message)), 40)
    which = f"{short(message['message_id'])} ({text})"
    refusal = "deleting a message cannot be taken back"
    return confirmed(context, f"Delete {which} everywhere?", yes=False, otherwise=refusal)


def withdraw(
    context: Context,
    message_id: Annotated[str, typer.Argument(help=_ID), takes.OWN_MESSAGE],
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
) -> None:
    """Take a message back that has not left this clone, as if it had never been sent.

    Its text goes, too: from branch, journal, database and git's objects. Edits, receipts and a
    deletion of it go with it; answers to it stay. What others may have is refused: delete it.
    """
    if context.stdin_is_terminal and not confirmed(
        context, f"Take {one_line(message_id)} back with its text?", yes=yes, otherwise=""
    ):
        context.done("Nothing taken back.")
        return
    answer: dict[str, Any] = context.call(
        "message.withdraw",
        {"message_id": message_id, "caller_agent_id": context.caller.agent_id},
        timeout=WITHDRAW_S,
    )
    context.document(answer)
    context.done(f"✓ Withdrawn {one_line(str(answer['message_id']))}")
    if answer.get("answers"):
        context.done(f"  {counted(answer['answers'], 'answer')} to it stay")
    for place in answer.get("left") or ():
        context.say(f"  Its text may still be in {one_line(str(place))}")


def read(
    context: Context,
    message_ids: Annotated[
        list[str] | None, typer.Argument(help="ends of ids will do"), takes.UNREAD_MESSAGE
    ] = None,
    all: Annotated[bool, typer.Option("--all", help="everything that is unread now")] = False,
) -> None:
    """Mark messages as read.

    With --all everything that is unread when the command begins, whether it was shown or not.
    """
    if bool(message_ids) == all:
        raise ThrumError(
            "usage",
            "ids and --all exclude each other" if all else "no message is named",
            "give the ids that `thrum inbox --unread` shows, or --all",
        )
    answer = _read_all(context) if all else _mark(context, message_ids or [])
    context.document(answer)
    count = answer.get("marked_count", 0)
    if count or not answer.get("not_found"):
        context.done(_marked(count, all))
    missing = ", ".join(str(each) for each in answer.get("not_found") or ())
    if missing:
        hint = str(answer.get("hint") or "`thrum inbox` shows ids")
        raise ThrumError("not_found", f"there is no message {missing} to you", hint)


def _marked(count: int, all: bool) -> str:
    if count:
        return f"✓ Marked {counted(count, 'message')} as read"
    return "No unread messages." if all else "All of these were read before."


def _mark(context: Context, ids: list[str]) -> dict[str, Any]:
    answer: dict[str, Any] = context.call(
        "message.markRead", {"message_ids": ids, "caller_agent_id": context.caller.agent_id}
    )
    return answer


def _read_all(context: Context) -> dict[str, Any]:
    """Marks as many as were unread at the start, the oldest first.

    They are counted and not told by their time, since a sender's clock may be ahead of ours.
    """
    mine = {"unread": True, "caller_agent_id": context.caller.agent_id}
    answer: dict[str, Any] = context.call("message.markRead", mine)
    marked = count = int(answer.get("marked_count") or 0)
    left = int(answer.get("markable_remaining") or 0)
    while count and left > 0:
        answer = context.call("message.markRead", {**mine, "at_most": min(left, _AT_ONCE)})
        count = int(answer.get("marked_count") or 0)
        marked, left = marked + count, left - count
    return answer | {"marked_count": marked}

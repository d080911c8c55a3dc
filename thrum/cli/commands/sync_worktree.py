"""``thrum sync worktree``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from thrum.cli import takes
from thrum.cli.context import Context
from thrum.cli.render.text import one_line
from thrum.errors import ThrumError

if TYPE_CHECKING:
    import typer

ACTIONS: Final = ("status", "on", "off")
LIMIT_S: Final = 65.0


def worktree(
    context: Context,
    action: Annotated[
        str, typer.Argument(help="status, on or off"), takes.words(*ACTIONS)
    ] = "status",
    keep: Annotated[
        bool, typer.Option("--keep", help="off: move files that are not ours out of the way")
    ] = False,
) -> None:
    """Have the branch's files in a folder that follows each commit, to search in them.

    What is appended there by an older Thrum comes in. Without `on` there is no such folder.
    """
    if keep and action != "off":
        raise ThrumError("usage", "--keep goes with off only")
    # Whoever only looks may be nobody.
    claim = {} if action == "status" else {"caller_agent_id": context.caller.agent_id}
    answer: dict[str, Any] = context.call(
        f"sync.worktree.{action}", {"keep": keep or None, **claim}, timeout=LIMIT_S
    )
    context.document(answer)
    context.say(text(answer))


def text(answer: dict[str, Any]) -> str:
    """How it stands, one fact per line; facts that are not there are left out."""
    facts = [("Worktree", str(answer.get("state") or "unknown")), ("State", answer.get("text"))]
    facts.append(("Path", answer.get("path")))
    for name, key in (
        ("Trouble", "trouble"),
        ("Kept aside", "kept"),
        ("Also checked out, not in step", "other_checkouts"),
    ):
        facts += [(name, each) for each in answer.get(key) or ()]
    return "".join(f"{name}: {one_line(str(value))}\n" for name, value in facts if value)

"""``thrum who-has``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Any, Final

from thrum.cli import takes
from thrum.cli.context import Context
from thrum.cli.render.claims import held_by
from thrum.cli.render.text import one_line
from thrum.cli.render.times import ago_words
from thrum.cli.steps.rooted import behind
from thrum.errors import ThrumError
from thrum.plurals import counted

if TYPE_CHECKING:
    import typer

Row = dict[str, Any]

NOW: Final = "just now"


def who_has(
    context: Context,
    file: Annotated[
        str,
        typer.Argument(help="a path from the root of the repository, or its end"),
        takes.REPOSITORY_FILE,
    ],
    fresh: Annotated[
        bool, typer.Option("--fresh", help="wait longer than a second for large worktrees")
    ] = False,
) -> None:
    """Who edits a file: on a branch, or not committed yet; and who has claimed it.

    The worktrees of this clone are looked at now; of other clones it is told what they said last.
    """
    if not file.strip("/"):
        raise ThrumError("usage", "which file?", "give its path, or the end of it")
    wanted = from_root(context, file)
    answer: Row = context.call(
        "agent.listContext", {"file": wanted, "fresh": fresh or None, "include_ended": True}
    )
    context.document(answer)
    rows: list[Row] = answer.get("contexts") or []
    now_ns = context.now_ns()
    context.say("\n".join(held_by(each, now_ns) for each in answer.get("claims") or ()))
    if not rows:
        context.done(f"No agents are currently editing {one_line(wanted)}{_as_of(context, answer)}")
        if not os.path.lexists(context.start / file):
            context.hint(f"there is no {one_line(file)} here")
        return
    context.say("\n".join(line(row, wanted, now_ns) for row in rows))


def _as_of(context: Context, answer: Row) -> str:
    """As of when that is, where some of it was not seen just now."""
    oldest = str(answer.get("as_of") or "")
    age = ago_words(oldest, context.now_ns()) if oldest else NOW
    return "" if age == NOW else f", as of {age} for those that are elsewhere"


def from_root(context: Context, file: str) -> str:
    """The path from the root of the worktree, if the file is there or said to be; else as given."""
    if context.toplevel is None:
        return file
    root = os.path.realpath(context.toplevel)
    path = behind(context.start / file)
    is_place = file.startswith(("/", "./", "../"))
    if not path.is_relative_to(root) or not (is_place or os.path.lexists(path)):
        return file
    return str(path.relative_to(root))


def line(row: Row, file: str, now_ns: int) -> str:
    """One agent's work on the file: which path, how much, since when, on which branch."""
    change = _change(row, file)
    branch = one_line(str(row.get("branch") or "unknown"))
    if change is not None:
        file = str(change.get("path"))
        added, removed = int(change.get("additions") or 0), int(change.get("deletions") or 0)
        moment = ago_words(str(change.get("last_modified") or ""), now_ns)
        much = f"+{added} -{removed}, {one_line(str(change.get('status') or ''))} {moment}"
    else:
        uncommitted = row.get("uncommitted_files") or []
        file = next((name for name in uncommitted if _ends(name, file)), file)
        much = counted(len(uncommitted), "uncommitted change")
    ended = row.get("ended_at")
    does = "left" if ended else "is editing"
    said = f"@{one_line(str(row.get('agent_id')))} {does} {one_line(file)} ({much})"
    past = f", session ended {ago_words(str(ended), now_ns)}" if ended else ""
    seen = ago_words(str(row.get("git_updated_at")), now_ns) if row.get("git_updated_at") else NOW
    past += f", as of {seen}" if seen != NOW and not ended else ""
    return f"{said}, branch: {branch}{past}"


def _change(row: Row, file: str) -> Row | None:
    changes: list[Row] = row.get("file_changes") or []
    return next((each for each in changes if _ends(str(each.get("path")), file)), None)


def _ends(path: str, file: str) -> bool:
    return f"/{path}".endswith(f"/{file.strip('/')}")

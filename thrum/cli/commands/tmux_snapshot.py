"""``thrum tmux snapshot``: what this session said, for the one that goes on with its work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from thrum.cli import takes
from thrum.cli.context import Context
from thrum.cli.render.text import one_line, visible
from thrum.cli.steps import hinting, snapshotting
from thrum.errors import ThrumError
from thrum.plurals import counted
from thrum.snapshots import layout, seeking, shelf
from thrum.snapshots.seeking import Transcript

if TYPE_CHECKING:
    import typer

_NONE = "No restart snapshot found"


def save(
    context: Context,
    reason: Annotated[str, typer.Option(help="why, as the snapshot says it")] = layout.SELF,
    jsonl: Annotated[
        str | None,
        typer.Option("--jsonl", help="the transcript, where it is not found by itself"),
        takes.FILE,
    ] = None,
) -> None:
    """Save the last of what you and your person said, without tools and what was injected.

    The next session is shown it by `thrum prime`, until it has acted on it. It comes from the
    transcript that your runtime writes; `restart.max_lines` says how much of it is kept.
    """
    agent = context.caller.agent_id
    found = _named(context, agent, jsonl) if jsonl else _found(context, agent)
    try:
        saved = snapshotting.save(context, agent, found, reason)
    except OSError as error:
        path = str(found[0].path)
        text = f"{path}: {error.strerror or error}"
        raise _failed(context, "extract-failed", text, path=path) from error
    if saved is None:
        path = str(found[0].path)
        raise _failed(
            context, "extract-failed", f"nothing that was said is found in {path}", path=path
        )
    context.document(
        {
            "agent": agent,
            "path": str(saved.path),
            "lines": saved.lines,
            "turns": saved.turns,
            "reason": reason,
            "session": saved.transcript.session,
            "runtime": saved.transcript.adapter.name,
            "transcript": str(saved.transcript.path),
            "found_by": saved.transcript.way,
        }
    )
    turns = counted(saved.turns, "turn")
    context.done(f"✓ Snapshot saved: {counted(saved.lines, 'line')} of {turns}")
    if saved.transcript.way == "place":
        context.hint(f"it is of the newest conversation here: {saved.transcript.path}")


def restore(context: Context) -> int:
    """Print what the session before left; then it counts as used, and the last five are kept."""
    mine = shelf.of(context.place.local, context.speaker.agent_id)
    text = _text(mine)
    if not text.strip():
        context.document({"restart_snapshot": None})
        context.done(_NONE)
        return 1
    context.document({"restart_snapshot": text})
    context.say(visible(text))
    context.stdout.flush()
    mine.use_up()
    return 0


def check(context: Context) -> int:
    """Say by the exit code whether there is a snapshot to go on from: 0 if there is, 1 if not."""
    has_one = bool(_text(shelf.of(context.place.local, context.speaker.agent_id)).strip())
    context.document({"has_snapshot": has_one})
    return 0 if has_one else 1


def _text(mine: shelf.Shelf) -> str:
    try:
        return mine.text()
    except ValueError as error:
        raise ThrumError("storage", f"{mine.path} cannot be read: {error}") from error


def _named(context: Context, agent: str, jsonl: str) -> list[Transcript]:
    path = context.path(jsonl)
    if not path.is_file():
        raise _failed(context, "jsonl-not-found", f"there is no file {path}", path=str(path))
    mine = next((each for each in context.evidence.here if each.name == agent), None)
    told = shelf.of(context.place.local, agent).told()
    first = told.get("runtime", ""), snapshotting.runtime(context, mine)
    return seeking.of_path(path, *first)


def _found(context: Context, agent: str) -> list[Transcript]:
    """The transcript of the agent's session.

    Raises:
        ThrumError: ``not_found``, with the hint that goes with it.
    """
    found = snapshotting.found(context, agent)
    if found:
        return [found]
    mine = next((each for each in context.evidence.here if each.name == agent), None)
    runtime = snapshotting.runtime(context, mine)
    if runtime and runtime not in {each.name for each in seeking.known()}:
        todo = f"write {shelf.of(context.place.local, agent).path} yourself"
        able = seeking.titles()
        text = f"the conversations of {one_line(runtime)} cannot be read, but those of {able} can"
        raise ThrumError("not_found", text, todo)
    if mine is None or not mine.agent_pid:
        raise _failed(context, "no-pid", f"no process of @{one_line(agent)} is known")
    text = f"no conversation of @{one_line(agent)}, process {mine.agent_pid}, is found"
    raise _failed(context, "no-jsonl", text, pid=mine.agent_pid)


def _failed(context: Context, what: str, text: str, **about: object) -> ThrumError:
    """The refusal, after the hint that goes with it was told."""
    hints = hinting.find(context, "tmux snapshot save", {"failure": what, "said": text, **about})
    hinting.tell(context, hints)
    return ThrumError("not_found", text, None, {"hints": [each.tree() for each in hints]})

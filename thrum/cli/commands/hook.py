"""``thrum hook``: what a runtime starts at an event of a session."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from thrum.cli import acting, takes
from thrum.cli.context import Context
from thrum.cli.render.text import one_line
from thrum.cli.steps import delivering
from thrum.errors import ThrumError
from thrum.runtimes import registry
from thrum.runtimes.contract import COMPACTED, Adapter, Event, Guard, Leave, Moment, Reach

if TYPE_CHECKING:
    import typer

_MOST: Final = 1_048_576
"""Characters of stdin that are read; what is longer is no event that we know."""

_AWAY: Final = frozenset({"anonymous_caller", "daemon_down", "not_initialized"})
"""Kinds of errors that are no fault: nobody is there to be told, or to tell."""

_GOES_ON: Final = frozenset({"clear", COMPACTED, "fork", "resume"})
"""Ends of a conversation after which the program goes on with another one."""

_ACTS: Final = frozenset({Moment.TOOLS, Moment.END_OF_TURN})
"""What comes only when the model has done something."""

POINTER: Final = (
    "Run /thrum:prime to load your session context, identity, and any restart snapshots.\n"
)
"""What a session begins with where it is to ask for the rest itself."""


def hook(
    context: Context,
    event: Annotated[str, typer.Argument(help="the event by the runtime's own name")],
    runtime: Annotated[str, typer.Option(help="which runtime calls"), takes.RUNTIME] = "",
    wake: Annotated[
        bool, typer.Option("--wake", help="wait in the background, and wake the session for mail")
    ] = False,
) -> int:
    """Answer an agent runtime that tells of an event; `thrum setup` has it do so.

    What the runtime says of the event comes on stdin. Whatever goes wrong, the session goes on.
    """
    try:
        adapter = registry.adapter(runtime)
    except ThrumError as error:
        # Another version's setup wrote it; nobody knows in which shape to answer.
        if not wake:
            context.note(f"thrum: {error.message}")
        return 0
    try:
        if wake:
            return _wake(context, adapter, event)
        _answer(context, adapter, event)
    except OSError as error:
        raise ThrumError("system", f"the reply cannot be given: {error}") from error
    return 0


def _wake(context: Context, adapter: Adapter, event: str) -> int:
    """Waits until the session is to be woken; the status to end with, without a word otherwise."""
    way = adapter.wake(event)
    if way is not None and way.session:
        session = context.env.get(way.session, "")
        found: Event | None = Event(event, Moment.END_OF_TURN, session=session)
    else:
        found = _heard(context, adapter, event) if way else None
    if way is None or found is None or found.is_subagent:
        return 0
    # Imported here: no other hook waits.
    from thrum.cli.steps import waking

    try:
        return waking.wait(context, adapter, way, found)
    except Exception as error:  # noqa: BLE001 -- the session goes on, and mail comes at a boundary
        if not (isinstance(error, ThrumError) and error.kind in _AWAY):
            from thrum.setup import fired

            fired.failed(Path(context.env.get("HOME", "/")), adapter.name, f"{event}: {error}")
        return 0


def _answer(context: Context, adapter: Adapter, event: str) -> None:
    if adapter.guard and adapter.guard.hook.event == event:
        _guard(context, adapter, adapter.guard)
        return
    found = _heard(context, adapter, event)
    leave = adapter.leave if found else None
    if found and leave and leave.is_for(found):
        _permit(context, adapter, leave, found)
    elif found is None or found.is_subagent:
        context.stdout.write(adapter.reply(found, "").stdout)
    elif found.moment is Moment.START:
        _begin(context, adapter, found)
    else:
        _pass(context, adapter, found)


def _guard(context: Context, adapter: Adapter, guard: Guard) -> None:
    """Refuses an edit of what another agent holds; whatever goes wrong, the edit is made."""
    # Imported here: hardly an event is one before an edit.
    from thrum.cli.steps import refusing

    given, text = _given(context) or {}, ""
    try:
        text = refusing.refusal(context, guard.files(given), given)
    except ThrumError as error:
        if error.kind not in {*_AWAY, "method_not_found"}:
            raise
    said = guard.say(guard.hook.event, text) if text else adapter.reply(None, "")
    context.stdout.write(said.stdout)


def _pass(context: Context, adapter: Adapter, event: Event) -> None:
    """Brings what arrived; where the daemon is away, nothing."""
    text: str | None = None
    try:
        with delivering.brought(context, adapter, event) as text:
            context.stdout.write(adapter.reply(event, text).stdout)
    except ThrumError as error:
        if text is None:
            context.stdout.write(adapter.reply(event, "").stdout)
        if error.kind not in _AWAY:
            raise
    if event.moment in _ACTS:
        acting.in_session(context, event.session)
    if event.moment is Moment.BEFORE_COMPACTION:
        _save(context, adapter, event)
    if event.moment is Moment.END and event.source not in _GOES_ON:
        # Imported here: hardly an event is an end, or a beginning.
        from thrum.cli.steps import joining

        joining.leave(context)


def _permit(context: Context, adapter: Adapter, leave: Leave, event: Event) -> None:
    """Answers for the person whom the runtime asks, if a supervisor does; else says nothing."""
    # Imported here: hardly an event asks for leave.
    from thrum.cli.steps import permitting

    answer = None
    try:
        answer = permitting.answered(context, adapter, leave, event)
    except ThrumError as error:
        if error.kind not in _AWAY:
            raise
    found = answer or adapter.reply(event, "")
    context.stdout.write(found.stdout)


def _save(context: Context, adapter: Adapter, event: Event) -> None:
    """Saves what was said before less of it is remembered; where nobody lives, nothing."""
    # Imported here: hardly an event is one before a compaction.
    from thrum.cli.steps import snapshotting

    try:
        snapshotting.before_compaction(context, adapter, event)
    except ThrumError as error:
        if error.kind not in {*_AWAY, "identity"}:
            raise


def _begin(context: Context, adapter: Adapter, event: Event) -> None:
    """Tells a session that begins what it needs; nothing where it needs nothing."""
    from thrum.cli.steps import handing, priming
    from thrum.prime import page

    if not adapter.hooks_run_here and Path(event.cwd).is_absolute():
        context.cwd = Path(event.cwd)
    nobody = _join(context)
    try:
        found = priming.gather(context, with_mail=False, nobody=nobody)
    except Exception as error:  # noqa: BLE001 -- such as an answer of another shape
        context.note(f"thrum: what a session is told cannot be gathered: {error!r}")
        context.stdout.write(adapter.reply(event, POINTER).stdout)
        return
    if not found.is_set_up or page.is_needless(found.facts):
        context.stdout.write(adapter.reply(event, "").stdout)
        return
    text = page.compose(found.facts, context.now_ns(), whole=adapter.room)
    if found.at_start == "pointer":
        text = POINTER
    is_read = adapter.reach(event, text) is Reach.CONTEXT
    with handing.over(context, found, is_shown=is_read and page.shows_snapshot(found.facts, text)):
        context.stdout.write(adapter.reply(event, text).stdout)
    context.stdout.flush()
    try:
        delivering.begin(context, adapter, event)
    except ThrumError as error:
        if error.kind not in _AWAY:
            raise
    if found.agent:
        acting.begins(context, found.agent, adapter, event)


def _join(context: Context) -> str:
    """Has the agent of this worktree be at work again; else why this program is not that agent."""
    from thrum.cli.steps import joining

    # What people are told besides is nothing for a runtime.
    is_quiet, context.options.quiet = context.options.quiet, True
    try:
        joining.join(context)
    except ThrumError as error:
        known = {*_AWAY, "no_answer"}
        todo = f"; {error.hint}" if error.hint else ""
        return "" if error.kind in known else one_line(f"{error.message}{todo}")
    finally:
        context.options.quiet = is_quiet
    return ""


def _heard(context: Context, adapter: Adapter, event: str) -> Event | None:
    """The event; None for one that nobody knows, or of which nothing can be understood."""
    given = _given(context)
    return None if given is None else adapter.read(event, given, context.env)


def _given(context: Context) -> dict[str, Any] | None:
    """What the runtime says; empty where it says nothing, None where that is no object."""
    if context.stdin_is_terminal:
        return {}
    try:
        said = context.stdin.read(_MOST)
        found = json.loads(said) if said.strip() else {}
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None

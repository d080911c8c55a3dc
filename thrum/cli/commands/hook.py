"""``thrum hook``: what a runtime starts at an event of a session."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from thrum.cli import takes
from thrum.cli.context import Context
from thrum.cli.steps import handing, priming
from thrum.errors import ThrumError
from thrum.prime import page
from thrum.runtimes import registry
from thrum.runtimes.contract import Adapter, Event, Moment

if TYPE_CHECKING:
    import typer

_MOST: Final = 1_048_576
"""Characters of stdin that are read; what is longer is no event that we know."""

_FRAME: Final = 500
"""Characters that a runtime's cap keeps for what stands around a text."""

POINTER: Final = (
    "Run /thrum:prime to load your session context, identity, and any restart snapshots.\n"
)
"""What a session begins with where it is to ask for the rest itself."""


def hook(
    context: Context,
    event: Annotated[str, typer.Argument(help="the event by the runtime's own name")],
    runtime: Annotated[str, typer.Option(help="which runtime calls"), takes.RUNTIME] = "",
) -> None:
    """Answer an agent runtime that tells of an event; `thrum setup` has it do so.

    What the runtime says of the event comes on stdin. Whatever goes wrong, the session goes on.
    """
    try:
        adapter = registry.adapter(runtime)
    except ThrumError as error:
        # Another version's setup wrote it; nobody knows in which shape to answer.
        context.note(f"thrum: {error.message}")
        return
    try:
        _answer(context, adapter, event)
    except OSError as error:
        raise ThrumError("system", f"the reply cannot be given: {error}") from error


def _answer(context: Context, adapter: Adapter, event: str) -> None:
    found = adapter.read(event, _given(context), context.env)
    if found and found.moment is Moment.START and not found.is_subagent:
        _begin(context, adapter, found)
    else:
        context.stdout.write(adapter.reply(found, "").stdout)


def _begin(context: Context, adapter: Adapter, event: Event) -> None:
    """Tells a session that begins what it needs; nothing where there is no Thrum."""
    if not adapter.hooks_run_here and Path(event.cwd).is_absolute():
        context.cwd = Path(event.cwd)
    try:
        found = priming.gather(context)
    except Exception as error:  # noqa: BLE001 -- such as an answer of another shape
        context.note(f"thrum: what a session is told cannot be gathered: {error!r}")
        context.stdout.write(adapter.reply(event, POINTER).stdout)
        return
    if not found.is_set_up:
        context.stdout.write(adapter.reply(event, "").stdout)
        return
    whole = adapter.longest - _FRAME if adapter.longest else None
    text = page.compose(found.facts, context.now_ns(), whole=whole)
    if found.at_start == "pointer":
        text = POINTER
    with handing.over(context, found, is_shown=page.shows_snapshot(found.facts, text)):
        context.stdout.write(adapter.reply(event, text).stdout)


def _given(context: Context) -> dict[str, Any]:
    """What the runtime says; nothing where it says nothing that can be understood."""
    if context.stdin_is_terminal:
        return {}
    try:
        found = json.loads(context.stdin.read(_MOST))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}

"""``thrum hook``: what a runtime starts at an event of a session."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Final

from thrum.cli import takes
from thrum.cli.context import Context
from thrum.cli.steps import priming
from thrum.errors import ThrumError
from thrum.prime import page
from thrum.runtimes import registry
from thrum.runtimes.contract import Moment

if TYPE_CHECKING:
    import typer

_MOST: Final = 1_048_576
"""Characters of stdin that are read; what is longer is no event that we know."""


def hook(
    context: Context,
    event: Annotated[str, typer.Argument(help="the event by the runtime's own name")],
    runtime: Annotated[
        str, typer.Option(help="which runtime calls"), takes.words(*registry.MODULES)
    ] = "",
) -> None:
    """Answer an agent runtime that tells of an event; `thrum setup` has it do so.

    What the runtime says of the event comes on stdin. Whatever goes wrong, the session goes on.
    """
    adapter = registry.adapter(runtime)
    found = adapter.read(event, _given(context), context.env)
    text = ""
    if found and found.moment is Moment.START and not found.is_subagent:
        text = page.compose(priming.gather(context).facts, context.now_ns())
    context.stdout.write(adapter.reply(found, text).stdout)


def _given(context: Context) -> dict[str, Any]:
    if context.stdin_is_terminal:
        return {}
    try:
        found = json.loads(context.stdin.read(_MOST))
    except (ValueError, RecursionError) as error:
        raise ThrumError("invalid_params", f"what came on stdin is no JSON: {error}") from None
    return found if isinstance(found, dict) else {}

"""``thrum demo``."""

from __future__ import annotations

from thrum import demo as play
from thrum.cli.context import Context
from thrum.cli.render.text import visible


def demo(context: Context) -> int:
    """Watch two clones exchange messages through git, in a temporary folder.

    Exit 1 when a message is missing. Nothing is left behind.
    """
    told: list[str] = []

    def say(line: str) -> None:
        told.append(line)
        context.say(visible(line))
        context.stdout.flush()

    complete = play.play(context.env, say)
    context.document({"complete": complete, "lines": told})
    return 0 if complete else 1

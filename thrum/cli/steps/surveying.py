"""Which agent runtimes there are for this person, and which of them is used in a work tree."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from thrum.errors import ThrumError
from thrum.runtimes import detection, presets, registry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from thrum.cli.context import Context
    from thrum.runtimes.contract import Adapter


def every(context: Context) -> Sequence[Adapter]:
    """Ours and the person's; ours alone where nobody knows theirs, with a note if a file is wrong.

    For commands that tell of more than runtimes, and shall not fail because of them.
    """
    home = context.env.get("HOME", "")
    if not home:
        return registry.every()
    try:
        return presets.read(Path(home)).every()
    except ThrumError as error:
        context.note(str(error))
        return registry.every()


def used_here(context: Context) -> str:
    """The first runtime of which the work tree or the environment shows signs; no program is run.

    Empty where there is none.
    """
    root = context.toplevel or context.start
    seen = detection.detect(every(context), root, context.env, patience=0)
    return seen[0].runtime if seen else ""

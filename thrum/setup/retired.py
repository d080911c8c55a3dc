"""What older Thrums wrote where this one writes nothing: the settings of Claude that a team shares.

Their scripts would tell an agent everything once more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from thrum.runtimes import mark
from thrum.runtimes.contract import Adapter, Entry, Part
from thrum.setup import editing, foreign
from thrum.setup.foreign import Obstacle
from thrum.setup.plan import Change
from thrum.setup.wanted import Ground

RUNTIME: Final = "claude"
_FILE: Final = Path(".claude", "settings.json")
_NOTE: Final = "takes out what an older Thrum put there"


def changes(ground: Ground, adapters: Iterable[Adapter]) -> Iterator[Change]:
    """The files of the work trees from which something of older Thrums is to be taken.

    Args:
        ground: where setup takes place.
        adapters: the runtimes that are set up.
    """
    is_meant = any(adapter.name == RUNTIME for adapter in adapters)
    for root in ground.roots if is_meant else ():
        path = root / _FILE
        if ground.home / _FILE == path:
            continue
        try:
            before = foreign.read(path)
            if not any(word in before.text for word in (mark.PROGRAM, *mark.RETIRED)):
                continue
            entry = Entry(Part.HOOKS, path, ("hooks", "SessionStart"), None, joins=True)
            after = editing.cleared(before.text, [entry], None).text
        except (Obstacle, ValueError):
            # Nothing of ours goes into it, so nobody has to hear that it cannot be read.
            continue
        if after != before.text:
            yield Change(
                path,
                (Part.HOOKS,),
                (RUNTIME,),
                "change",
                before,
                before.encoded(after if after is not None else "{}\n"),
                notes=(_NOTE,),
            )


def put(changes: Iterable[Change]) -> list[Obstacle]:
    """Writes them; what was in the way. It is for good, so nothing is remembered of it."""
    obstacles = []
    for change in changes:
        try:
            if change.before:
                foreign.replace(change.before, change.after)
        except Obstacle as obstacle:
            obstacles.append(obstacle)
    return obstacles

"""The line of runtimes that come from Gemini CLI: between two rules, a sign and a hint in it.

Their cursor is wherever they left it, and says nothing. So only the whole hint, with the room that
the drawn cursor takes before it, is an empty line.
"""

from __future__ import annotations

import re
from typing import Final

from thrum.runtimes.screens.marks import Line
from thrum.runtimes.screens.shown import Shown

_SIGN: Final = re.compile(r"^ {0,2}[>*!](?: (.*))?$")
_HINT: Final = "  Type your message or @path/to/file"


def line(shown: Shown, upper: str, lower: str, most_below: int) -> Line | None:
    """The line between the last two rules, if only so many rows stand below.

    Args:
        shown: the screen.
        upper: what the rule above is drawn with.
        lower: what the rule below is drawn with.
        most_below: rows.
    """
    ends = [at for at, row in enumerate(shown.rows) if row.startswith(lower * 20)]
    starts = [at for at, row in enumerate(shown.rows) if row.startswith(upper * 20)]
    if not ends or len(shown.rows) - ends[-1] > most_below:
        return None
    bottom = ends[-1]
    top = max((at for at in starts if at < bottom), default=-1)
    rows = shown.rows[top + 1 : bottom] if top >= 0 else ()
    found = _SIGN.match(rows[0]) if rows else None
    if found is None:
        return None
    first = found[1] or ""
    text = "\n".join([first, *rows[1:]])
    return Line("" if text == _HINT else text.strip() or " ", top, bottom + 1)

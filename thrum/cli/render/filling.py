"""Sentences in columns."""

from __future__ import annotations

import re
import textwrap
from typing import Final

_INDENT: Final = re.compile(r" *(?:\d  )?")


def filled(text: str, columns: int) -> str:
    """Each line in at most so many columns; what is indented or numbered keeps its indent."""
    out = []
    for line in text.splitlines():
        begin = _INDENT.match(line)
        indent = " " * (begin.end() if begin else 0)
        out += textwrap.wrap(line, columns, subsequent_indent=indent, break_on_hyphens=False) or [
            ""
        ]
    return "\n".join(out)

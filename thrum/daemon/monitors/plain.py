"""An output as text that can be shown anywhere. Pure."""

from __future__ import annotations

import re
from typing import Final

# Each alternative ends at the first byte that it does not take, so a text is passed once.
_ESCAPES: Final = re.compile(
    r"\x1b(?:"
    r"\[[0-?]*[ -/]*[@-~]?"  # colours and movements
    r"|[\]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\)?"  # titles, links and other strings
    r"|[ -/]*[0-~]?"
    r")"
)
_CONTROLS: Final = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)
"""What moves a cursor, ends a line for some, or turns the direction of what follows."""


def plain(data: bytes) -> str:
    """The text, lines and tabs kept, without what commands a terminal.

    Bytes that are no UTF-8 are shown as such.
    """
    return _CONTROLS.sub("", _ESCAPES.sub("", data.decode("utf-8", "replace")))

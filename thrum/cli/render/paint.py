"""Colours that mean something: unread, yours, good, doubtful, bad. Nothing is told by them alone.

A text is painted when it is as wide as it shall be: what colours it takes no column, and what
measures or cuts it would count it.
"""

from __future__ import annotations

from typing import Final


class Paint:
    """Colours texts, or leaves them as they are where colours are not wanted."""

    def __init__(self, is_on: bool) -> None:
        self.is_on = is_on

    def _in(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.is_on and text else text

    def unread(self, text: str) -> str:
        """What was not read yet."""
        return self._in("1", text)

    def you(self, text: str) -> str:
        """Who or what the reader is."""
        return self._in("36", text)

    def good(self, text: str) -> str:
        """All is well."""
        return self._in("32", text)

    def doubtful(self, text: str) -> str:
        """Somebody should look."""
        return self._in("33", text)

    def bad(self, text: str) -> str:
        """It does not go on by itself: broken, blocked."""
        return self._in("31", text)

    def aside(self, text: str) -> str:
        """What matters less than the rest."""
        return self._in("2", text)


NONE: Final = Paint(is_on=False)
"""Leaves everything as it is."""

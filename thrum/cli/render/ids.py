"""Ids as short as they may be on one page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from thrum.cli.render.text import one_line

SHORTEST: Final = 6


class ShortIds:
    """The endings of ids: at least six characters, more where two ids on the page share them."""

    def __init__(self, ids: Iterable[str]) -> None:
        known = set(ids)
        length = SHORTEST
        longest = max((len(each) for each in known), default=0)
        while length < longest and len({each[-length:] for each in known}) < len(known):
            length += 1
        self._length = length

    def __call__(self, full: str) -> str:
        """The ending of the id, without its prefix; an id of another form is given whole."""
        prefix, underscore, body = full.partition("_")
        if not underscore or len(body) < self._length or not prefix:
            return full
        return body[-self._length :]


def short(full: object) -> str:
    """The ending of one id that stands by itself, on one line."""
    text = str(full)
    return one_line(ShortIds([text])(text))

"""Which claims may overlap with one, by where they lie; see `thrum.claims.patterns`."""

from __future__ import annotations

import json
from typing import Final, NamedTuple

from thrum.claims import patterns
from thrum.claims.patterns import What

NEAR: Final = """
kind = :kind AND (anchor IN (SELECT value FROM json_each(:above))
  OR anchor >= :below AND anchor < :beyond)
"""
"""A condition on rows of the table of claims, with the values of `Near`."""

_ABOVE_ALL: Final = chr(0x10FFFF)


class Near(NamedTuple):
    """The anchors above something, as a JSON list, and the first and the end of those below."""

    kind: str
    above: str
    below: str
    beyond: str


def near(what: What) -> Near:
    """Where everything lies that may overlap with it."""
    anchor = patterns.anchor(what)
    if what.kind == "key":
        return Near("key", json.dumps([anchor]), "", "")
    above = json.dumps(patterns.above(anchor))
    if not anchor:
        return Near("path", above, "", _ABOVE_ALL)
    return Near("path", above, f"{anchor}/", f"{anchor}0")  # "0" comes after "/"

"""What every push to a page has in common; the modules of the nouns have the pushes themselves."""

from __future__ import annotations

from typing import ClassVar

import msgspec


class Pushed(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A push that `events.since` gives again to whoever missed it.

    It carries how things are by now, as the list of its kind would show them, so applying it twice
    does no harm. `cursor` is where to go on from: of what is told together only the last names the
    place after it, the others the one before. `sequence` never falls from push to push, and tells
    which of two is the later one. Both are absent where a subscription of the Unix socket is
    served. `client_id` is what its maker called it.
    """

    name: ClassVar[str]
    """The method, as in ``notification.message``."""

    cursor: str = ""
    sequence: int = 0
    client_id: str = ""

"""What was handed to the client, so that each message is returned once and none is lost.

A message that an answer holds is reserved for it, and counts as read only when the answer has been
written. Where the client cancels, or goes away before, nothing was marked, and the next call
returns the message.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

Row = Mapping[str, Any]
Request = int | str

_MOST_REMEMBERED: Final = 5_000


class Handed:
    """The messages that are on their way to the client, or were there.

    Attributes:
        unmarked: those that reached the client and of which the daemon does not know it yet.
        given_back: how often answers that held some were dropped.
    """

    def __init__(self) -> None:
        self.unmarked: dict[str, None] = {}
        self.given_back = 0
        self._known: dict[str, None] = {}
        self._under_way: dict[Request, list[str]] = {}
        self._cancelled: set[Request] = set()

    @property
    def pending(self) -> int:
        """How many the daemon lists as unread all the same: those on their way and the unmarked."""
        return len(self.unmarked) + sum(map(len, self._under_way.values()))

    def fresh(self, rows: Iterable[Row]) -> list[Row]:
        """Those that no answer has or had."""
        return [row for row in rows if row["message_id"] not in self._known]

    def reserve(self, request: Request, rows: Iterable[Row]) -> None:
        """Says that the answer to a request holds these messages; one that is dropped has none."""
        if request in self._cancelled:
            return
        ids = [str(row["message_id"]) for row in rows]
        self._under_way[request] = ids
        self._known |= dict.fromkeys(ids)

    def written(self, request: Request) -> bool:
        """Takes note that an answer was written; whether there is something to mark now."""
        self.unmarked |= dict.fromkeys(self._under_way.pop(request, ()))
        return bool(self.unmarked)

    def dropped(self, request: Request) -> None:
        """Takes note that nobody wants the answer any more, whether there is one yet or not."""
        self._cancelled.add(request)
        held = self._under_way.pop(request, ())
        for each in held:
            self._known.pop(each, None)
        self.given_back += bool(held)

    def marked(self, ids: Iterable[str]) -> None:
        """Takes note that the daemon knows of these."""
        for each in ids:
            self.unmarked.pop(each, None)
        # A list that was asked for before may still come in, so they are remembered for a while.
        for each in list(self._known)[: max(0, len(self._known) - _MOST_REMEMBERED)]:
            if each not in self.unmarked:
                del self._known[each]

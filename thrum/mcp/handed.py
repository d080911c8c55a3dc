"""What was handed to the client, so that each message is returned once and none is lost.

A message that an answer holds is reserved for it, and counts as read only when the answer has been
written. Where the client cancels, or goes away before, nothing was marked, and the next call
returns the message. A client may also cancel what is written already: it has not looked at the
answer then, and what that held is kept here until another answer has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

Row = Mapping[str, Any]
Request = int | str

_MOST_REMEMBERED: Final = 5_000
_MOST_ANSWERS: Final = 32


@dataclass(frozen=True, slots=True)
class _Answer:
    """What an answer holds.

    Attributes:
        rows: all of it, by id.
        again: those that an answer held before, which nobody looked at.
    """

    rows: dict[str, Row]
    again: dict[str, Row]


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
        self._under_way: dict[Request, _Answer] = {}
        self._written: dict[Request, _Answer] = {}
        self._cancelled: set[Request] = set()
        self._unseen: dict[str, Row] = {}

    @property
    def pending(self) -> int:
        """How many the daemon lists as unread all the same: those on their way and the unmarked."""
        return len(self.unmarked) + sum(len(each.rows) for each in self._under_way.values())

    def fresh(self, rows: Iterable[Row]) -> list[Row]:
        """Those of the daemon's that no answer has or had, and those that nobody looked at.

        The oldest come first.
        """
        known = self._known.keys() | self._unseen.keys()
        found = [*self._unseen.values(), *(row for row in rows if row["message_id"] not in known)]
        return sorted(found, key=lambda row: str(row.get("created_at") or ""))

    def reserve(self, request: Request, rows: Iterable[Row]) -> None:
        """Says that the answer to a request holds these messages; one that is dropped has none."""
        if request in self._cancelled:
            return
        held = {str(row["message_id"]): row for row in rows}
        again = {each: row for each in held if (row := self._unseen.pop(each, None))}
        self._under_way[request] = _Answer(held, again)
        self._known |= dict.fromkeys(held)

    def written(self, request: Request) -> bool:
        """Takes note that an answer was written; whether there is something to mark now."""
        answer = self._under_way.pop(request, None)
        if answer is not None:
            self.unmarked |= dict.fromkeys(answer.rows)
            self._written[request] = answer
            for oldest in list(self._written)[:-_MOST_ANSWERS]:
                del self._written[oldest]
        return bool(self.unmarked)

    def dropped(self, request: Request) -> None:
        """Takes note that nobody wants the answer any more, whether there is one yet or not."""
        self._cancelled.add(request)
        answer = self._under_way.pop(request, None)
        if answer is not None:
            self._give_back(answer.rows, answer.again)

    def overlooked(self, request: Request) -> None:
        """Takes note that nobody has looked at the answer, which was written."""
        answer = self._written.pop(request, None)
        if answer is not None:
            # The daemon may know already that they are read, and tells of them no more.
            self._give_back(answer.rows, answer.rows)

    def _give_back(self, rows: Mapping[str, Row], unseen: Mapping[str, Row]) -> None:
        for each in rows:
            self._known.pop(each, None)
            self.unmarked.pop(each, None)
        self._unseen |= unseen
        self.given_back += bool(rows)

    def marked(self, ids: Iterable[str]) -> None:
        """Takes note that the daemon knows of these."""
        for each in ids:
            self.unmarked.pop(each, None)
        # A list that was asked for before may still come in, so they are remembered for a while.
        for each in list(self._known)[: max(0, len(self._known) - _MOST_REMEMBERED)]:
            if each not in self.unmarked:
                del self._known[each]

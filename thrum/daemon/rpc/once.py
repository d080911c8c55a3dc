"""Doing once what a client asks for twice, because the answer was lost.

A client calls what it asks for by an id of its own, and the events that come of it say so. So the
log itself tells what was done under that name, also to a daemon that was killed before it answered,
or whose database was built anew; the first answer is made of it again. Names count for a day, as
the keys of messages do, and are each caller's own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from msgspec import Struct

from thrum import events
from thrum.clock import format_ns, parse
from thrum.daemon.projection.facts import Event
from thrum.daemon.projection.queries import again
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from thrum.daemon.transaction import Transaction

T = TypeVar("T")
E = TypeVar("E", bound=events.Event)

COUNTS_NS: Final = 24 * 3600 * 1_000_000_000
"""For so long a name is known."""


class Once(Struct, Generic[T], frozen=True):
    """How a method answers again what it did before under a name.

    Attributes:
        client_id: the name; empty: it is done each time.
        again: the answer, of the events that came of it the first time; at least one.
        is_part: whether these are only the beginning of it, so that it is gone on with.
    """

    client_id: str
    again: Callable[[Transaction, Sequence[Event]], T]
    is_part: Callable[[Sequence[Event]], bool] = lambda done: False

    def before(self, transaction: Transaction, by: str) -> list[Event]:
        """What the caller did under the name already."""
        if not self.client_id:
            return []
        day = format_ns(parse(transaction.now) - COUNTS_NS)
        found = again.done(transaction.db, by, self.client_id, day)
        return [] if self.is_part(found) else found

    def called(self, by: str) -> events.Called | None:
        """What events say that come of it now."""
        return events.Called(by, self.client_id) if self.client_id else None


def only(done: Sequence[Event], kind: type[E]) -> list[E]:
    """Those events of what was done that are of a kind.

    Raises:
        ThrumError: ``conflict``, something else was done under the name.
    """
    found: list[E] = [each for each in done if isinstance(each, kind)]
    if not found:
        raise ThrumError(
            "conflict", "that client_id is of something else that you did", "take another one"
        )
    return found

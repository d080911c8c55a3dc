"""Who wants to know: whoever asked is told of what a commit made visible, on the event loop.

The writer thread speaks before it answers anybody, so who gets an answer finds that everybody has
heard of what led to it; only senders of messages may be faster, by one commit. What reaches which
agent is never decided here: deliveries in the database say it.

What waits to be told is bounded. Where the loop does not keep up (another clone's history comes in
while it is busy), whole batches are left out, and every listener is told that it missed something,
so that it looks for itself or says so to its own; nothing is left out silently.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from msgspec import Struct, field

from thrum.daemon.eventloop import EventLoop

logger = logging.getLogger("thrum.hub")

MOST_WAITING: Final = 20_000
"""Facts that may wait for the loop."""

SLOW_S: Final = 0.1
"""Who takes longer over one batch holds up everybody, and is named."""

News = tuple[object, bool]
"""An event that became visible, or a local notice (`thrum.daemon.notices`); whether it was made
on this node."""

Heard = Callable[[Sequence[News]], None]
"""Told of the news of one batch that it asked for, in their order; at least one."""


class Listener(Struct, eq=False):
    """One who asked. Call `end`, or use it as a context, to hear nothing any more.

    Attributes:
        types: the classes of events and notices it wants; subclasses do not count.
        heard: told on the loop; be quick, or hop to a task of your own.
        missed: told instead when something was left out.
        owner: the service that asked, for whom `Hub.drop` ends it.
        trouble: what was wrong with how it heard the last time; empty if nothing was.
    """

    hub: Hub
    types: frozenset[type]
    heard: Heard
    missed: Callable[[], None]
    owner: str
    trouble: str = ""

    def end(self) -> None:
        """From now on it hears nothing, not even what is on its way."""
        self.hub._listeners.pop(self, None)

    def __enter__(self) -> Listener:
        return self

    def __exit__(self, *error: object) -> None:
        self.end()


def _nothing() -> None:
    """For those who look at the database anyway each time they are told."""


class Hub(Struct):
    """The listeners of one daemon.

    Args:
        monotonic: the clock by which slow listeners are found.
        most: news that may wait.

    Attributes:
        left_out: news that no listener was told of, because the loop did not keep up.
        left_out_at: when that was last, by the monotonic clock.
    """

    monotonic: Callable[[], float] = time.monotonic
    most: int = MOST_WAITING
    left_out: int = 0
    left_out_at: float = -math.inf
    _loop: EventLoop | None = None
    _listeners: dict[Listener, None] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _waiting: list[Sequence[News]] = field(default_factory=list)
    _count: int = 0
    _missed: bool = False
    _called: bool = False

    def on(
        self,
        types: Iterable[type],
        heard: Heard,
        *,
        missed: Callable[[], None] = _nothing,
        owner: str = "",
    ) -> Listener:
        """From now on `heard` is told of news of these types. On the event loop."""
        self._loop = EventLoop.here()
        made = Listener(self, frozenset(types), heard, missed, owner)
        self._listeners[made] = None
        return made

    def drop(self, owner: str) -> int:
        """Ends everything that a service listens to; how many that were."""
        found = [each for each in self._listeners if each.owner == owner]
        for each in found:
            each.end()
        return len(found)

    def count(self, owner: str = "") -> int:
        """How many listen on behalf of a service, or of connections."""
        return sum(each.owner == owner for each in self._listeners)

    def trouble(self, owner: str) -> str:
        """Which listeners of a service are slow or fail; empty when all heard well of the last."""
        found = [each for each in self._listeners if each.owner == owner]
        return "; ".join(dict.fromkeys(each.trouble for each in found if each.trouble))

    def tell(self, news: Sequence[News]) -> None:
        """Takes a batch from the writer thread; costs nothing while nobody listens."""
        loop = self._loop
        if not news or loop is None or not self._listeners:
            return
        with self._lock:
            if self._count + len(news) > self.most and self._waiting:
                self._missed = True
                self.left_out += len(news)
                self.left_out_at = self.monotonic()
            else:
                self._waiting.append(news)
                self._count += len(news)
            if self._called:
                return
            self._called = True
        loop.soon(self._tell)

    # -- on the loop --

    def _tell(self) -> None:
        with self._lock:
            batches, self._waiting, self._count = self._waiting, [], 0
            missed, self._missed, self._called = self._missed, False, False
        for news in batches:
            kinds = {type(each[0]) for each in news}
            for listener in tuple(self._listeners):
                if kinds <= listener.types:
                    self._call(listener, listener.heard, list(news))
                elif not kinds.isdisjoint(listener.types):
                    wanted = [each for each in news if type(each[0]) in listener.types]
                    self._call(listener, listener.heard, wanted)
        if missed:
            logger.warning("the event loop did not keep up; listeners look for themselves")
            for listener in tuple(self._listeners):
                self._call(listener, listener.missed)

    def _call(self, listener: Listener, function: Callable[..., None], *args: object) -> None:
        if listener not in self._listeners:
            return  # one before it had it end
        began, owner = self.monotonic(), listener.owner or "a connection"
        trouble = ""
        try:
            function(*args)
        except Exception as error:
            # One listener's defect is not the others' loss.
            logger.exception("a listener of %s failed", owner)
            trouble = f"it failed to hear of a batch: {type(error).__name__}: {error}"
        lasted = self.monotonic() - began
        if lasted > SLOW_S:
            slow = f"it took {lasted:.1f} s to hear of a batch, and held up everybody"
            logger.warning("%s: %s", owner, slow)
            trouble = trouble or slow
        listener.trouble = trouble

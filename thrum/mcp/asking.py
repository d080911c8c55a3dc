"""Asking the daemon without holding up the event loop, and saying what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from anyio import to_thread

from thrum.client import Client
from thrum.errors import ThrumError
from thrum.mcp.outside import Outside

T = TypeVar("T")

AWAY: Final = frozenset({"daemon_down", "no_answer", "shutting_down"})
"""Kinds of refusals after which the daemon may come back."""

_NOT_REACHED: Final = frozenset({*AWAY, "sandbox", "system"})
_NOBODY: Final = frozenset(
    {"identity", "identity_mismatch", "anonymous_caller", "moved", "not_initialized"}
)


class Failed(Exception):
    """What a model is told when a tool could not do what was asked."""


@contextmanager
def said_as(doing: str) -> Iterator[None]:
    """Has a refusal be told with what was tried and what to do.

    Raises:
        Failed: instead of the refusal.
    """
    try:
        yield
    except ThrumError as error:
        if error.kind in _NOT_REACHED:
            doing = "connect to daemon"
        elif error.kind in _NOBODY:
            doing = "load identity"
        hint = f"; {error.hint}" if error.hint else ""
        raise Failed(f"{doing}: {error.message}{hint}") from error


async def in_thread(work: Callable[[], T]) -> T:
    """The result of something that blocks; who is cancelled does not wait for its end."""
    return await to_thread.run_sync(work, abandon_on_cancel=True)


async def held(outside: Outside, method: str, params: Mapping[str, object], seconds: float) -> Any:
    """Asks, as the server's agent, what the daemon answers only when something happens.

    Whoever is cancelled hangs up, so that the daemon does not go on for nobody.

    Raises:
        ThrumError: as ``Client.call``.
    """
    asked = _Held(outside)
    try:
        return await in_thread(lambda: asked.call(method, params, seconds))
    finally:
        asked.end()


class _Held:
    """A call that another thread may end."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self._client: Client | None = None
        self._is_over = False

    def call(self, method: str, params: Mapping[str, object], seconds: float) -> Any:
        with self._outside.connect() as self._client:
            if self._is_over:
                return None
            me = {"caller_agent_id": self._outside.me().agent_id}
            return self._client.call(method, {**params, **me}, seconds)

    def end(self) -> None:
        self._is_over = True
        if self._client is not None:
            self._client.abort()

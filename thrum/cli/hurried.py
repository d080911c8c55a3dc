"""A connection to the daemon of somebody who cannot wait."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from thrum.client import Client, Dial

LEAST_S: Final = 0.001
"""What a question gets at least; an answer may be there already."""


class Hurried(Client):
    """Asks for as long as there is time, whatever a question asks for.

    Args:
        socket_path: the daemon's socket.
        left: tells how many seconds there are still.
        dial: as of `Client`.

    Raises:
        ThrumError: as `Client`.
    """

    def __init__(
        self, socket_path: Path, left: Callable[[], float], dial: Dial | None = None
    ) -> None:
        self._left = left
        seconds = max(left(), LEAST_S)
        super().__init__(socket_path, seconds, seconds, dial)

    def call(
        self, method: str, params: Mapping[str, object] | None = None, timeout: float | None = None
    ) -> Any:
        """As `Client.call`."""
        left = max(self._left(), LEAST_S)
        return super().call(method, params, left if timeout is None else min(left, timeout))

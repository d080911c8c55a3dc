"""The environment that the git program inherits, renewed when the daemon's own is no use any more.

A daemon lives for weeks. Meanwhile the ssh agent that it was started with ends, a token expires, a
proxy changes, and the user's shells have newer ones. So the environment of each command that the
same user runs is noted; when the remote cannot be reached with the one in use, the newest is tried.
It is kept if it helps, and else not tried again. Nothing is ever written down.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, ItemsView, Iterator, Mapping
from typing import Final

_OF_ITS_TERMINAL: Final = frozenset(
    {"_", "PWD", "OLDPWD", "SHLVL", "LINES", "COLUMNS", "TERM", "TMUX", "TMUX_PANE", "WINDOWID"}
)
"""Variables that differ from one shell to the next and say nothing about a remote."""
_MOST_REFUSED: Final = 16
"""Environments that are remembered as refused, for several shells may take turns."""


class Inherited(Mapping[str, str]):
    """A mapping that may be replaced while others read it.

    Attributes:
        on_call: called when somebody has connected, with nothing known of them yet.
    """

    def __init__(self, own: Mapping[str, str]) -> None:
        self._now = dict(own)
        self._before = self._now
        self._newest: Mapping[str, str] = {}
        self._tried: Mapping[str, str] = {}
        self._refused: deque[Mapping[str, str]] = deque(maxlen=_MOST_REFUSED)
        self._callers: list[int] = []
        self.on_call: Callable[[], object] = lambda: None

    def __getitem__(self, name: str) -> str:
        return self._now[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._now)

    def __len__(self) -> int:
        return len(self._now)

    def items(self) -> ItemsView[str, str]:
        """Those of one moment, whatever is renewed meanwhile."""
        return self._now.items()

    def called_by(self, pid: int) -> None:
        """Notes that a process has connected; the newest one counts."""
        if pid > 0:
            self._callers = [pid]
            self.on_call()

    def take_caller(self) -> int:
        """The process that connected last, once; 0 if none did since."""
        callers, self._callers = self._callers, []
        return callers[0] if callers else 0

    def heard(self, environment: Mapping[str, str]) -> None:
        """Notes what a command of the user's has. Any thread."""
        # Of another HOME it is another life, with settings and keys of its own.
        if environment.get("HOME") != self._now.get("HOME"):
            return
        said = {name: text for name, text in environment.items() if _says_something(name)}
        if self._is_new(said):
            self._newest = said

    @property
    def has_newer(self) -> bool:
        """Whether there is one that says something else and was not refused."""
        return self._is_new(self._newest)

    def _is_new(self, said: Mapping[str, str]) -> bool:
        return not said.items() <= self._now.items() and said not in self._refused

    def renew(self) -> bool:
        """Turns to the newest; False if there is none that `has_newer` speaks of.

        What the newest lacks stays: an agent's shell may have been given very little.
        """
        if not self.has_newer:
            return False
        self._tried = self._newest
        self._before, self._now = self._now, {**self._now, **self._tried}
        return True

    def turn_back(self, *, refused: bool) -> None:
        """Turns to the one before, for the newest was no better.

        Args:
            refused: whether the remote said no to it, so that it need not be tried again.
        """
        self._now = self._before
        if refused:
            self._refused.append(self._tried)


def _says_something(name: str) -> bool:
    return name not in _OF_ITS_TERMINAL and not name.startswith("THRUM_")

"""What the server has of the world: handed in, so that the command line decides what it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from thrum.client import Client


class Me(NamedTuple):
    """The agent that the server speaks for."""

    agent_id: str
    role: str


class Caller(Protocol):
    """Asks the daemon, as ``Client.call`` does, on a connection of its own."""

    def __call__(
        self, method: str, params: Mapping[str, object], timeout: float | None = None
    ) -> Any:
        """The result.

        Raises:
            ThrumError: as ``Client.call``, or there is no daemon.
        """
        ...


Rooted = Callable[[list[str]], tuple[str, list[str]]]


def _as_said(said: list[str]) -> tuple[str, list[str]]:
    return "", said


@dataclass(frozen=True, slots=True)
class Outside:
    """Everything is looked at anew each time, and may be used by any thread.

    Attributes:
        me: which agent this is now; raises `ThrumError` as `thrum.cli.speaker.find` does.
        call: asks the daemon.
        connect: a connection to listen on.
        prime: what an agent is told at the start of a session.
        random_hex: so many random bytes as hexadecimal text.
        monotonic: seconds that only go forward.
        now_ns: the clock, nanoseconds since 1970.
        rooted: the directory of the agent, from the root of its worktree, and paths as the daemon
            takes them there.
        is_compatible: whether the tools of older programs are offered, too.
    """

    me: Callable[[], Me]
    call: Caller
    connect: Callable[[], Client]
    prime: Callable[[], str]
    random_hex: Callable[[int], str]
    monotonic: Callable[[], float]
    now_ns: Callable[[], int]
    rooted: Rooted = _as_said
    is_compatible: bool = False

"""What an agent does, and by what one knows. Pure.

The first line that holds counts:

| of the agent is known                                 | it is     | since            | evidence |
|-------------------------------------------------------|-----------|------------------|----------|
| it has no open session                                | `OFFLINE` | its last ended   | session  |
| its process has ended                                 | `OFFLINE` |                  | process  |
| a session of a runtime asks for leave                 | `WAITING` | it asked         | hook     |
| it said it is blocked or stuck, and began no turn     | `BLOCKED` | it said so       | said     |
| nobody answers what it asks leave for on its screen   | `BLOCKED` | that was noted   | said     |
| a session of a runtime is in a turn                   | `WORKING` | the turn began   | hook     |
| one is idle                                           | `IDLE`    | it is            | hook     |
| it said that it works, or is idle                     | that      | it said so       | said     |
| its process runs                                      | `LIVE`    | its session began| process  |
| its session is open, as far as its clone told         | `LIVE`    | its session began| session  |

Sessions of a runtime that gave their last sign before the agent's session began are over.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from msgspec import Struct

from thrum.daemon.delivery.sitting import Doing, Sitting

WORKING: Final = "working"
IDLE: Final = "idle"
BLOCKED: Final = "blocked"
STUCK: Final = "stuck"
"""What a file says of an agent whose question nobody answers."""

WAITING: Final = "waiting"
LIVE: Final = "live"
OFFLINE: Final = "offline"

SESSION: Final = "session"
PROCESS: Final = "process"
HOOK: Final = "hook"
SAID: Final = "said"


class State(NamedTuple):
    """What an agent does, since when (0 if nobody knows), and the evidence."""

    doing: str
    since_ns: int
    evidence: str


class Known(Struct, frozen=True, kw_only=True):
    """What is known of an agent.

    Attributes:
        began_ns: when its open session began; 0 if none is open.
        ended_ns: when its last session ended; 0 if none did.
        runs: whether its process runs; None if nobody can tell.
        sittings: its sessions of runtimes.
        said: its own word, as it stands in its identity file; may be empty.
        said_ns: when it said so; 0 if nobody knows.
    """

    began_ns: int = 0
    ended_ns: int = 0
    runs: bool | None = None
    sittings: Sequence[Sitting] = ()
    said: str = ""
    said_ns: int = 0


def state(known: Known) -> State:
    """What the agent does, as the table says."""
    if not known.began_ns:
        return State(OFFLINE, known.ended_ns, SESSION)
    if known.runs is False:
        return State(OFFLINE, 0, PROCESS)
    asks = _since(known, Doing.ASKING)
    if asks:
        return State(WAITING, asks, HOOK)
    works = _since(known, Doing.BUSY)
    if known.said in {BLOCKED, STUCK} and works <= known.said_ns:
        return State(BLOCKED, known.said_ns, SAID)
    if works:
        return State(WORKING, works, HOOK)
    rests = _since(known, Doing.IDLE)
    if rests:
        return State(IDLE, rests, HOOK)
    if known.said in {WORKING, IDLE}:
        return State(known.said, known.said_ns, SAID)
    return State(LIVE, known.began_ns, PROCESS if known.runs else SESSION)


def heard_ns(known: Known) -> int:
    """When a session of the agent gave its last sign; 0 if none did."""
    return max((each.heard_ns for each in _going_on(known)), default=0)


def tool(known: Known, now: State) -> str:
    """The tool of the session by which that state is known; empty where nobody told of one."""
    doing = {WAITING: Doing.ASKING, WORKING: Doing.BUSY}.get(now.doing)
    shown = [each for each in _going_on(known) if each.doing is doing and now.evidence == HOOK]
    return max(shown, key=lambda each: each.since_ns).tool if shown else ""


def _since(known: Known, doing: Doing) -> int:
    """Since when a session does that, the one that began last; 0 if none does."""
    return max((each.since_ns for each in _going_on(known) if each.doing is doing), default=0)


def _going_on(known: Known) -> list[Sitting]:
    return [
        each
        for each in known.sittings
        if each.doing is not Doing.ENDED and each.heard_ns >= known.ended_ns
    ]

"""An exchange as it is shown, and as pages are told of it."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from thrum.clock import format_ns
from thrum.daemon.loops.exchange import HOUR_NS, Exchange, Stage
from thrum.daemon.rpc.pushed import Pushed


class Loop(msgspec.Struct, omit_defaults=True):
    """An exchange that is slowed or held.

    `thread` where it is a thread and no pair; `waiting` says how many messages wait; what is held
    is free again at `free_at` at the latest.
    """

    id: str
    parties: list[str]
    stage: str
    since: str
    answers: int
    waiting: int
    thread: str = ""
    free_at: str = ""


class LoopsTold(Pushed):
    """Agents that answered each other too often are others than before; `loops` has all of them."""

    name: ClassVar = "notification.loops"
    loops: list[Loop]


def shown(found: Exchange, waiting: int) -> Loop:
    """The exchange; waiting: how many messages wait in it."""
    is_held = found.stage is Stage.HELD
    return Loop(
        found.id,
        sorted(found.parties),
        found.stage.value,
        format_ns(found.since_ns),
        found.answers,
        waiting,
        thread="" if " " in found.key else found.key,
        free_at=format_ns(found.since_ns + HOUR_NS) if is_held else "",
    )

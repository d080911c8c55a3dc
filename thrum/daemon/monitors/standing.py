"""How it stands with all monitors at a glance, and as pages are told of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

import msgspec

from thrum.daemon.monitors.job import Job
from thrum.daemon.rpc.pushed import Pushed


class Standing(msgspec.Struct, omit_defaults=True):
    """How many monitors run, and by name those that were given up and those that were stopped."""

    running: int = 0
    dead: list[str] = []
    stopped: list[str] = []


class MonitorsTold(Pushed):
    """Other monitors run, were given up or were stopped than before; `monitors` has all of it."""

    name: ClassVar = "notification.monitors"
    monitors: Standing


def standing(running: Iterable[Job], dead: Iterable[Job], stopped: Iterable[Job]) -> Standing:
    """How it stands with these monitors."""
    return Standing(len([*running]), _names(dead), _names(stopped))


def _names(jobs: Iterable[Job]) -> list[str]:
    return sorted(each.name for each in jobs)

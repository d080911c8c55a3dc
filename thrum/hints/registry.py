"""Which sources of hints each command has, and asking them."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Final

from thrum.errors import ThrumError
from thrum.hints.contract import Asked, Hint

SOURCES: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "send": (("recipients", "stale"),),
    "init": (("beginning", "next_quickstart"), ("beginning", "connect_agents")),
    "tmux.create": (
        ("sessions", "place"),
        ("sessions", "residents"),
        ("sessions", "session"),
        ("sessions", "launch"),
    ),
    "prime": (("roles", "drift"),),
    "tmux snapshot save": (("snapshots", "unsaved"),),
}
"""Module in this package and function, by the key of the command."""


def hints(asked: Asked) -> list[Hint]:
    """What there is to say: warnings first, otherwise in the order of the sources.

    A source that cannot find out what it needs says nothing.
    """
    found: list[Hint] = []
    for module, function in SOURCES.get(asked.command, ()):
        source = getattr(import_module(f"thrum.hints.{module}"), function)
        try:
            found += source(asked)
        except ThrumError:
            continue
    return sorted(found, key=lambda each: each.severity != "warn")


def blockers(found: Sequence[Hint], *, force: bool) -> list[Hint]:
    """Those that keep a command from being carried out."""
    return [each for each in found if each.severity == "warn" and not (each.allow_force and force)]

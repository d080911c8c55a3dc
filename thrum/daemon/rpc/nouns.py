"""The methods of the nouns that events are about; each noun has its modules."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from importlib import import_module
from typing import Any, Final

from thrum.daemon.rpc.registry import Method, declared_in
from thrum.daemon.rpc.shelves import Shelf

NOUNS: Final[Mapping[str, tuple[str, ...]]] = {
    "agent": ("agent", "cleanup", "team", "work_context"),
    "context": ("context",),
    "group": ("group",),
    "health": ("health",),
    "inbox": ("inbox",),
    "message": (
        "archive",
        "listing",
        "message",
        "outbox",
        "receipt",
        "search",
        "stretch",
        "withdrawing",
    ),
    "purge": ("purge",),
    "rpc": ("discovery",),
    "session": ("session",),
    "team": ("overview", "team"),
    "thread": ("thread",),
    "user": ("user",),
}
"""The modules beside this one in which the methods of a noun stand."""


def of(noun: str) -> list[Method[Any, Any]]:
    """The methods of a noun that belong to no service."""
    found = declared_in(*(import_module(f"thrum.daemon.rpc.{name}") for name in NOUNS[noun]))
    return [each for each in found if each.name.partition(".")[0] == noun]


SHELVES: Final = tuple(Shelf(noun, (noun,), partial(of, noun)) for noun in NOUNS)
"""Every method that belongs to no service."""

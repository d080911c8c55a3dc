"""Which runtimes there are, by name."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Final

from thrum.errors import ThrumError
from thrum.runtimes.contract import Adapter

MODULES: Final = {
    "claude": "claude",
    "codex": "codex",
}
"""The module of each runtime, in the order in which they are looked for."""

ALIASES: Final = {
    "claude-code": "claude",
    "openai-codex": "codex",
}
"""Other names that people and older files use. The adapters say the same; a test compares."""


def canonical(name: str) -> str:
    """The name of a runtime that may go by another one; an unknown one comes back as it is."""
    lower = name.strip().lower()
    return ALIASES.get(lower, lower)


@cache
def adapter(name: str) -> Adapter:
    """The runtime of that name, or of one of its aliases; only its own module is loaded.

    Raises:
        ThrumError: ``not_found``, there is none.
    """
    known = canonical(name)
    if known not in MODULES:
        from thrum import suggest

        near = suggest.did_you_mean(known, MODULES)
        raise ThrumError(
            "not_found", f"there is no runtime {name!r}", near or "see `thrum runtime list`"
        )
    found: Adapter = import_module(f"thrum.runtimes.{MODULES[known]}").ADAPTER
    return found


def every() -> tuple[Adapter, ...]:
    """All of them, in the order in which they are looked for."""
    return tuple(adapter(name) for name in MODULES)

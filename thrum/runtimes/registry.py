"""Which runtimes there are, by name."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Final

from thrum.errors import ThrumError
from thrum.runtime_names import NAMES, canonical
from thrum.runtimes.contract import Adapter

__all__ = ["MODULES", "adapter", "canonical", "every"]

MODULES: Final = {name: name.replace("-", "_") for name in NAMES}
"""The module of each runtime, in the order in which they are looked for."""


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


@cache
def every() -> tuple[Adapter, ...]:
    """All of them, in the order in which they are looked for."""
    return tuple(adapter(name) for name in MODULES)

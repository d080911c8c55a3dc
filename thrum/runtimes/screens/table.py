"""The marks of every runtime, by its name; the module of each is loaded when they are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Final

from thrum.runtime_names import canonical
from thrum.runtimes.screens.marks import Marks

MODULES: Final[Mapping[str, str]] = {
    "claude": "claude",
    "codex": "codex",
    "gemini": "gemini",
    "opencode": "opencode",
    "qwen": "qwen",
    "auggie": "others",
    "cursor": "others",
    "kiro-cli": "others",
}
"""The module in which the marks of each runtime stand."""


@cache
def _in(module: str) -> dict[str, Marks]:
    found = vars(import_module(f"thrum.runtimes.screens.{module}")).values()
    return {each.runtime: each for each in found if isinstance(each, Marks)}


def is_known(runtime: str) -> bool:
    """Whether there are marks of a runtime, by one of its names."""
    return canonical(runtime) in MODULES


def of(runtime: str) -> Marks:
    """The marks of a runtime by one of its names; none for one that nobody knows."""
    module = MODULES.get(canonical(runtime))
    return _in(module)[canonical(runtime)] if module else Marks(runtime)

"""A shell that a person, or a program that needs no words, works in: nothing is set up in it."""

from __future__ import annotations

from typing import Final

from thrum.runtimes.contract import Adapter

ADAPTER: Final = Adapter(name="shell", title="Shell", command=("bash",), aliases=("bash",))

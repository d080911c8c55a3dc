"""Any other program that can run commands: it is told of Thrum by an instruction file alone.

It asks for its mail by itself; ``thrum wait`` waits for it.
"""

from __future__ import annotations

from typing import Final

from thrum.runtimes.contract import Adapter

ADAPTER: Final = Adapter(
    name="cli-only", title="Any other agent", command=(), instructions="AGENTS.md"
)

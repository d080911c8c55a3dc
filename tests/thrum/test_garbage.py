"""What is loaded is none."""

from __future__ import annotations

import subprocess
import sys

import pytest

_PROGRAM = """
import gc
from thrum.garbage import uncollected
BEGIN()
was = gc.isenabled()
try:
    with uncollected():
        assert not gc.isenabled()
        kept = [[] for _ in range(1_000)]
        1 / DIVISOR
except ZeroDivisionError:
    pass
print(gc.isenabled() is was, gc.get_freeze_count() > 1_000)
"""


@pytest.mark.parametrize("begin", ["gc.enable", "gc.disable"])
@pytest.mark.parametrize("divisor", ["1", "0"])
def test_nobody_looks_among_what_was_made_then(begin: str, divisor: str) -> None:
    program = _PROGRAM.replace("BEGIN", begin).replace("DIVISOR", divisor)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "True True\n", done.stderr

"""How several workers load all tests: each compiles a share first, which the others then find.

Pytest rewrites every assertion when a test module is first compiled, which takes much longer than
to run it; where nothing is compiled yet, workers that all go the same way do it all at once.
"""

from __future__ import annotations

import importlib
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest

TESTS: Final = Path(__file__).parent


def load_share(number: int, workers: int) -> None:
    """Imports one of so many test modules as there are workers, from the given one on.

    Args:
        number: which worker this is, from 0 on.
        workers: how many there are.
    """
    for path in sorted(TESTS.rglob("test_*.py"))[number::workers]:
        # Who cannot be imported is tried again, and told of, when it is collected.
        with suppress(Exception, pytest.skip.Exception):
            importlib.import_module(".".join(path.relative_to(TESTS.parent).with_suffix("").parts))

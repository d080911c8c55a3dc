"""Loading what stays for as long as the process, without anybody looking for garbage in it."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Within it modules are imported.

    Nothing that they make is garbage, so meanwhile nobody looks for any, nor later among them: of
    the start of a daemon that is a fifth.
    """
    was_collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_collecting:
            gc.enable()

"""Is a daemon that counts its own steps: the real program, under the interpreter's profile hook.

``python -m tests.bench.counted FILE --repo CLONE``. At each SIGUSR1 it writes into the file how
often a function of Python's and one in C was called until then, by all threads.
"""

from __future__ import annotations

import json
import runpy
import signal
import sys
import threading
from collections.abc import Callable
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any, Final

KINDS: Final = ("call", "c_call")
"""As `sys.setprofile` names them."""


def counting(file: Path) -> Callable[[FrameType, str, Any], None]:
    """Counts from now on, in the threads of which the hook is told; the hook."""
    counters = {kind: count() for kind in KINDS}

    def hook(_frame: FrameType, kind: str, _about: Any) -> None:
        if kind in counters:
            next(counters[kind])

    def write(_number: int, _frame: FrameType | None) -> None:
        new = file.with_suffix(".new")
        new.write_text(json.dumps({kind: next(each) for kind, each in counters.items()}))
        new.replace(file)

    signal.signal(signal.SIGUSR1, write)
    return hook


if __name__ == "__main__":
    hook = counting(Path(sys.argv.pop(1)))
    threading.setprofile(hook)
    sys.setprofile(hook)
    runpy.run_module("thrum.daemon", run_name="__main__", alter_sys=True)

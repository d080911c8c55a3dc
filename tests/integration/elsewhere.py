"""A system without /proc and without what else only Linux has: every process begins with this.

It is what ``sitecustomize.py`` holds in `test_elsewhere.py`. What psutil and the standard library
do below is as on any system; what our own modules read below /proc is written down.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

from thrum import platform

ROOT = Path(platform.__file__).parents[1]
PACKAGES = (f"{ROOT}/thrum/", f"{ROOT}/gitstore/")
KEPT = (
    "thrum/platform.py",
    "thrum/daemon/callers/mounts.py",  # does without the list where there is none
)


def begin(noted: Path) -> None:
    """Has this process be on such a system; reads of /proc go to a file."""
    by_kernel = platform.peer_pid

    def peer_pid(connection: Any) -> int:
        platform.LINUX = True  # type: ignore[misc]
        try:
            return by_kernel(connection)
        finally:
            platform.LINUX = False  # type: ignore[misc]

    platform.peer_pid = peer_pid
    platform.LINUX = False  # type: ignore[misc]
    platform._LONGEST_SOCKET_PATH = 103  # type: ignore[misc]
    for module, name in ((os, "pidfd_open"), (os, "fdatasync"), (time, "CLOCK_BOOTTIME")):
        if hasattr(module, name):
            delattr(module, name)

    def heard(event: str, given: tuple[Any, ...]) -> None:
        if event in {"open", "os.listdir"} and str(given[0]).startswith("/proc"):
            who = sys._getframe(1).f_code.co_filename
            if who.startswith(PACKAGES) and not who.endswith(KEPT):
                with noted.open("a") as file:
                    print(f"{who} reads {given[0]}", file=file)

    sys.addaudithook(heard)

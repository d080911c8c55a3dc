"""A program that tells the daemon that its session began, as an agent's hook does.

So it is known at once to be up. One that says nothing of itself is up once it is silent for as long
as people wait for it. Nothing else is loaded, since tests begin it many times.

    python -S begins.py RUNTIME PROGRAM ...    # tells it, and is that program from then on
"""

from __future__ import annotations

import json
import os
import shlex
import socket
import sys
from contextlib import suppress
from pathlib import Path


def command(runtime: str, *program: str) -> str:
    """The command line of a runtime that is such a program."""
    return shlex.join([sys.executable, "-S", __file__, runtime, *program])


def tell(runtime: str) -> None:
    """Tells the daemon of the worktree that this process stands in, if there is one."""
    home = Path(".thrum")
    redirect = home / "redirect"
    if redirect.exists():
        home = Path(redirect.read_text().strip())
    params = {"runtime": runtime, "session": f"begun-{os.getpid()}", "boundary": "start"}
    request = {"jsonrpc": "2.0", "id": 1, "method": "delivery.ask", "params": params}
    # Whoever kills the daemon meanwhile has a program that nothing is known of.
    with suppress(OSError), socket.socket(socket.AF_UNIX) as line:
        line.connect(str(home / "var" / "thrum.sock"))
        line.sendall(json.dumps(request).encode() + b"\n")
        line.makefile().readline()


if __name__ == "__main__":
    tell(sys.argv[1])
    os.execvp(sys.argv[2], sys.argv[2:])

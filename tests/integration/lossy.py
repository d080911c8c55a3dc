"""Stands between a command and its daemon, and kills the daemon once around a message.

Run as ``lossy.py LISTEN CLONE WHEN``: requests that come to the socket LISTEN go to the daemon of
CLONE. Around the first ``message.send`` the daemon is killed, WHEN is ``before`` the request is
passed on, ``during`` its work, or ``after`` its answer, which is lost; then it is started again.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from thrum import paths, platform
from thrum.daemon import control


def main(listen: Path, clone: Path, when: str) -> None:
    """Serves until it is killed."""
    place = paths.at(clone)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(listen))
        listener.listen(16)
        print("ready", flush=True)
        killed = False
        while True:
            client, _ = listener.accept()
            with client:
                killed |= serve(client, place, None if killed else when)


def serve(client: socket.socket, place: paths.Place, when: str | None) -> bool:
    """Passes on what a client asks; whether the daemon was killed meanwhile."""
    try:
        daemon = platform.connect_unix(place.socket, 30)
    except OSError:
        return False
    with daemon, client.makefile("rb") as asked, daemon.makefile("rb") as answers:
        for line in asked:
            doomed = when if json.loads(line)["method"] == "message.send" else None
            if doomed != "before":
                daemon.sendall(line)
            if doomed is None:
                client.sendall(answers.readline())
                continue
            if doomed == "after":
                assert b'"result"' in answers.readline()
            kill(place)
            return True
    return False


def kill(place: paths.Place) -> None:
    """Kills the daemon and starts it again; the client waits, or has gone."""
    os.kill(int(json.loads(place.pid_file.read_text())["pid"]), signal.SIGKILL)
    while control.is_held(place):
        time.sleep(0.01)
    start = [sys.executable, "-m", "thrum", "daemon", "start"]
    subprocess.run(start, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])

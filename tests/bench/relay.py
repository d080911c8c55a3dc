"""A process that stands in a clone and passes lines between its pipes and the daemon's socket.

The kernel tells the daemon where a caller stands, so whoever speaks for the agent of a clone must
be a process in that clone.
"""

from __future__ import annotations

import socket
import sys


def main() -> None:
    """Every line from stdin is a request; its answer goes to stdout."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(sys.argv[1])
    answers = connection.makefile("rb")
    for line in sys.stdin.buffer:
        connection.sendall(line)
        sys.stdout.buffer.write(answers.readline())
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()

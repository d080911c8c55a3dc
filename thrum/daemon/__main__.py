"""``python -m thrum.daemon``: how `thrum.daemon.control` begins one."""

from __future__ import annotations

import sys

from thrum.daemon import program

if __name__ == "__main__":
    program.run(sys.argv[1:])

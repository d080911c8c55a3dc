"""``python -m thrum.daemon``: how `thrum.daemon.control` begins one."""

from __future__ import annotations

import faulthandler
import os
import sys

from thrum.garbage import uncollected

if __name__ == "__main__":
    with uncollected():
        import gitstore  # noqa: F401 -- before pygit2, which it loads without certificates
        from thrum.daemon import lifecycle
        from thrum.daemon.main import main

    # What a library in C dies of is in the log, to which stderr goes in the background.
    faulthandler.enable()
    lifecycle.leave(main(sys.argv[1:], os.environ))

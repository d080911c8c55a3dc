"""libgit2, loaded without the certificates of the system.

pygit2 has OpenSSL parse all of them when it is imported, for remotes that libgit2 would ask. Ours
are asked by the git program, and whoever starts waits for that.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Final

_NONE: Final = {"SSL_CERT_FILE": "", "SSL_CERT_DIR": os.sep}
"""Where certificates are: a file that is none, and a folder, which is not read before one is
needed. One of the two has to be there."""


@contextmanager
def without_certificates() -> Iterator[None]:
    """Within it Python's `ssl` names no file of certificates as the usual one."""
    before = {name: os.environ.get(name) for name in _NONE}
    os.environ.update(_NONE)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


with without_certificates():
    import_module("pygit2")

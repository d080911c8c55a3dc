"""Replacing a small file durably: write beside it, sync, rename."""

from __future__ import annotations

import os
from pathlib import Path

from thrum.paths import PRIVATE_FILE


def replace(path: Path, text: str, mode: int = PRIVATE_FILE) -> None:
    """Puts the text in place of the file's content; a crash leaves the old or the new one.

    Raises:
        OSError: the disk refuses; the old content stands.
    """
    beside = path.with_name(f".{path.name}.{os.urandom(4).hex()}.tmp")
    handle = os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise

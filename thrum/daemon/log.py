"""The daemon's log file: rotated at 10 MB, four compressed older ones kept."""

from __future__ import annotations

import gzip
import logging
import logging.handlers
import shutil
import time
from pathlib import Path
from typing import Final

LARGEST: Final = 10_000_000
KEPT: Final = 4
LEVELS: Final = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "error": logging.ERROR,
}


def start(path: Path, level: str) -> None:
    """Sends everything that the daemon logs to the file, in UTC."""
    handler = logging.handlers.RotatingFileHandler(
        path, maxBytes=LARGEST, backupCount=KEPT, encoding="utf-8"
    )
    handler.namer = lambda name: f"{name}.gz"
    handler.rotator = _compress
    formatter = logging.Formatter(
        "{asctime}.{msecs:03.0f}Z {levelname} {name}: {message}", "%Y-%m-%dT%H:%M:%S", style="{"
    )
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    path.chmod(0o600)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    set_level(level)


def set_level(level: str) -> None:
    """Changes what is worth a line; an unknown word means info."""
    logging.getLogger().setLevel(LEVELS.get(level, logging.INFO))


def _compress(source: str, target: str) -> None:
    with open(source, "rb") as plain, gzip.open(target, "wb") as packed:
        shutil.copyfileobj(plain, packed)
    Path(target).chmod(0o600)
    Path(source).unlink()

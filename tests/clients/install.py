"""The pinned clients, installed once into a folder outside of the clone."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

PINNED: Final = Path(__file__).with_name("package.json")
_PATIENCE_S: Final = 240
_DONE: Final = "installed"


class Lacking(Exception):
    """Why there are no clients here; the tests are skipped by it."""


def programs() -> Path:
    """The folder with the clients' programs.

    Raises:
        Lacking: npm is missing, or an install fails.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise Lacking("npm is missing")
    pinned = PINNED.read_bytes()
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = base / f"thrum-clients-{hashlib.sha256(pinned).hexdigest()[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if not (folder / _DONE).exists():
            (folder / PINNED.name).write_bytes(pinned)
            _install(npm, folder)
            (folder / _DONE).touch()
    finally:
        os.close(handle)
    return folder / "node_modules" / ".bin"


def _install(npm: str, folder: Path) -> None:
    line = [npm, "install", "--no-audit", "--no-fund", "--no-progress", "--loglevel=error"]
    try:
        done = subprocess.run(
            line, cwd=folder, capture_output=True, text=True, timeout=_PATIENCE_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise Lacking(f"npm install took more than {_PATIENCE_S} s") from None
    if done.returncode:
        raise Lacking(f"npm install failed: {done.stderr.strip()[-300:]}")

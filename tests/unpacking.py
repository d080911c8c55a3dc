"""Unpacking archives of our own."""

from __future__ import annotations

import tarfile
from collections.abc import Iterable
from pathlib import Path


def extract(
    archive: tarfile.TarFile, folder: Path, wanted: Iterable[tarfile.TarInfo] | None = None
) -> None:
    """Unpacks into the folder, by the careful rule where this Python knows it, as 3.11.2 does not.

    Args:
        archive: it is open.
        folder: where to.
        wanted: what; everything, if it is None.
    """
    if hasattr(tarfile, "data_filter"):
        archive.extractall(folder, wanted, filter="data")
    else:
        archive.extractall(folder, wanted)

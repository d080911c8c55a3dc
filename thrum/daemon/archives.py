"""Archives: ``.thrum/archive/<name>.jsonl``, one line for each message that was put away.

Lines are only ever added, each message once, and are on disk when the call returns.
"""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from thrum.errors import ThrumError
from thrum.paths import PRIVATE_FILE, SHARED_DIRECTORY

FOLDER: Final = "archive"
_LONGEST: Final = 200


def path_in(shared: Path, identifier: str) -> Path:
    """The archive's file below a ``.thrum``; no identifier leads out of the folder.

    Raises:
        ThrumError: ``invalid_params``, it cannot name a file.
    """
    name = quote(identifier, safe="")
    if name.startswith("."):
        name = f"%2E{name[1:]}"
    if not name or len(name) > _LONGEST:
        raise ThrumError("invalid_params", f"{identifier[:80]!r} cannot name an archive")
    return shared / FOLDER / f"{name}.jsonl"


def add(path: Path, rows: Mapping[str, Mapping[str, Any]]) -> int:
    """Adds messages to an archive by their ids; those it holds already are left out.

    Returns:
        How many lines were added.

    Raises:
        ThrumError: ``not_allowed``, a link or no plain file stands there; ``storage``.
    """
    with suppress(FileExistsError):
        path.parent.mkdir(mode=SHARED_DIRECTORY)
    try:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise _refusal(path.parent, error) from error
    try:
        return _add(folder, path, rows)
    except OSError as error:
        raise _refusal(path, error) from error
    finally:
        os.close(folder)


def _refusal(path: Path, error: OSError) -> ThrumError:
    if error.errno in {errno.ELOOP, errno.ENOTDIR, errno.EISDIR, errno.ENXIO}:
        return ThrumError("not_allowed", f"{path} is a link or no plain file", "move it away")
    return ThrumError("storage", f"{path}: {error.strerror or error}")


def _add(folder: int, path: Path, rows: Mapping[str, Mapping[str, Any]]) -> int:
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    handle = os.open(path.name, flags, PRIVATE_FILE, dir_fd=folder)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise ThrumError("not_allowed", f"{path} is no plain file", "move it away")
        with os.fdopen(handle, "r+b", closefd=False) as file:
            known, is_whole = _known(file)
            fresh = [row for message_id, row in rows.items() if message_id not in known]
            text = b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in fresh)
            file.write(text if is_whole else b"\n" + text)
            file.flush()
            os.fsync(handle)
        os.fsync(folder)
        return len(fresh)
    finally:
        os.close(handle)


def _known(file: Any) -> tuple[set[str], bool]:
    """The ids in the archive, and whether its last line is whole: a crash may have cut it."""
    known, line = set(), b"\n"
    for line in file:
        try:
            known.add(str(json.loads(line)["message_id"]))
        except (ValueError, KeyError, TypeError):
            continue
    return known, line.endswith(b"\n")

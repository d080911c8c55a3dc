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
from typing import Any, BinaryIO, Final
from urllib.parse import quote

from thrum import atomic, platform
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


class Archive:
    """An archive that one caller adds to, a portion at a time.

    Args:
        path: the file, as `path_in` gives it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: set[str] = set()
        self._read = 0

    def add(self, rows: Mapping[str, Mapping[str, Any]]) -> int:
        """Adds messages by their ids; those that the archive holds already are left out.

        Returns:
            How many lines were added.

        Raises:
            ThrumError: ``not_allowed``, a link or no plain file stands there; ``storage``;
                ``busy``, another one adds and does not end.
        """
        folder = self._path.parent
        try:
            with suppress(FileExistsError):
                folder.mkdir(mode=SHARED_DIRECTORY)
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError as error:
            raise _refusal(folder, error) from error
        try:
            return self._add(handle, rows)
        except OSError as error:
            raise _refusal(self._path, error) from error
        finally:
            os.close(handle)

    def _add(self, folder: int, rows: Mapping[str, Mapping[str, Any]]) -> int:
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        handle = os.open(self._path.name, flags, PRIVATE_FILE, dir_fd=folder)
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise OSError(errno.ENXIO, "no plain file")
        with os.fdopen(handle, "r+b") as file:
            atomic.hold(handle, self._path)
            is_whole = self._catch_up(file)
            fresh = [row for message_id, row in rows.items() if message_id not in self._known]
            text = b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in fresh)
            file.write(text if is_whole else b"\n" + text)
            file.flush()
            platform.sync(handle)
            self._known.update(rows)
            self._read = file.tell()
        platform.sync(folder)
        return len(fresh)

    def _catch_up(self, file: BinaryIO) -> bool:
        """Learns the ids that were added since; whether the last line is whole.

        A crash may have cut a line, which then stays as it is.
        """
        file.seek(self._read)
        line = b"\n"
        for line in file:
            try:
                self._known.add(str(json.loads(line)["message_id"]))
            except (ValueError, KeyError, TypeError):
                continue
        return line.endswith(b"\n")


def _refusal(path: Path, error: OSError) -> ThrumError:
    if error.errno in {errno.ELOOP, errno.ENOTDIR, errno.EISDIR, errno.ENXIO}:
        return ThrumError("not_allowed", f"{path} is a link or no plain file", "move it away")
    return ThrumError("storage", f"{path}: {error.strerror or error}")

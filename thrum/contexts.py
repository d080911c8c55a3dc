"""The folder ``.thrum/context`` of a worktree: what agents write down for their next session.

Anybody who can push to the repository, and every program on this machine, may have put something
into the folder. So it is walked by directory handles, no link in it is followed, and only plain
files are read. Files are replaced atomically; what was there before is kept among the versions.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from thrum import atomic, paths, platform
from thrum.clock import format_ns
from thrum.errors import ThrumError
from thrum.names import shard_stem
from thrum.paths import PRIVATE_FILE, SHARED_DIRECTORY

FOLDER: Final = "context"
VERSIONS: Final = ".versions"
PREAMBLE: Final = "_preamble"
LARGEST: Final = 512 * 1024
"""Bytes of a context or preamble; base64 of it still fits well into a line of the socket."""
MOST_VERSIONS: Final = 20
_LONGEST_NAME: Final = 128
PROJECT: Final = "project_state"
"""The state of the project, which belongs to all agents: another file of the folder."""
_NAME: Final = re.compile(r"[A-Za-z0-9_.:-]+")
_VERSION: Final = re.compile(r"\d{8}T\d{6}\.\d{9}Z")

_FOLDER_FLAGS: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Note:
    """What a file holds, and when it was written, in nanoseconds since 1970."""

    content: bytes
    written_ns: int


@dataclass(frozen=True, slots=True)
class Version:
    """An earlier content: its id, when it was written, its size in bytes."""

    id: str
    written_at: str
    size: int


def stem_of(agent: str) -> str:
    """The file name, without suffix, of an agent's context.

    Raises:
        ThrumError: ``invalid_params``, the name could leave the folder or is another file's.
    """
    if len(agent) > _LONGEST_NAME or _NAME.fullmatch(agent) is None:
        raise ThrumError(
            "invalid_params", f"{agent[:80]!r} is no agent's name", "see `thrum team --all`"
        )
    stem = shard_stem(agent)
    if stem == PROJECT or stem.endswith(PREAMBLE):
        raise ThrumError("invalid_params", f"{agent!r} would share a file with something else")
    return stem


@dataclass(frozen=True, slots=True)
class Contexts:
    """The contexts of one worktree; every method does file work, so call it from a thread.

    Attributes:
        worktree: the root; its own ``.thrum`` counts, never the one that a redirect names.
    """

    worktree: Path

    def path(self, stem: str) -> Path:
        """Where the file is, if there is one."""
        return self._path(f"{stem}.md")

    def read(self, stem: str) -> Note | None:
        """What the file holds; ``None`` when there is none.

        Raises:
            ThrumError: ``not_allowed``, a link or no plain file stands there; ``too_large``;
                ``storage``.
        """
        with self._folder(make=False) as folder:
            return None if folder is None else self._read(folder, f"{stem}.md")

    def save(self, stem: str, content: bytes) -> None:
        """Puts the content in the file's place; what was there is kept as a version.

        Raises:
            ThrumError: ``too_large``; ``not_allowed``, ``storage`` as `read`; ``busy``.
        """
        if len(content) > LARGEST:
            raise ThrumError(
                "too_large",
                f"{len(content):,} bytes are over the bound of {LARGEST:,}",
                "keep less, and commit long texts to the repository",
            )
        with self._folder(make=True) as folder:
            assert folder is not None
            with _held(folder, self._path("")):
                self._keep(folder, stem)
                self._put(folder, f"{stem}.md", content)

    def save_if_absent(self, stem: str, content: bytes) -> None:
        """Writes the file unless there is one.

        Raises:
            ThrumError: as `save`.
        """
        if self.read(stem) is None:
            self.save(stem, content)

    def clear(self, stem: str) -> bool:
        """Removes the file, which is kept as a version; whether there was one.

        Raises:
            ThrumError: as `save`.
        """
        with self._folder(make=False) as folder:
            if folder is None:
                return False
            with _held(folder, self._path("")), self._refusing(f"{stem}.md"):
                self._keep(folder, stem)
                try:
                    os.unlink(f"{stem}.md", dir_fd=folder)
                except FileNotFoundError:
                    return False
                platform.sync(folder)
                return True

    def forget(self, stem: str) -> None:
        """Removes an agent's context, preamble and all their versions.

        Raises:
            ThrumError: as `save`.
        """
        for each in (stem, f"{stem}{PREAMBLE}"):
            self.clear(each)
            with self._shelf(each, make=False) as shelf:
                if shelf is not None:
                    with self._refusing(VERSIONS):
                        for id in _ids(shelf):
                            os.unlink(f"{id}.md", dir_fd=shelf)

    def versions(self, stem: str) -> list[Version]:
        """Earlier contents, the newest first.

        Raises:
            ThrumError: as `read`.
        """
        with self._shelf(stem, make=False) as shelf:
            if shelf is None:
                return []
            with self._refusing(VERSIONS):
                return [
                    Version(id, _moment(id), os.lstat(f"{id}.md", dir_fd=shelf).st_size)
                    for id in reversed(_ids(shelf))
                ]

    def version(self, stem: str, id: str) -> Note | None:
        """An earlier content.

        Raises:
            ThrumError: as `read`.
        """
        if _VERSION.fullmatch(id) is None:
            return None
        with self._shelf(stem, make=False) as shelf:
            return None if shelf is None else self._read(shelf, f"{id}.md")

    # -- with handles --

    def _path(self, name: str) -> Path:
        return paths.folder(self.worktree) / FOLDER / name

    def _refusing(self, name: str) -> AbstractContextManager[None]:
        return _refusing(self._path(name))

    @contextmanager
    def _folder(self, *, make: bool) -> Iterator[int | None]:
        """A handle on the folder; ``None`` when there is none and none is made."""
        top = paths.folder(self.worktree)
        # Who owns the main worktree may have put the folder on another disk. In a linked one it
        # came with a branch, and a link leads wherever its author wanted.
        is_linked = (self.worktree / ".git").is_file()
        flags = _FOLDER_FLAGS if is_linked else _FOLDER_FLAGS & ~os.O_NOFOLLOW
        with _refusing(top):
            if make:
                with suppress(FileExistsError):
                    top.mkdir(mode=SHARED_DIRECTORY)
            try:
                handle = os.open(top, flags)
            except FileNotFoundError:
                if make:
                    raise
                handle = -1
        if handle < 0:
            yield None
            return
        try:
            with self._below(handle, FOLDER, "", make=make) as folder:
                yield folder
        finally:
            os.close(handle)

    @contextmanager
    def _below(self, above: int, name: str, shown: str, *, make: bool) -> Iterator[int | None]:
        with self._refusing(shown):
            if make:
                with suppress(FileExistsError):
                    os.mkdir(name, SHARED_DIRECTORY, dir_fd=above)
            try:
                handle = os.open(name, _FOLDER_FLAGS, dir_fd=above)
            except FileNotFoundError:
                handle = -1
        if handle < 0:
            yield None
            return
        try:
            yield handle
        finally:
            os.close(handle)

    @contextmanager
    def _shelf(self, stem: str, *, make: bool) -> Iterator[int | None]:
        """A handle on the folder with the versions of a file."""
        with self._folder(make=make) as folder:
            if folder is None:
                yield None
                return
            with self._shelf_in(folder, stem, make=make) as shelf:
                yield shelf

    @contextmanager
    def _shelf_in(self, folder: int, stem: str, *, make: bool) -> Iterator[int | None]:
        with self._below(folder, VERSIONS, VERSIONS, make=make) as every:
            if every is None:
                yield None
                return
            with self._below(every, stem, f"{VERSIONS}/{stem}", make=make) as shelf:
                yield shelf

    def _read(self, folder: int, name: str) -> Note | None:
        with self._refusing(name):
            try:
                handle = os.open(name, _FILE_FLAGS, dir_fd=folder)
            except FileNotFoundError:
                return None
            try:
                found = os.fstat(handle)
                if not stat.S_ISREG(found.st_mode):
                    raise OSError(errno.ENXIO, "no plain file")
                with os.fdopen(handle, "rb", closefd=False) as file:
                    content = file.read(LARGEST + 1)
            finally:
                os.close(handle)
        if len(content) > LARGEST:
            raise ThrumError(
                "too_large", f"{self._path(name)} is over {LARGEST:,} bytes", "shorten it by hand"
            )
        return Note(content, found.st_mtime_ns)

    def _put(self, folder: int, name: str, content: bytes) -> None:
        beside = f".{name}.{os.urandom(4).hex()}.tmp"
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC
        with self._refusing(name):
            handle = os.open(beside, flags, PRIVATE_FILE, dir_fd=folder)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(content)
                    file.flush()
                    platform.sync(file.fileno())
                os.replace(beside, name, src_dir_fd=folder, dst_dir_fd=folder)
            except BaseException:
                with suppress(FileNotFoundError):
                    os.unlink(beside, dir_fd=folder)
                raise
            platform.sync(folder)

    def _keep(self, folder: int, stem: str) -> None:
        """Puts a second name to the present content, among the versions; the oldest go.

        A file that holds nothing, and whatever is no plain file, is not worth keeping.
        """
        name = f"{stem}.md"
        with self._refusing(name):
            try:
                found = os.lstat(name, dir_fd=folder)
            except FileNotFoundError:
                return
            if not stat.S_ISREG(found.st_mode) or not found.st_size:
                return
            with self._shelf_in(folder, stem, make=True) as shelf:
                assert shelf is not None
                written = found.st_mtime_ns
                for moment in range(written, written + MOST_VERSIONS + 1):
                    if _link(folder, name, shelf, f"{_id(moment)}.md"):
                        break
                for id in _ids(shelf)[:-MOST_VERSIONS]:
                    os.unlink(f"{id}.md", dir_fd=shelf)
                platform.sync(shelf)


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    """Says what is wrong with a file or folder in words of ours."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.ENOTDIR, errno.EISDIR, errno.ENXIO}:
            raise ThrumError(
                "not_allowed",
                f"{path} is a link or not of the kind that belongs there, and is not touched",
                "move it away",
            ) from error
        raise ThrumError("storage", f"{path}: {error.strerror or error}") from error


def _link(folder: int, name: str, shelf: int, kept: str) -> bool:
    """Gives the file a second name; a file system without such gets the file moved."""
    try:
        os.link(name, kept, src_dir_fd=folder, dst_dir_fd=shelf, follow_symlinks=False)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}:
            raise
        os.rename(name, kept, src_dir_fd=folder, dst_dir_fd=shelf)
    return True


def _ids(shelf: int) -> list[str]:
    """The ids of the versions, the oldest first."""
    names = (name.removesuffix(".md") for name in os.listdir(shelf) if name.endswith(".md"))
    return sorted(name for name in names if _VERSION.fullmatch(name))


def _id(moment_ns: int) -> str:
    return format_ns(moment_ns).replace("-", "").replace(":", "")


def _moment(id: str) -> str:
    """The RFC 3339 time in a version's id."""
    return f"{id[:4]}-{id[4:6]}-{id[6:11]}:{id[11:13]}:{id[13:]}"


@contextmanager
def _held(folder: int, path: Path) -> Iterator[None]:
    """Holds the folder's lock against other writers, of this process too.

    Raises:
        ThrumError: ``busy``, somebody else does not end.
    """
    # A handle of its own: all who share an open directory would share its lock.
    handle = os.open(".", _FOLDER_FLAGS, dir_fd=folder)
    try:
        atomic.hold(handle, path)
        yield
    finally:
        os.close(handle)

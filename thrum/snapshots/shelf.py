"""``.thrum/restart`` of a worktree: what sessions said that others go on from.

``<agent>.md`` is to be shown; once it was, it is called ``<agent>.md.consumed`` until its agent has
acted, so that whoever begins before that is shown it again; then it lies among the last five in
``<agent>/``. ``<agent>.json`` names the session that hooks told of last.

Who pushed to the repository may have put anything there: neither the folder nor a file in it is
opened as a link, and what is no plain file is refused.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from thrum import atomic, small_file
from thrum.contexts import stem_of
from thrum.errors import ThrumError
from thrum.paths import PRIVATE_DIRECTORY
from thrum.snapshots.shown import CONSUMED, FOLDER

MOST: Final = 5
"""Snapshots of an agent that are kept after they were used."""

_TEMPORARY: Final = ".tmp"


@dataclass(frozen=True, slots=True)
class Shelf:
    """What is kept for one agent.

    Attributes:
        folder: ``.thrum/restart`` of its own worktree.
        stem: the agent's name as a file may be called.
    """

    folder: Path
    stem: str

    @property
    def path(self) -> Path:
        """What is to be shown."""
        return self.folder / f"{self.stem}.md"

    @property
    def aside(self) -> Path:
        """What was shown, while its agent has not acted."""
        return self.path.with_name(self.path.name + CONSUMED)

    @property
    def kept(self) -> Path:
        """The folder of what was used."""
        return self.folder / self.stem

    @property
    def note(self) -> Path:
        """Which session hooks told of last."""
        return self.folder / f"{self.stem}.json"

    def text(self) -> str:
        """What is to be shown, also once more; empty where nothing is.

        Raises:
            OSError: it cannot be read.
            ValueError: it is no text.
        """
        if _is_no_folder(self.folder):
            return ""
        for each in (self.path, self.aside):
            with suppress(FileNotFoundError):
                return small_file.text(each, follows=False)
        return ""

    def save(self, text: str) -> None:
        """Has the text be shown next; what was to be shown is kept.

        Raises:
            OSError: the disk refuses; what was to be shown still is.
            ThrumError: ``not_allowed``, a link stands in the place of the folder.
        """
        self._make()
        self._keep(self.path, stays=True)
        atomic.replace(self.path, text)

    @contextmanager
    def shown(self, said: str) -> Iterator[None]:
        """For as long as it takes to write out what it said; then its agent has to act.

        Where writing it out fails the file is where it was. One that says something else by now was
        written meanwhile, and stays; so does one in a folder where nothing can be moved.
        """
        with suppress(OSError):
            if self.path.exists():
                self._keep(self.aside)
                self.path.replace(self.aside)
        try:
            yield
        except BaseException:
            self._put_back()
            raise
        with suppress(OSError, ValueError):
            if small_file.text(self.aside, follows=False) != said:
                self._put_back()

    def settle(self) -> bool:
        """Notes that the agent has acted on what it was shown; whether there was any.

        Raises:
            OSError: the disk refuses.
        """
        return not _is_no_folder(self.folder) and self._keep(self.aside)

    def use_up(self) -> None:
        """Notes that what was to be shown was used.

        Raises:
            OSError: the disk refuses.
        """
        if not self._keep(self.path):
            self._keep(self.aside)

    def told(self) -> Mapping[str, str]:
        """What hooks told of the session that goes on; empty where nobody did."""
        try:
            found = (
                {}
                if _is_no_folder(self.folder)
                else small_file.json_object(self.note, follows=False)
            )
        except (OSError, ValueError):
            return {}
        return {key: value for key, value in found.items() if isinstance(value, str)}

    def tell(self, about: Mapping[str, str]) -> None:
        """Notes which session goes on.

        Raises:
            OSError, ThrumError: as `save`.
        """
        if self.told() != about:
            self._make()
            atomic.replace(self.note, json.dumps(dict(about)) + "\n")

    def _make(self) -> None:
        with suppress(FileExistsError):
            self.folder.mkdir(mode=PRIVATE_DIRECTORY)
        if _is_no_folder(self.folder):
            raise ThrumError("not_allowed", f"{self.folder} is a link or no folder", "move it away")
        self.folder.chmod(PRIVATE_DIRECTORY)

    def _keep(self, path: Path, *, stays: bool = False) -> bool:
        """Puts a file to those that were used, of which the oldest goes; whether there was one.

        Args:
            path: which.
            stays: whether it stays where it is as well, until another one takes its place.
        """
        try:
            moment = path.lstat().st_mtime_ns
        except FileNotFoundError:
            return False
        with suppress(FileExistsError):
            self.kept.mkdir(mode=PRIVATE_DIRECTORY)
        if _is_no_folder(self.kept):
            if not stays:
                path.unlink()
            return True
        _put(path, self.kept / f"{moment}.md", stays=stays)
        for old in sorted(self.kept.glob("*.md"), key=_age)[:-MOST]:
            old.unlink(missing_ok=True)
        return True

    def _put_back(self) -> None:
        """Moves it to its place, unless somebody else has used it or written a newer one."""
        if not self.path.exists():
            with suppress(FileNotFoundError):
                self.aside.replace(self.path)


def _put(path: Path, place: Path, *, stays: bool) -> None:
    """Gives a file another name, beside its own or instead of it."""
    if stays:
        place.unlink(missing_ok=True)
        _copy(path, place)
    elif place.exists() and place.samefile(path):
        path.unlink()  # a file is not moved to a name that it has already
    else:
        path.replace(place)


def _copy(path: Path, place: Path) -> None:
    """Gives a file a second name; where no file has two, what it says is written once more.

    Raises:
        OSError: the disk refuses.
    """
    try:
        os.link(path, place, follow_symlinks=False)
    except OSError as error:
        if error.errno not in {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}:
            raise
        shutil.copyfile(path, place, follow_symlinks=False)


def of(local: Path, agent: str) -> Shelf:
    """What is kept for an agent.

    Args:
        local: its worktree's own ``.thrum``.
        agent: its name.

    Raises:
        ThrumError: ``invalid_params``, that is no name of an agent.
    """
    return Shelf(local / FOLDER, stem_of(agent))


def sweep(local: Path) -> None:
    """Removes what was shown, what was used, and what killed writers left.

    Raises:
        OSError: the disk refuses.
    """
    folder = local / FOLDER
    if _is_no_folder(folder):
        return
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            for old in path.glob("*.md"):
                old.unlink(missing_ok=True)
            with suppress(OSError):
                path.rmdir()  # somebody else's files stay, and with them the folder
        elif path.name.endswith((CONSUMED, _TEMPORARY)):
            path.unlink(missing_ok=True)


def _is_no_folder(path: Path) -> bool:
    return path.is_symlink() or not path.is_dir()


def _age(path: Path) -> tuple[int, str]:
    """Names are moments in nanoseconds; of others nobody knows how old they are."""
    return (int(path.stem) if path.stem.isdecimal() else 0), path.name

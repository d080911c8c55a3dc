"""Having the system start what is listed, and having it do so no more."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from thrum import atomic, platform, small_file
from thrum.errors import ThrumError
from thrum.login import launchd, systemd
from thrum.login.listed import Listed


@dataclass(frozen=True, slots=True)
class Startup:
    """What is written on this system.

    Attributes:
        file: the unit or job.
        text: what it holds.
        link: the link that has it wanted; None where its place is enough.
    """

    file: Path
    text: str
    link: Path | None = None

    def is_kept(self, listed: Listed) -> bool:
        """Whether the system finds what was written, from whichever shell that was."""
        found = _content(self.file)
        return self._is_wanted and found is not None and self._is_ours(found, listed)

    @property
    def is_there(self) -> bool:
        """Whether the system finds what would be written now."""
        return self._is_wanted and _content(self.file) == self.text

    @property
    def _is_wanted(self) -> bool:
        """Whether the system begins what lies there."""
        return self.link is None or _leads_to(self.link, self.file)

    def write(self, listed: Listed) -> None:
        """Sees to it that it is there.

        Raises:
            ThrumError: ``setup``, something that is not ours lies there.
            OSError: the disk refuses.
        """
        self.demand_ours(listed)
        _make_folder(self.file.parent)
        if _content(self.file) != self.text:
            atomic.replace(self.file, self.text, mode=0o644)
        listed.written = {str(self.file): _hash(self.text)}
        if self.link is not None and not _leads_to(self.link, self.file):
            _make_folder(self.link.parent)
            self.link.unlink(missing_ok=True)
            self.link.symlink_to(self.file)

    def remove(self, listed: Listed) -> None:
        """Takes away what is ours.

        Raises:
            ThrumError: ``setup``, something that is not ours lies there; it is left alone.
            OSError: the disk refuses.
        """
        self.demand_ours(listed)
        if self.link is not None and _leads_to(self.link, self.file):
            self.link.unlink()
        self.file.unlink(missing_ok=True)
        listed.written = {}

    def demand_ours(self, listed: Listed) -> None:
        """Refuses where somebody else wrote a file of that name, or changed ours.

        Raises:
            ThrumError: ``setup``.
        """
        found = _content(self.file)
        if found is not None and not self._is_ours(found, listed):
            raise ThrumError(
                "setup",
                f"{self.file} is not as Thrum wrote it, and was left alone",
                "look at it, move it away, and run this again",
            )
        if self.link is not None and os.path.lexists(self.link) and not self.link.is_symlink():
            raise ThrumError(
                "setup",
                f"{self.link} is no link of Thrum's, and was left alone",
                "move it away, and run this again",
            )

    def _is_ours(self, found: str, listed: Listed) -> bool:
        """Whether a text is what we wrote, or would write."""
        return found == self.text or _hash(found) == listed.written.get(str(self.file))


def of_system(home: Path, command: Sequence[str], env: Mapping[str, str]) -> Startup:
    """What is written on this system, in somebody's home.

    Args:
        home: theirs.
        command: what starts the daemons.
        env: the environment; it says where programs are.
    """
    path = env.get("PATH", os.defpath)
    if platform.LINUX:
        text = systemd.text(command, path)
        return Startup(home / systemd.FILE, text, home / systemd.WANTED)
    return Startup(home / launchd.FILE, launchd.text(command, path))


def _make_folder(folder: Path) -> None:
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)


def _leads_to(link: Path, file: Path) -> bool:
    return link.is_symlink() and link.parent / link.readlink() == file


def _content(path: Path) -> str | None:
    """The file's text; None if there is none. What is no text of ours comes out as another."""
    try:
        return small_file.text(path)
    except FileNotFoundError:
        return None
    except ValueError as error:
        return f"({error})"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

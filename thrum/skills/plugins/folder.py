"""Writing a package into a folder that is new, empty or one that we have written before."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from thrum import atomic
from thrum.errors import ThrumError
from thrum.setup.plan import OWN_MARK
from thrum.skills.plugins.catalogue import README
from thrum.skills.skill import File


def write(folder: Path, files: Iterable[File]) -> list[Path]:
    """Puts the files there, and takes away texts of ours that are none of them any more.

    Returns:
        what was written or removed; nothing where everything was as it should be.

    Raises:
        ThrumError: ``setup``, the folder is somebody else's.
        OSError: the disk refuses.
    """
    demand_ours(folder)
    wanted = {folder / file.path: file for file in files}
    done = [path for path, file in wanted.items() if _put(path, file)]
    for path in sorted(folder.rglob("*.md")) + sorted(folder.rglob("*.yaml")):
        if path not in wanted and not path.is_symlink() and _is_ours(path):
            path.unlink()
            done.append(path)
    return done


def demand_ours(folder: Path) -> None:
    """Sees to it that nobody's files are written over.

    Raises:
        ThrumError: ``setup``, the folder holds something that we have not written.
    """
    if folder.is_dir() and any(folder.iterdir()) and not _is_ours(folder / README):
        raise ThrumError(
            "setup", f"{folder} holds files of somebody else", "name a folder that is new or empty"
        )
    if folder.exists() and not folder.is_dir():
        raise ThrumError("setup", f"{folder} is no folder", "name a folder that is new or empty")


def _put(path: Path, file: File) -> bool:
    is_there = path.is_file() and path.read_bytes() == file.text.encode()
    if is_there and path.stat().st_mode & 0o777 == file.mode:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic.replace(path, file.text, mode=file.mode)
    path.chmod(file.mode)  # whatever the umask takes away
    return True


def _is_ours(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return OWN_MARK.encode() in file.read(2_000)
    except OSError:
        return False

"""Repositories that many tests begin with: git makes each kind once, and each test gets it written.

What git has just made names no place on the disk but in its settings, so that the same files are as
good as another new one. The processes that make it cost ten times as much as to write them.
"""

from __future__ import annotations

import functools
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

_WHO: Final = tuple(
    f"GIT_{each}_{what}" for each in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
)
_REMOTE: Final = "remote.git"


@dataclass(frozen=True)
class Seed:
    """A folder with what is in it, as it is written.

    Attributes:
        folders: relative paths, those above first.
        files: the mode and the contents of each, by its relative path.
    """

    folders: tuple[str, ...]
    files: tuple[tuple[str, int, bytes], ...]

    @classmethod
    def of(cls, root: Path) -> Seed:
        """What is there now."""
        found = [(path.relative_to(root).as_posix(), path) for path in sorted(root.rglob("*"))]
        return cls(
            tuple(name for name, path in found if path.is_dir()),
            tuple(
                (name, path.stat().st_mode & 0o777, path.read_bytes())
                for name, path in found
                if path.is_file()
            ),
        )

    def sow(self, root: Path, old: bytes = b"", new: bytes = b"") -> None:
        """Writes it into a folder, which is made; git's settings say the new for the old."""
        root.mkdir(parents=True, exist_ok=True)
        for name in self.folders:
            (root / name).mkdir()
        for name, mode, data in self.files:
            is_settings = old and name.endswith(".git/config")
            file = os.open(f"{root}/{name}", os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode)
            os.write(file, data.replace(old, new) if is_settings else data)
            os.close(file)


def begin(
    root: Path, env: Mapping[str, str], says: str = "first", files: Mapping[str, str] | None = None
) -> None:
    """A repository on ``main`` with one commit, in a folder without one.

    Args:
        env: who commits, and where git finds its settings.
        says: the message.
        files: what is committed, by names; nothing if this is None.
    """
    who = tuple(env[name] for name in _WHO)
    _begun(who, says, tuple((files or {}).items())).sow(root)
    if files:
        # Git's index knows a file by its inode as well.
        _git("reset", "-q", cwd=root, env=env)


def bare(root: Path) -> None:
    """A bare repository whose branch will be ``main``."""
    _bare().sow(root)


def clone(remote: Path, root: Path) -> bool:
    """A clone of a bare repository in which nothing is; False if something is there."""
    if not _is_empty(remote) or not str(remote).isascii() or set(str(remote)) & set(' "\\#;'):
        return False
    _cloned().sow(root, _REMOTE.encode(), str(remote).encode())
    return True


def _is_empty(remote: Path) -> bool:
    """Whether it is a bare repository as git has just made it, as far as a clone would see."""
    refs = remote / "refs"
    if not refs.is_dir() or {each.name for each in refs.iterdir()} != {"heads", "tags"}:
        return False
    if (remote / "HEAD").read_text() != "ref: refs/heads/main\n":
        return False
    return not (any(refs.glob("*/*")) or (remote / "packed-refs").exists())


def _git(*words: str, cwd: Path, env: Mapping[str, str]) -> None:
    subprocess.run(["git", *words], cwd=cwd, env=env, check=True, capture_output=True, timeout=60)


def _environment(home: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return {**kept, "HOME": home, "GIT_CONFIG_NOSYSTEM": "1"}


@functools.cache
def _begun(who: tuple[str, ...], says: str, files: tuple[tuple[str, str], ...]) -> Seed:
    with TemporaryDirectory() as home:
        root = Path(home, "begun")
        env = _environment(home) | dict(zip(_WHO, who, strict=True))
        _git("init", "-q", "-b", "main", str(root), cwd=root.parent, env=env)
        for name, text in files:
            (root / name).write_text(text)
            _git("add", name, cwd=root, env=env)
        _git("commit", "-q", "--allow-empty", "-m", says, cwd=root, env=env)
        return Seed.of(root)


@functools.cache
def _bare() -> Seed:
    with TemporaryDirectory() as home:
        root = Path(home, _REMOTE)
        _git(
            "init", "-q", "--bare", "-b", "main", str(root), cwd=root.parent, env=_environment(home)
        )
        return Seed.of(root)


@functools.cache
def _cloned() -> Seed:
    with TemporaryDirectory() as home:
        root = Path(home, "cloned")
        bare(root.with_name(_REMOTE))
        _git("clone", "-q", _REMOTE, str(root), cwd=root.parent, env=_environment(home))
        _git("remote", "set-url", "origin", _REMOTE, cwd=root, env=_environment(home))
        return Seed.of(root)

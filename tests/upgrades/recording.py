"""Has each program of the past leave a small repository, for ``fixtures/upgrades/``.

``python -m tests.upgrades.recording [NAME…]`` checks each commit out, runs its program and packs
what lies there afterwards. A schema that changes gets a line in `PAST` with the last commit before.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.upgrades.remains import FOLDER, PAST

ROOT: Final = Path(__file__).parents[2]

ALWAYS: Final = (
    ("", "init"),
    ("", "daemon start"),
    ("furiosa", "quickstart furiosa --role implementer --module auth"),
    ("max", "quickstart max --role reviewer --module api"),
    ("furiosa", "send the-gate-is-shut --to @max"),
    ("furiosa", "send it-will-be-opened --to @max"),
    ("max", "inbox"),
    ("furiosa", "daemon stop"),
)
"""Who types which line; every program of the past knows them."""

NAMELESS: Final = "import socket\nsocket.gethostname = lambda: 'past'\n"
"""What each Python of theirs runs first: the machine has no name of its own."""

LEFT_OUT: Final = frozenset({"hooks", "daemon.log", "signing.key", "thrum.lock", "info", "logs"})
"""What says nothing of a schema, or is nobody else's."""


def record(name: str, commit: str) -> Path:
    """Packs what the program of a commit leaves.

    Raises:
        CalledProcessError: it does not know a line.
    """
    with tempfile.TemporaryDirectory(prefix="thrum-upgrade") as folder, _program(commit) as program:
        repository, home = Path(folder, "repository"), Path(folder, "home")
        home.mkdir()
        (home / "sitecustomize.py").write_text(NAMELESS)
        env = _environment(home, program)
        subprocess.run(["git", "init", "-q", "-b", "main", repository], env=env, check=True)
        first = ["git", "commit", "-q", "--allow-empty", "-m", "first"]
        subprocess.run(first, cwd=repository, env=env, check=True)
        try:
            for who, line in ALWAYS:
                _type(line, repository, env | ({"THRUM_NAME": who} if who else {}))
        except subprocess.CalledProcessError:
            _type("daemon stop", repository, env)
            raise
        return _packed(name, repository)


@contextmanager
def _program(commit: str) -> Iterator[Path]:
    """A working tree of the commit."""
    with tempfile.TemporaryDirectory(prefix="thrum-past") as folder:
        tree = Path(folder, "tree")
        subprocess.run(
            ["git", "worktree", "add", "-q", "--detach", tree, commit], cwd=ROOT, check=True
        )
        try:
            yield tree
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", tree], cwd=ROOT, check=True)


def _environment(home: Path, program: Path) -> dict[str, str]:
    known = {key: os.environ[key] for key in ("PATH", "LANG") if key in os.environ}
    who = {
        f"GIT_{role}_{what}": "past"
        for role in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    return known | who | {"HOME": str(home), "PYTHONPATH": f"{home}:{program}"}


def _type(line: str, repository: Path, env: Mapping[str, str]) -> None:
    argv = [sys.executable, "-P", "-m", "thrum", *line.split()]
    subprocess.run(argv, cwd=repository, env=dict(env), check=True, stdout=subprocess.DEVNULL)


def _packed(name: str, repository: Path) -> Path:
    """The archive: files in order of their names, without times, owners and this machine's name."""
    target = FOLDER / f"{name}.tar.xz"
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tarfile.open(target, "w:xz", preset=9) as archive:
        for path in sorted(repository.rglob("*")):
            within = path.relative_to(repository)
            if path.is_file() and not LEFT_OUT & set(within.parts):
                archive.add(path, str(within), filter=_nameless)
    return target


def _nameless(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.mtime = member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


def main(names: list[str]) -> int:
    """Records those of the names, or all."""
    for name, commit in PAST.items():
        if not names or name in names:
            path = record(name, commit)
            print(f"{path.name}: {path.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

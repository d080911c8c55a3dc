"""Programs of others whose files go along, and what runs after a backup."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from thrum.backup.rules import Plugin
from thrum.backup.sources import Source
from thrum.errors import ThrumError

FOLDER: Final = "plugins"
LIMIT_S: Final = 60.0
_CHUNK: Final = 65_536
_HEARD_S: Final = 1.0
"""Seconds for what was said last, when the group has ended."""
MOST_SAID: Final = 4_096
"""Bytes of what a program says last that are kept."""


def told(folder: Path, repository: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of such programs: where the backup is, and of what."""
    return {
        **environment,
        "THRUM_BACKUP_DIR": str(folder.parent),
        "THRUM_BACKUP_REPO": str(repository),
        "THRUM_BACKUP_CURRENT": str(folder),
    }


def run(command: str, where: Path, environment: Mapping[str, str], *, through_shell: bool) -> None:
    """Runs a command in its own process group, for a minute at most.

    Raises:
        ThrumError: ``program``, it cannot be started, fails, or does not end.
    """
    argv = _argv(command, through_shell=through_shell)
    if argv:
        name = command[:80] if through_shell else argv[0][:80]
        with _ending_in_order():
            _run(name, argv, where, environment)


def _run(name: str, argv: list[str], where: Path, environment: Mapping[str, str]) -> None:
    try:
        running = subprocess.Popen(
            argv,
            cwd=where,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        text = f"{argv[0][:80]} cannot be started: {error.strerror}"
        raise ThrumError("program", text) from None
    assert running.stderr is not None
    saying = _Saying(running.stderr)
    try:
        saying.start()
        running.wait(timeout=LIMIT_S)
    except subprocess.TimeoutExpired:
        raise ThrumError("program", f"{name} did not end within {LIMIT_S:g} s") from None
    finally:
        _end(running)
        if saying.is_alive():
            saying.join(_HEARD_S)  # longer if somebody left the group and holds it still
        else:  # it has ended, or we were told to end before it began
            running.stderr.close()
    if running.returncode:
        said = saying.last.decode(errors="replace").strip()
        raise ThrumError("program", f"{name} ended with {running.returncode}: {said}".rstrip(": "))


@contextmanager
def _ending_in_order() -> Iterator[None]:
    """Whoever is told to end takes the program along, which leads a session of its own."""
    ends = (signal.SIGTERM, signal.SIGHUP)
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {each: signal.signal(each, lambda number, _: sys.exit(128 + number)) for each in ends}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Saying(threading.Thread):
    """Reads what a program says, so that it is not held up, and keeps the last of it.

    The stream is its own: it is closed when nobody writes there any more, however late.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__(name="what a plugin says", daemon=True)
        self._stream = stream
        self.last = b""

    def run(self) -> None:
        """Reads until everybody who writes there has ended."""
        with self._stream:
            while data := os.read(self._stream.fileno(), _CHUNK):
                self.last = (self.last + data)[-MOST_SAID:]


def _argv(command: str, *, through_shell: bool) -> list[str]:
    try:
        return ["/bin/sh", "-c", command] if through_shell else shlex.split(command)
    except ValueError as error:
        raise ThrumError("program", f"{command[:80]!r} is no command: {error}") from None


def check(plugin: Plugin) -> None:
    """Whether it can be meant so.

    Raises:
        ThrumError: ``program``, a command is none; ``config``, a pattern is none, or leads out
            of the repository.
    """
    for command in (plugin.command, plugin.restore):
        _argv(command, through_shell=plugin.shell)
    for pattern in plugin.include:
        of = f"{pattern[:80]!r} of the plugin {plugin.name}"
        parts = Path(pattern).parts
        if not parts or any("**" in part and part != "**" for part in parts):
            hint = "such as notes/*.md, or **/*.md in all folders"
            raise ThrumError("config", f"{of} is no pattern of files", hint)
        if pattern.startswith("/") or ".." in parts:
            raise ThrumError("config", f"{of} leads out of the repository")


def _end(running: subprocess.Popen[bytes]) -> None:
    """Ends what is left of the group; the program itself has ended, or has to now."""
    try:
        os.killpg(running.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    running.wait()


def files(plugin: Plugin, repository: Path) -> Iterator[Source]:
    """What a plugin's patterns name, inside the repository; links are left out.

    Raises:
        ThrumError: as `check`.
    """
    check(plugin)
    for pattern in plugin.include:
        for path in sorted(repository.glob(pattern)):
            inside = path.relative_to(repository)
            if path.is_file() and not _has_link(repository, inside):
                yield Source(path, f"{FOLDER}/{plugin.name}/{inside}")


def origin(name: str, repository: Path) -> Path | None:
    """Where a file of a plugin was, by its name in a backup; None if nothing may be put there.

    Whoever made the backup may not reach into git, nor through a link out of the repository.
    """
    _, _, inside = name.removeprefix(f"{FOLDER}/").partition("/")
    parts = Path(inside).parts
    if not parts or ".." in parts or inside.startswith("/") or _has_link(repository, Path(inside)):
        return None
    return None if any(part.lower() == ".git" for part in parts) else repository / inside


def _has_link(root: Path, inside: Path) -> bool:
    return any((root / part).is_symlink() for part in (inside, *inside.parents) if part.name)

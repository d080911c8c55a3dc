"""The process tree, without starting a process.

On Linux it is read from ``/proc``; elsewhere psutil asks the system. A process is named by its PID
and its start time, because PIDs are used again. Linux counts from the start of the machine, and
programs that start with it come up alike each time, so the machine's start is named as well.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from thrum.identity import programs
from thrum.platform import LINUX

DEEPEST: Final = 64
_NS: Final = 1_000_000_000
RUNTIMES: Final = {
    "claude": "claude",
    "cursor-agent": "cursor",
    "agent": "cursor",
    "codex": "codex",
    "opencode": "opencode",
    ".opencode": "opencode",
    "gemini": "gemini",
    "auggie": "auggie",
    "amp": "amp",
    "kiro-cli": "kiro-cli",
    "copilot": "copilot",
    "qwen": "qwen",
    "aider": "aider",
}
"""Process names of agent runtimes, and what each is called. The adapters say the same."""

INTERPRETERS: Final = frozenset({"node", "node-MainThread", "MainThread", "bun"})
"""Process names under which runtimes run that are scripts; newer ones of node name the thread."""

SCRIPTS: Final = {
    "@google/gemini-cli/": "gemini",
    "@augmentcode/auggie/": "auggie",
    "@sourcegraph/amp/": "amp",
    "@github/copilot/": "copilot",
    "@qwen-code/qwen-code/": "qwen",
}
"""What the path of such a script contains, and what the runtime is called."""

_SERVES: Final = frozenset({"serve", "web"})
SERVERS: Final = {
    "codex": frozenset({"app-server"}),
    "opencode": _SERVES,
    ".opencode": _SERVES,
}
"""With these commands a runtime serves several sessions, each in a folder of its own."""

_AMBIGUOUS: Final = {"agent": "cursor"}
"""Names that unrelated programs have too, and what the runtime's own path contains."""

_MOST_WORDS: Final = 8
"""Words of a command line among which the script is looked for, behind the interpreter's flags."""


class Process(NamedTuple):
    """A process that runs now.

    Attributes:
        pid: its number.
        parent: its parent's number; 0 for the first.
        name: the base name of its program.
        started: its start time in the system's own unit, with ``@`` and the machine's start where
            it counts from that; equal only for the same process.
    """

    pid: int
    parent: int
    name: str
    started: str

    @property
    def age_mark(self) -> float:
        """A number that is larger the later the process began, among those that run at once."""
        return float(self.started.partition("@")[0])


def look(pid: int) -> Process | None:
    """The process of that number, or None if there is none."""
    if pid <= 0:
        return None
    return _look_proc(pid) if LINUX else _look_psutil(pid)


def _look_proc(pid: int) -> Process | None:
    # Plain descriptors: this runs for every request to the daemon.
    try:
        handle = os.open(f"/proc/{pid}/stat", os.O_RDONLY | os.O_CLOEXEC)
        try:
            data = os.read(handle, 4096)
        finally:
            os.close(handle)
    except OSError:
        return None
    # "PID (name) state ppid …": the name may hold spaces and brackets, so cut at the last one.
    head, _, tail = data.rpartition(b")")
    fields = tail.split()
    if len(fields) < 20 or fields[0] == b"Z":
        return None
    name = head.partition(b"(")[2].decode(errors="replace")
    return Process(pid, int(fields[1]), name, fields[19].decode() + _since())


@cache
def _since() -> str:
    """What tells this start of the machine from every other; empty if the system does not say."""
    try:
        return "@" + Path("/proc/sys/kernel/random/boot_id").read_text().strip().replace("-", "")
    except OSError:
        return ""


def boot() -> str:
    """Which start of the machine this is; empty if the system does not say."""
    return _since()


def _look_psutil(pid: int) -> Process | None:
    import psutil

    try:
        process = psutil.Process(pid)
        with process.oneshot():
            started = f"{process.create_time():.6f}"
            return Process(pid, process.ppid(), process.name(), started)
    except psutil.Error:
        return None


def began_ns(found: Process) -> int | None:
    """When the process began, nanoseconds since 1970 by the clock as it is now.

    None if the system does not say. To a second; a clock that is set takes the answer along.
    """
    count = found.age_mark
    if not LINUX:
        return int(count * _NS)
    booted = _booted_s()
    return None if booted is None else int((booted + count / os.sysconf("SC_CLK_TCK")) * _NS)


def _booted_s() -> int | None:
    """When the machine began, seconds since 1970."""
    try:
        lines = Path("/proc/stat").read_text().splitlines()
    except OSError:
        return None
    words = (line.split() for line in lines)
    return next((int(each[1]) for each in words if each[:1] == ["btime"]), None)


def alive(pid: int, started: str = "") -> bool:
    """Whether that process runs; with a start time, whether it is still the same one."""
    found = look(pid)
    return found is not None and (not started or found.started == started)


def chain(pid: int, look_at: Callable[[int], Process | None] | None = None) -> Iterator[Process]:
    """The process and its ancestors, nearest first.

    It ends below a server of several sessions: whoever happened to start it is nobody to them.

    Args:
        pid: the process to begin with.
        look_at: what `look` is to be replaced by.
    """
    for found in _upwards(pid, look_at or look):
        if is_server(found):
            return
        yield found


def server(pid: int) -> Process | None:
    """The server of several sessions that the process runs below, without a runtime between."""
    for found in _upwards(pid, look):
        if is_server(found):
            return found
        if is_runtime(found):
            return None
    return None


def is_server(found: Process) -> bool:
    """Whether the process serves several sessions of a runtime."""
    commands = SERVERS.get(found.name)
    if not commands:
        return False
    said = (word for word in words(found.pid)[1:_MOST_WORDS] if word[:1] != "-" and "=" not in word)
    return next(said, "") in commands


def _upwards(pid: int, look_at: Callable[[int], Process | None]) -> Iterator[Process]:
    """The process and its ancestors.

    It ends before a parent that is younger than its child: the real one died while we looked and
    its number went to somebody else.
    """
    below = float("inf")
    for _ in range(DEEPEST):
        found = look_at(pid)
        if found is None or found.age_mark > below:
            return
        yield found
        below = found.age_mark
        pid = found.parent


def runtime_name(found: Process) -> str:
    """Which agent runtime the process is; empty if it is none.

    A name that other programs have too counts only where the program itself is the runtime's. Of
    what we do not know the person may have told us.
    """
    return _known_name(found) or _own_name(found)


def _known_name(found: Process) -> str:
    if found.name in INTERPRETERS:
        paths = list(_program(found.pid))
        return next((SCRIPTS[mark] for mark in SCRIPTS if any(mark in each for each in paths)), "")
    name = RUNTIMES.get(found.name, "")
    mark = _AMBIGUOUS.get(found.name)
    if mark and not any(mark in word.lower() for word in _program(found.pid)):
        return ""
    return name


def _own_name(found: Process) -> str:
    own = programs.own()
    if own.scripts and (found.name in INTERPRETERS or programs.is_runner(found.name)):
        return own.of_script(_program(found.pid))
    return own.names.get(found.name[: programs.LONGEST], "")


def is_runtime(found: Process) -> bool:
    """Whether the process is an agent runtime."""
    return bool(runtime_name(found))


def words(pid: int) -> list[str]:
    """The command line of a process; empty where the system does not say."""
    try:
        if LINUX:
            line = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
            return line.rstrip("\0").split("\0") if line else []
        import psutil

        return list(psutil.Process(pid).cmdline())
    except OSError:
        return []
    except Exception as error:
        if _is_psutils(error):
            return []
        raise


def _program(pid: int) -> Iterator[str]:
    """What the process runs: its executable and, for a script, the script."""
    try:
        if LINUX:
            yield os.readlink(f"/proc/{pid}/exe")  # noqa: PTH115
        else:
            import psutil

            yield psutil.Process(pid).exe()
    except OSError:
        return
    except Exception as error:
        if _is_psutils(error):
            return
        raise
    # The first word is the program, the first behind it that is no flag the script.
    line = words(pid)
    named = [word for word in line[1:_MOST_WORDS] if not word.startswith("-")]
    for word in (*line[:1], *named[:1]):
        yield word
        # Installers put a link with the short name into the path.
        yield os.path.realpath(word) if word.startswith("/") else word


def runtime_of(ancestors: Iterable[Process]) -> Process | None:
    """The agent runtime that these processes (nearest first) run under.

    The nearest one. A runtime that another of the same name started directly, without a shell in
    between, is its helper for a hook and gone in a moment, so the one above it counts.
    """
    found = None
    for each in ancestors:
        if found is None:
            found = each if is_runtime(each) else None
        elif each.name == found.name and runtime_name(each) == runtime_name(found):
            found = each
        else:
            break
    return found


def runtime(pid: int) -> Process | None:
    """The agent runtime at or above the process, as `runtime_of` its chain."""
    return runtime_of(chain(pid))


def is_attended(pid: int) -> bool:
    """Whether the process has a terminal and no agent runtime is above it: a person sits there."""
    return has_terminal(pid) and runtime(pid) is None


def has_terminal(pid: int) -> bool:
    """Whether a terminal controls the process; False when the system does not say."""
    try:
        if LINUX:
            return int(stat(pid)[4]) != 0
        import psutil

        return psutil.Process(pid).terminal() is not None
    except (OSError, IndexError):
        return False
    except Exception as error:
        if _is_psutils(error):
            return False
        raise


def has_keys(pid: int) -> bool | None:
    """Whether what is typed at its terminal goes to a process, and to nothing that it started.

    None where the system does not say.
    """
    if not LINUX:
        return None
    fields = stat(pid)
    return fields[2] == fields[5] if fields else None


def stat(pid: int) -> list[bytes]:
    """What Linux says of a process, from its state on: ``state ppid pgrp session tty tpgid …``;
    empty if there is none."""
    try:
        said = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return []
    return said.rpartition(b")")[2].split()


def cwd(pid: int) -> Path | None:
    """The process's working directory, or None when the system does not say."""
    found = stands(pid)
    return None if found is None else Path(found)


def stands(pid: int) -> str | None:
    """The same as text: it is asked for with every request to the daemon."""
    try:
        if LINUX:
            return os.readlink(f"/proc/{pid}/cwd")  # noqa: PTH115
        import psutil

        return psutil.Process(pid).cwd()
    except OSError:
        return None
    except Exception as error:
        if _is_psutils(error):
            return None
        raise


def environment(pid: int) -> dict[str, str]:
    """What the process was started with; empty if it is not ours or the system does not say."""
    return _environment_proc(pid) if LINUX else _environment_psutil(pid)


def _environment_proc(pid: int) -> dict[str, str]:
    # A command is gone soon after it was answered; psutil would first have to be loaded.
    place = Path(f"/proc/{pid}")
    try:
        if place.stat().st_uid != os.geteuid():
            return {}
        data = os.fsdecode((place / "environ").read_bytes())
    except OSError:
        return {}
    pairs = (entry.partition("=") for entry in data.split("\0") if "=" in entry)
    return {name: text for name, _, text in pairs}


def _environment_psutil(pid: int) -> dict[str, str]:
    import psutil

    try:
        running = psutil.Process(pid)
        return running.environ() if running.uids().effective == os.geteuid() else {}
    except (psutil.Error, OSError):
        return {}


def _is_psutils(error: Exception) -> bool:
    # psutil is only importable where it is used; its errors share one base class.
    return type(error).__module__.startswith("psutil")

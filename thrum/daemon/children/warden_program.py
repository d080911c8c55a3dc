"""The warden: a process that outlives the daemon by a moment and ends the groups it left.

A constant program, run by its path with ``python -I -S``: the standard library only, nothing from
the directory it happens to stand in. On its standard input the daemon says, a line each:

- ``? INODE``: a child is about to start, whose standard output is the pipe of that number;
- ``+ GROUP STARTED``: it has started, leads that group, and its process began at that time;
- ``- GROUP``: the group is over; the number belongs to nobody from now on.

At the end of the input the daemon is gone. Every group still named is told to end, and is killed
if it does not.

Why no stranger is hit, though numbers are used again. The daemon says ``-`` before it reaps the
leader, so the number of a named group stayed taken, by the leader or its zombie, until the daemon
died. After that the system keeps the number from others for as long as the group has a member.
Only a group that has no member left can have lost its number, and whoever has it now is a process
that started at another time: it is let be.
"""

from __future__ import annotations

import calendar
import os
import signal
import stat
import subprocess
import time

GRACE_S = 2.0
KILL_LIMIT_S = 10.0
PAUSE_S = 0.02
PROC = os.path.isdir("/proc/self/fd")  # noqa: PTH112
SLACK_S = 2.0
"""``ps`` tells whole seconds."""

DEAF_TO = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


class Told:
    """What the daemon has said so far.

    Attributes:
        groups: the groups that run, with the start times of their leaders.
        expected: the pipe of a child that was starting when nothing more was said.
    """

    def __init__(self) -> None:
        self.groups: dict[int, str] = {}
        self.expected: int | None = None

    def take(self, line: str) -> None:
        """Takes one line."""
        word, number, started = [*line.split(" "), "", ""][:3]
        if not number.isdigit():
            return
        if word == "?":
            self.expected = int(number)
        elif word == "+":
            self.groups[int(number)] = started
            self.expected = None
        elif word == "-":
            self.groups.pop(int(number), None)


def listen(handle: int) -> Told:
    """Reads to the end of the input. What stands behind its last line's end was not said."""
    told, rest = Told(), b""
    while True:
        try:
            data = os.read(handle, 65536)
        except ConnectionError:
            data = b""
        if not data:
            return told
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            told.take(line.decode("ascii", "replace"))


def with_pipe(inode: int) -> dict[int, str]:
    """The group of a child that started, and of which the daemon could not tell any more.

    The daemon's end of our input is copied by a child until the moment before it becomes its
    program, so the input ends only when there is none or when it shows by its standard output.
    """
    found = {}
    for name in os.listdir("/proc") if PROC else ():  # noqa: PTH208
        try:
            about = os.stat(f"/proc/{name}/fd/1")  # noqa: PTH116
            if about.st_ino == inode and stat.S_ISFIFO(about.st_mode):
                group = os.getpgid(int(name))
                if group == os.getsid(int(name)):
                    found[group] = by_proc(group) or ""
        except (OSError, ValueError):
            continue  # no process, somebody else's, or gone by now
    return found


def by_proc(pid: int) -> str | None:
    """When a process started, as the daemon says it; None if there is none, or a zombie."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return None
    return None if len(fields) < 20 or fields[0] == b"Z" else fields[19].decode()


def by_ps(pid: int) -> float | None:
    """When a process started, in seconds since 1970; None if there is none, or a zombie."""
    asked = subprocess.run(
        ["/bin/ps", "-o", "stat=,lstart=", "-p", str(pid)],
        capture_output=True,
        env={"LC_ALL": "C", "TZ": "UTC0"},
        check=False,
    )
    state, _, started = asked.stdout.decode("ascii", "replace").strip().partition(" ")
    if not started or state.startswith("Z"):
        return None
    return calendar.timegm(time.strptime(started.strip(), "%a %b %d %H:%M:%S %Y"))


def fits(group: int, started: str) -> bool:
    """Whether the number can only mean the group that was told of."""
    if PROC:
        running = by_proc(group)
        # The daemon says in which start of the machine, too, which is this one.
        return running is None or running == started.partition("@")[0]
    since = by_ps(group)
    return since is None or (started != "" and abs(since - float(started)) <= SLACK_S)


def tell(groups: dict[int, str], number: int) -> dict[int, str]:
    """Sends a signal to the groups; those of them that have members."""
    there = {}
    for group, started in groups.items():
        try:
            if group > 1 and fits(group, started):
                os.killpg(group, number)
                there[group] = started
        except (ProcessLookupError, PermissionError):
            continue  # over, or nothing that we may end
    return there


def end(groups: dict[int, str]) -> None:
    """Ends the groups: they are asked, and after a grace killed."""
    groups = tell(groups, signal.SIGTERM)
    for number, limit_s in ((0, GRACE_S), (signal.SIGKILL, KILL_LIMIT_S)):
        until = time.monotonic() + limit_s
        while groups and time.monotonic() < until:
            groups = tell(groups, number)
            time.sleep(PAUSE_S)


def main() -> None:
    """Waits for the end of the daemon, and sees to what it left."""
    for number in DEAF_TO:
        signal.signal(number, signal.SIG_IGN)
    told = listen(0)
    groups = told.groups
    if told.expected is not None:
        groups = {**with_pipe(told.expected), **groups}
    end(groups)


if __name__ == "__main__":
    main()

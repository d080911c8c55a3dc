"""A process that speaks on a daemon's socket from where nobody expects it: run as a program.

Its one argument names the way, one of `WAYS`. It reads a JSON object from stdin (``socket``, the
folders ``victim``, ``own`` and ``root``, ``requests``) and prints every answer on a line of its
own. Standard library only: nothing of Thrum helps it.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

PR_SET_DUMPABLE: Final = 4
PR_SET_NAME: Final = 15
Plan = dict[str, Any]
Way = Callable[[Plan], "contextlib.AbstractContextManager[socket.socket]"]


def connected(plan: Plan) -> socket.socket:
    """A connection to the daemon."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(plan["socket"])
    return connection


@contextlib.contextmanager
def standing(plan: Plan, where: str | Path) -> Iterator[socket.socket]:
    """Connects from a folder and stays there."""
    os.chdir(where)
    with connected(plan) as connection:
        yield connection


def nowhere(plan: Plan) -> Any:
    """Stands outside every worktree."""
    return standing(plan, "/")


def at_home(plan: Plan) -> Any:
    """Stands in the own worktree and says the victim's name in every variable."""
    os.environ |= {"THRUM_NAME": plan["name"], "THRUM_AGENT_ID": plan["name"]}
    os.environ |= {"THRUM_HOME": plan["victim"], "PWD": plan["victim"]}
    return standing(plan, plan["own"])


@contextlib.contextmanager
def by_a_link(plan: Plan) -> Iterator[socket.socket]:
    """Goes through a link that lies in the victim's worktree and leads to the own one."""
    link = Path(plan["victim"], "way-out")
    link.symlink_to(plan["own"], target_is_directory=True)
    with standing(plan, link) as connection:
        yield connection
    link.unlink()


def by_dots(plan: Plan) -> Any:
    """Goes through the victim's worktree and out of it again."""
    return standing(plan, Path(plan["victim"], "..", Path(plan["own"]).name))


@contextlib.contextmanager
def in_a_repository_inside(plan: Plan) -> Iterator[socket.socket]:
    """Stands in another repository that lies in the victim's worktree."""
    inner = Path(plan["victim"], "vendored")
    subprocess.run(["git", "init", "-q", str(inner)], check=True)
    with standing(plan, inner) as connection:
        yield connection
    os.chdir("/")
    shutil.rmtree(inner)


def in_a_copied_worktree(plan: Plan) -> Any:
    """Stands in a folder that points to the victim's git directory as the victim's own does."""
    copy = Path(plan["root"], "copy")
    copy.mkdir()
    shutil.copy(Path(plan["victim"], ".git"), copy / ".git")
    return standing(plan, copy)


def in_a_worktree_by_links(plan: Plan) -> Any:
    """Stands in a folder all of whose files are links to the victim's."""
    mirror = Path(plan["root"], "mirror")
    mirror.mkdir()
    for entry in Path(plan["victim"]).iterdir():
        (mirror / entry.name).symlink_to(entry)
    return standing(plan, mirror)


@contextlib.contextmanager
def in_a_deleted_folder(plan: Plan) -> Iterator[socket.socket]:
    """Stands in a folder that is no more, and was never in the victim's worktree."""
    gone = Path(plan["root"], "gone")
    gone.mkdir()
    os.chdir(gone)
    gone.rmdir()
    with connected(plan) as connection:
        yield connection


def _own_process(plan: Plan, pid: int) -> None:
    """Writes the own identity as an agent's runtime that is this process."""
    path = Path(plan["own"], ".thrum", "identities", f"{plan['self']}.json")
    found = json.loads(path.read_text())
    ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip().replace("-", "")
    started = f"{ticks}@{boot}"
    _replace(path, {**found, "agent_pid": pid, "agent_pid_started": started})


def _replace(path: Path, found: Any) -> None:
    part = path.with_suffix(".part")
    part.write_text(json.dumps(found))
    part.rename(path)


@contextlib.contextmanager
def walking_in(plan: Plan) -> Iterator[socket.socket]:
    """Is an agent by its process, connects at home and changes into the victim's worktree."""
    _own_process(plan, os.getpid())
    os.chdir(plan["own"])
    with connected(plan) as connection:
        os.chdir(plan["victim"])
        yield connection


def a_child_walking_in(plan: Plan) -> Any:
    """Is the grandchild of an agent's process and stands in the victim's worktree."""
    _own_process(plan, os.getpid())
    for _ in range(2):
        _become_child()
    return standing(plan, plan["victim"])


def _become_child() -> None:
    """Goes on as a child; the parent waits for its end."""
    child = os.fork()
    if child:
        os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


@contextlib.contextmanager
def _beside_its_own(plan: Plan, plant: Callable[[Path, Path], object]) -> Iterator[socket.socket]:
    """Is an agent by its process at home, where something bears the name of the victim's file."""
    _own_process(plan, os.getpid())
    own, victims = (
        Path(plan[where], ".thrum", "identities", f"{plan['name']}.json")
        for where in ("own", "victim")
    )
    plant(victims, own)
    with standing(plan, plan["own"]) as connection:
        yield connection
    own.unlink()


def with_a_copied_identity(plan: Plan) -> Any:
    """Has a copy of the victim's file."""
    return _beside_its_own(plan, lambda source, target: shutil.copy(source, target))


def with_a_linked_identity(plan: Plan) -> Any:
    """Has the victim's very file, by a hard link."""
    return _beside_its_own(plan, os.link)


def with_a_link_to_an_identity(plan: Plan) -> Any:
    """Has a symbolic link to the victim's file."""
    return _beside_its_own(plan, os.symlink)


def with_a_forged_identity(plan: Plan) -> Any:
    """Has a file that says that the victim is this process, here."""

    def plant(victims: Path, own: Path) -> None:
        mine = json.loads(own.with_name(f"{plan['self']}.json").read_text())
        agent = json.loads(victims.read_text())["agent"]
        _replace(own, {**mine, "agent": agent})

    return _beside_its_own(plan, plant)


def under_a_runtimes_name(plan: Plan) -> Any:
    """Calls its process as an agent program is called."""
    ctypes.CDLL(None).prctl(PR_SET_NAME, b"claude", 0, 0, 0)
    return standing(plan, "/")


@contextlib.contextmanager
def with_a_number_used_again(plan: Plan) -> Iterator[socket.socket]:
    """Has the number that the victim's process had before it ended."""
    path = Path(plan["victim"], ".thrum", "identities", f"{plan['name']}.json")
    before = path.read_bytes()
    _replace(path, {**json.loads(before), "agent_pid": os.getpid(), "agent_pid_started": "1"})
    with standing(plan, "/") as connection:
        yield connection
    part = path.with_suffix(".part")
    part.write_bytes(before)
    part.rename(path)


def orphaned(plan: Plan) -> Any:
    """Forks twice, so that its parents are gone."""
    _orphan()
    return standing(plan, "/")


def orphaned_at_home(plan: Plan) -> Any:
    """The same, in the own worktree."""
    _orphan()
    return standing(plan, plan["own"])


def _orphan() -> None:
    """Goes on as a process whose parent has ended; the first one waits for its answers' end."""
    ended, held = os.pipe()
    if os.fork():
        os.close(held)
        os.read(ended, 1)  # until the last holder is gone
        os._exit(0)
    os.close(ended)
    os.setsid()
    middle = os.getpid()
    if os.fork():
        os._exit(0)
    while os.getppid() == middle:
        pass


@contextlib.contextmanager
def on_a_dead_ones_line(plan: Plan) -> Iterator[socket.socket]:
    """Speaks on a connection that was opened in the victim's worktree by who has ended since."""
    os.chdir(plan["victim"])
    ours, theirs = socket.socketpair()
    opener = os.fork()
    if opener == 0:
        opened = connected(plan)
        socket.send_fds(theirs, [b"x"], [opened.fileno()])
        os._exit(0)
    theirs.close()
    _, (handle,), _, _ = socket.recv_fds(ours, 1, 1)
    os.waitpid(opener, 0)
    os.chdir("/")
    with socket.socket(fileno=handle) as connection:
        yield connection


@contextlib.contextmanager
def on_an_inherited_line(plan: Plan) -> Iterator[socket.socket]:
    """The same, as the child of who opened the connection and was gone before it was accepted."""
    os.chdir(plan["victim"])
    ended, held = os.pipe()
    if os.fork():
        os.close(held)
        os.read(ended, 1)
        os._exit(0)
    os.close(ended)
    opener = os.getpid()
    connection = connected(plan)
    if os.fork():
        os._exit(0)
    while os.getppid() == opener:
        pass
    os.chdir("/")
    with connection:
        yield connection


@contextlib.contextmanager
def handing_its_line_on(plan: Plan) -> Iterator[socket.socket]:
    """Opens a connection at home; another process, which has no home, speaks on it."""
    os.chdir(plan["own"])
    connection = connected(plan)
    _become_child()
    os.chdir("/")
    with connection:
        yield connection


def hidden(plan: Plan) -> Any:
    """Lets nobody but the superuser see where it stands."""
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    return standing(plan, "/")


WAYS: Final[dict[str, tuple[Way, bool]]] = {
    way.__name__: (way, known)
    for way, known in (
        (nowhere, False),
        (at_home, True),
        (by_a_link, True),
        (by_dots, True),
        (in_a_repository_inside, False),
        (in_a_copied_worktree, False),
        (in_a_worktree_by_links, False),
        (in_a_deleted_folder, False),
        (with_a_copied_identity, True),
        (with_a_linked_identity, True),
        (with_a_link_to_an_identity, True),
        (with_a_forged_identity, True),
        (under_a_runtimes_name, False),
        (with_a_number_used_again, False),
        (orphaned, False),
        (orphaned_at_home, True),
        (on_a_dead_ones_line, False),
        (on_an_inherited_line, False),
        (handing_its_line_on, True),
        (hidden, False),
        (walking_in, True),
        (a_child_walking_in, True),
    )
}
"""Every way, and whether it leaves the speaker an agent (its own) or makes it nobody."""


def main() -> None:
    """Speaks as it is told."""
    plan = json.load(sys.stdin)
    way, _ = WAYS[sys.argv[1]]
    with way(plan) as connection, connection.makefile("rb") as lines:
        for number, (method, params) in enumerate(plan["requests"]):
            request = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
            connection.sendall(json.dumps(request).encode() + b"\n")
            answer: Any = {}
            while answer.get("id") != number:
                answer = json.loads(lines.readline())
            sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

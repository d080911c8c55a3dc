"""Load on real daemons, and what became of it on the branch and in the database."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.integration.conftest import World

_SENDERS: Final = """
import json, os, signal, socket, sys, time

agent, pause, keep, most = sys.argv[1], float(sys.argv[2]), sys.argv[3] == "keep", int(sys.argv[4])

# Each is a process of its own; only the interpreter, and what it loads, starts once for all.
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
children = []

def end(*_):
    for child in children:
        os.kill(child, signal.SIGTERM)

for note in sys.argv[5:]:
    children.append(os.fork())
    if not children[-1]:
        break
else:
    signal.signal(signal.SIGTERM, end)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
    for child in children:
        os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)  # reaped with this one: see `end`
    sys.exit()
signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])

name = os.path.basename(note).removesuffix(".acknowledged")
for number, path in ((1, note), (2, note.removesuffix("acknowledged") + "refused")):
    os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), number)
sent = 0

def connected():
    while True:
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(".thrum/var/thrum.sock")
            return connection, connection.makefile("rb")
        except OSError:
            if not keep:
                sys.exit()
            time.sleep(0.02)

connection, answers = connected()
while sent < most:
    params = {"content": f"{name} {sent}", "caller_agent_id": agent}
    request = {"jsonrpc": "2.0", "id": sent, "method": "message.send", "params": params}
    sent += 1
    try:
        connection.sendall(json.dumps(request).encode() + b"\\n")
        answer = json.loads(answers.readline())
    except (OSError, ValueError):
        if not keep:
            sys.exit()
        connection, answers = connected()
        continue
    if "result" in answer:
        os.write(1, answer["result"]["message_id"].encode() + b"\\n")
    else:
        os.write(2, json.dumps(answer["error"]).encode() + b"\\n")
    time.sleep(pause)
"""


@dataclass
class Senders:
    """Processes that send as fast as they are answered, and note what was acknowledged."""

    running: subprocess.Popen[bytes]
    notes: list[Path]

    def stop(self) -> None:
        """Ends them, in the middle of a request if it comes to that."""
        self.running.terminate()
        self.wait()

    def wait(self) -> None:
        """Returns when all have ended, as they do when their daemon goes away."""
        self.running.wait(60)

    def acknowledged(self) -> list[str]:
        """Ids of messages, in the order in which each sender got them."""
        return [line for note in self.notes for line in note.read_text().splitlines()]

    def refused(self) -> list[dict[str, object]]:
        """The errors that requests ended with."""
        return [
            json.loads(line)
            for note in self.notes
            for line in note.with_suffix(".refused").read_text().splitlines()
        ]


def senders(
    world: World,
    clone: Path,
    agent: str,
    name: str,
    *,
    count: int = 8,
    pause: float = 0.0,
    keep: bool = False,
    most: int = 1_000_000,
) -> Senders:
    """Starts senders in a clone.

    Args:
        pause: seconds between an answer and the next request.
        keep: whether they connect again when the daemon goes away.
        most: messages after which each of them ends.
    """
    notes = [world.root / f"{name}-{number}.acknowledged" for number in range(count)]
    for note in notes:
        note.touch()
        note.with_suffix(".refused").touch()
    how = [agent, str(pause), "keep" if keep else "once", str(most)]
    running = subprocess.Popen(
        [sys.executable, "-c", _SENDERS, *how, *map(str, notes)],
        cwd=clone,
        env=world.environment,
        stdin=subprocess.DEVNULL,
    )
    return Senders(running, notes)


def on_branch(world: World, clone: Path, commit: str = "a-sync") -> Counter[str]:
    """How often each message is created in the files of a commit."""
    found: Counter[str] = Counter()
    for path in world.git("ls-tree", "-r", "--name-only", commit, cwd=clone).split():
        for line in world.git("show", f"{commit}:{path}", cwd=clone).splitlines():
            if '"message.create"' in line:
                found[json.loads(line)["message_id"]] += 1
    return found


def in_database(clone: Path) -> Counter[str]:
    """How often each message stands in the database."""
    db = sqlite3.connect(f"file:{clone}/.thrum/var/messages.db?mode=ro", uri=True)
    try:
        return Counter(row[0] for row in db.execute("select message_id from messages"))
    finally:
        db.close()


def leftovers(git_directory: Path) -> list[str]:
    """Locks and half-written files that somebody who was killed left in a git directory."""
    signs = ("*.lock", "tmp_*", "incoming-*")
    # Not rglob: that fails when git removes a folder while it is being listed.
    walk = os.walk(git_directory)
    below = [Path(at) / name for at, folders, names in walk for name in (*folders, *names)]
    found = [path for path in below if any(path.match(sign) for sign in signs)]
    # libgit2's half-written objects go when they are a minute old.
    found = [path for path in found if not path.name.startswith("tmp_object_git2_")]
    return sorted(str(path.relative_to(git_directory)) for path in found)

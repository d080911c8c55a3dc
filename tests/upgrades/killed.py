"""Starts that are killed at each step of an upgrade: a call to the disk, or a statement of SQLite.

``python -m tests.upgrades.killed NAME FOLDER EVERY`` kills at every so many of the steps, and looks
each time whether the older program could go on and whether the newer one does.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, Final

from tests.thrum.daemon.ground import open_log, store_upon
from tests.upgrades.remains import TEXTS, fill, unpack
from thrum.daemon import services
from thrum.daemon.projection import copies
from thrum.daemon.state import State
from thrum.daemon.state.schema import things

_CALLS: Final = frozenset({"os.rename", "os.link", "os.remove", "os.chmod", "os.truncate"})
KNOWN: Final = {
    *("journal.jsonl", "messages.db", "state.db", "state.db-wal", "state.db-shm"),
    *("numbers", "halted", "sync.lock", "ws.port", "ws.port.before"),
}


class Steps:
    """Counts steps, and ends the process at one of them."""

    def __init__(self, left: int) -> None:
        self.left = self.given = left

    def take(self, *_: object) -> None:
        """Another step is about to be made."""
        self.left -= 1
        if self.left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Python is about to do something."""
        if event in _CALLS or (event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR)):
            self.take()

    def before(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """The call, with a step before it."""

        def stepping(*arguments: Any, **named: Any) -> Any:
            self.take()
            return call(*arguments, **named)

        return stepping


def connecting(steps: Steps) -> Callable[..., sqlite3.Connection]:
    """Connects so that each statement is a step."""
    connect = sqlite3.connect

    def traced(*arguments: Any, **named: Any) -> sqlite3.Connection:
        steps.take()
        db: sqlite3.Connection = connect(*arguments, **named)
        db.set_trace_callback(steps.take)
        return db

    return traced


def start(repository: Path, left: int = 1_000_000) -> int:
    """Opens both databases as a daemon does; how many steps that took."""
    var = repository / ".thrum/var"
    log = open_log(repository)
    steps = Steps(left)
    sys.addaudithook(steps.hear)
    os.fsync = steps.before(os.fsync)
    sqlite3.connect = connecting(steps)  # type: ignore[assignment]
    state = State.open(var / "state.db", services.schemas(), time.time_ns)
    assert not state.trouble(), state.trouble()
    store = store_upon(log, var / "messages.db")
    taken = steps.given - steps.left
    query = "SELECT body_content FROM messages ORDER BY created_at"
    assert [text for (text,) in store.reader().execute(query)] == TEXTS
    store.close()
    state.close()
    log.close()
    return taken


def apart(work: Callable[[], int]) -> int:
    """Does it in a process of its own: what it says, or minus the signal that killed it."""
    reads, writes = os.pipe()
    child = os.fork()
    if not child:
        os.write(writes, str(work()).encode())
        os._exit(0)
    os.close(writes)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with open(reads) as said:
        return code or int(said.read())


def facts(state: Path) -> set[str]:
    """Rows of ``state.db``, but for those that say how far something was read."""
    with closing(sqlite3.connect(f"{state.as_uri()}?mode=ro", uri=True)) as db:
        return {
            repr((table, row))
            for table, thing in things(db).items()
            if thing.kind == "table" and table not in {"owners", "peers_checkpoints"}
            for row in db.execute(f"SELECT * FROM {table}")
        }


def is_there_for_the_older(var: Path, version: int) -> bool:
    """Whether the database of before is there, under its own name or another one."""
    there = [var / "messages.db", *(each.path for each in copies.found(var))]
    return any(map(partial(_is_of, version), filter(Path.exists, there)))


def _is_of(version: int, database: Path) -> bool:
    with closing(sqlite3.connect(database)) as db:
        is_whole = db.execute("PRAGMA quick_check").fetchone() == ("ok",)
        (count,) = db.execute("SELECT count(*) FROM messages").fetchone()
        found = db.execute("SELECT version FROM schema_version").fetchone()
    return is_whole and count == len(TEXTS) and found == (version,)


def main(name: str, folder: Path, every: int) -> None:
    """Kills, looks and starts again, until a start comes to its end."""
    left, version = unpack(name, folder / "left"), int(name.partition("-")[0])
    var = left / ".thrum/var"
    fill(var / "state.db")
    before = facts(var / "state.db")
    steps = range(0, 1_000_000, every)
    for nth in steps:
        repository = folder / f"killed-{nth}"
        shutil.copytree(left, repository)
        var = repository / ".thrum/var"
        code = apart(partial(start, repository, nth))
        assert code == -signal.SIGKILL or code <= nth, code
        assert is_there_for_the_older(var, version), nth
        assert apart(partial(start, repository)) > 0, nth
        assert before <= facts(var / "state.db"), nth
        assert len(copies.found(var)) == 1, nth
        strangers = {each.name for each in var.iterdir()} - KNOWN
        expected = re.compile(r".*\.(pre-migration-v|before-).*|\..*\.tmp")
        assert all(map(expected.fullmatch, strangers)), (nth, strangers)
        shutil.rmtree(repository)
        if code > 0:
            print(nth)
            return


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))

"""SIGKILL at any instant: what was acknowledged is there once, nothing is there by half."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gitstore import Log
from thrum.daemon.store import Store
from thrum.ids import Ids

WRITER = """
import asyncio, sys, time
from pathlib import Path
from gitstore import Log
from thrum import events
from thrum.daemon.store import Store
from thrum.ids import Ids

repository, name = Path(sys.argv[1]), sys.argv[2]
ids = Ids(time.time_ns)
log = Log.open(repository, journal=repository / ".thrum" / "var" / "journal.jsonl")
store = Store.open(log=log, database=repository / ".thrum" / "var" / "messages.db",
                   origin_daemon="d_x", now_ns=time.time_ns, ids=ids)

def sending(author, number):
    def decide(transaction):
        # Two events that belong together: both or neither.
        transaction.emit(events.GroupCreate(group_id=ids.make("grp"), name=f"{author}-{number}"))
        return transaction.emit(events.MessageCreate(
            message_id=ids.make("msg"), agent_id=author, body=events.Body(f"{author}-{number}"),
            recipients=["bob"])).message_id
    return decide

async def sender(author):
    number = 0
    while True:
        print(await store.transact(sending(author, number)), flush=True)
        number += 1

async def main():
    async def commit():
        while True:
            await asyncio.sleep(0.02)
            await asyncio.to_thread(lambda: (log.commit(), store.catch_up()))
    await asyncio.gather(commit(), *(sender(f"{name}{n}") for n in range(8)))

asyncio.run(main())
"""


def killed_writer(repository: Path, name: str, after: int) -> list[str]:
    """Ids that a writer had acknowledged when it was killed, after so many of them."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(repository), name], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    acknowledged = []
    for line in process.stdout:
        acknowledged.append(line.strip())
        if len(acknowledged) == after:
            process.send_signal(signal.SIGKILL)
            break
    # What was printed before the kill was acknowledged too; the last line may be torn.
    rest = process.stdout.read().splitlines()
    process.stdout.close()
    process.wait()
    return acknowledged + [line for line in rest if len(line) == 30]


@pytest.mark.timeout(300)
def test_what_was_acknowledged_is_there_once_and_whole(repository: Path, database: Path) -> None:
    chance = random.Random(7)
    acknowledged: list[str] = []
    for run in range(6):
        acknowledged += killed_writer(repository, f"w{run}x", chance.randint(1, 400))
    log = Log.open(repository, journal=repository / ".thrum" / "var" / "journal.jsonl")
    after = opened(log, database)
    assert set(acknowledged) <= {row[1] for row in after["messages"]}
    assert len({line.raw for line in log.since(None).lines}) == len(after["messages"]) * 2
    assert {row[8] for row in after["messages"]} == {row[1] for row in after["groups"]}
    database.unlink()
    assert opened(log, database) == after
    log.close()


def opened(log: Log, database: Path) -> dict[str, list[tuple[str, ...]]]:
    """What the tables hold after a store was opened upon the log."""
    store = Store.open(
        log=log,
        database=database,
        origin_daemon="d_x",
        now_ns=time.time_ns,
        ids=Ids(time.time_ns),
    )
    found = {
        table: store.reader().execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()
        for table in ("messages", "message_deliveries", "inbox_counts", "groups")
    }
    store.close()
    return found

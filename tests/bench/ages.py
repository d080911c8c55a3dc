"""What a long history costs: boot, rebuild, inbox page, memory."""

from __future__ import annotations

import re
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from gitstore import Log, canonical
from tests.bench.figure import Figure, median
from tests.bench.place import THRUM, Line, Place
from thrum import events
from thrum.clock import Ticker, format_ns
from thrum.ids import Ids

AUTHORS = [f"agent{n}" for n in range(10)]
PAGES = 200
LONGEST_S = 1800
"""For a rebuild of a million messages on a machine that does other things besides."""


def history(clone: Path, count: int, age_s: float = 0) -> None:
    """Commits `count` messages by ten authors to the clone's log; bob gets every tenth.

    Args:
        clone: whose log it is.
        count: see above.
        age_s: how long ago they were written.
    """
    tick = Ticker(lambda: time.time_ns() - int(age_s * 1e9))
    ids = Ids(tick)
    log = Log.open(clone, journal=clone / ".thrum" / "var" / "journal.jsonl")

    def line(event: events.Event) -> bytes:
        event.timestamp, event.event_id, event.v = format_ns(tick()), ids.make("evt"), 1
        return canonical(event)

    registrations = [
        line(events.AgentRegister(agent_id=a, name=a, kind="agent", role="worker", module="bench"))
        for a in AUTHORS
    ]
    log.append([[("events.jsonl", each) for each in registrations]])
    for start in range(0, count, 1000):
        batch = []
        for number in range(start, min(start + 1000, count)):
            author = AUTHORS[number % 10]
            to = AUTHORS[(number // 10 + number + 1) % 10]
            message = events.MessageCreate(
                message_id=ids.make("msg"),
                agent_id=author,
                session_id="ses_bench",
                body=events.Body(format="markdown", content=f"message {number}: " + "words " * 20),
                refs=[events.Pair("mention", to)],
                recipients=[to],
            )
            batch.append((f"messages/{author}.jsonl", line(message)))
        log.append([batch])
        log.commit()
    log.close()


def resident_mb(pid: int) -> float:
    """Resident memory of a process in MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found
    return int(found[1]) / 1024


def all_rows(database: Path, directory: Path) -> tuple[int, float]:
    """How many rows a database has, and seconds of a bare executemany of them all."""
    source = sqlite3.connect(database)
    floor = sqlite3.connect(directory / "all-rows.db")
    floor.execute("pragma journal_mode=wal")
    for sql, kind in source.execute(
        "select sql, type from sqlite_master where sql is not null order by type = 'index'"
    ).fetchall():
        if not re.search("sqlite_|message_search", sql) and kind in {"table", "index"}:
            floor.execute(sql)
    count, seconds = 0, 0.0
    for (table,) in floor.execute("select name from sqlite_master where type = 'table'").fetchall():
        rows = source.execute(f"select * from {table}").fetchall()
        if not rows:
            continue
        start = time.perf_counter()
        with floor:
            floor.execute(f"delete from {table}")
            floor.executemany(f"insert into {table} values ({','.join('?' * len(rows[0]))})", rows)
        seconds += time.perf_counter() - start
        count += len(rows)
    floor.close()
    source.close()
    return count, seconds


def boot(place: Place, clone: Path) -> float:
    """Milliseconds from starting the daemon's process to its first answer."""
    socket_path = clone / ".thrum" / "var" / "thrum.sock"
    start = time.perf_counter()
    subprocess.Popen(
        [THRUM, "daemon", "run"],
        cwd=clone,
        env=place.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while True:
        try:
            with socket.socket(socket.AF_UNIX) as probe:
                probe.connect(str(socket_path))
                probe.sendall(b'{"jsonrpc":"2.0","id":1,"method":"health"}\n')
                if probe.recv(4096):
                    return (time.perf_counter() - start) * 1000
        except OSError:
            if time.perf_counter() - start > LONGEST_S:
                raise
            time.sleep(0.002)


def stop(place: Place, clone: Path) -> None:
    """Stops the clone's daemon."""
    place.thrum("daemon", "stop", cwd=clone)


def figures(place: Place, bare: Path, counts: tuple[int, int]) -> Iterator[Figure]:
    """The same questions at two ages of the log."""
    pages: list[float] = []
    for count in counts:
        clone = place.clone(bare, f"aged-{count}")
        place.thrum("init", "--non-interactive", "--no-daemon", cwd=clone)
        history(clone, count)
        built = boot(place, clone)
        pid = int(
            place.thrum("daemon", "status", "--json", cwd=clone).split('"pid":')[1].split(",")[0]
        )
        place.thrum("quickstart", "agent1", "--role", "worker", "--module", "bench", cwd=clone)
        line = Line(place, clone)
        samples = []
        for _ in range(PAGES):
            start = time.perf_counter()
            page = line.call(
                "message.list",
                {"for_agent": "agent1", "for_agent_role": "worker", "exclude_self": True},
            )
            samples.append((time.perf_counter() - start) * 1000)
        assert page["total"] >= count // 12, page["total"]
        pages.append(median(samples))
        yield Figure(
            f"inbox page, {count:,} messages p50",
            pages[-1],
            "ms",
            pages[0],
            f"the same with {counts[0]:,}",
            "≤ 0.3 ms, ≤ 2×",
            pages[-1] <= 0.3 and pages[-1] <= 2 * pages[0],
        )
        line.close()
        if count == counts[-1]:
            rss = resident_mb(pid)
            yield Figure(f"memory, {count:,} messages", rss, "MB", aim="≤ 96 MB", met=rss <= 96)
            stop(place, clone)
            database = clone / ".thrum" / "var" / "messages.db"
            rows, bare_seconds = all_rows(database, place.root)
            for part in database.parent.glob("messages.db*"):
                part.unlink()
            built = boot(place, clone)
            yield Figure(
                f"rebuild of {count:,} events",
                rows / built * 1000,
                "rows/s",
                rows / bare_seconds,
                "bare executemany of the same rows",
            )
            yield Figure(
                f"boot without a database, {count:,} events",
                built / 1000,
                "s",
                aim="≤ 4 s",
                met=built <= 4000,
            )
            stop(place, clone)
            again = boot(place, clone)
            yield Figure(
                f"boot with the database, {count:,} events",
                again,
                "ms",
                aim="≤ 400 ms",
                met=again <= 400,
            )
        stop(place, clone)

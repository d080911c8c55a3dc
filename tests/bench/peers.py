"""Two repositories that are paired: all of one comes to the other, and what is said afterwards."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.ages import history
from tests.bench.figure import Figure, median, quantile
from tests.bench.place import Line, Place
from tests.websocket import Socket

LETTERS = 60


def repository(place: Place, name: str, count: int) -> Path:
    """A repository of its own with somebody in charge, and a history."""
    where = place.root / name
    place.run("git", "init", "-q", "-b", "main", str(where))
    place.run("git", "commit", "-q", "--allow-empty", "-m", "first", cwd=where)
    place.thrum("init", "--non-interactive", "--no-daemon", cwd=where)
    if count:
        history(where, count)
    place.thrum("daemon", "start", cwd=where)
    lead = ("quickstart", f"{name}_lead", "--role", "coordinator", "--module", "bench")
    place.thrum(*lead, cwd=where)
    return where


def figures(place: Place, count: int) -> Iterator[Figure]:
    """A history comes to a new peer, then letters."""
    one, two = repository(place, "one", count), repository(place, "two", 0)
    fetched = fetch(place, one)
    a, b = Line(place, one), Line(place, two)
    quiet = [question(b) for _ in range(LETTERS)]
    code = json.loads(place.thrum("peer", "add", "--no-wait", "--json", cwd=one))["code"]
    start = time.perf_counter()
    place.thrum("peer", "join", code, cwd=two)
    busy = []
    while known(two) < count:
        busy.append(question(b))
        time.sleep(0.02)
    took = time.perf_counter() - start
    yield Figure(f"{count:,} events to a new peer", took, "s", fetched, "git fetch of their branch")
    yield Figure("events of it in a second", known(two) / took, "")
    yield Figure("bytes of an event on the line", size(one), "")
    p50 = median(busy)
    about = "the same while nothing comes"
    yield Figure("a question of its agents meanwhile, p50", p50, "ms", median(quiet), about)
    yield Figure("the same, the slowest of twenty", quantile(busy, 0.95), "ms")
    samples = []
    for number in range(LETTERS):
        params = {"content": f"letter {number}", "to": "@two_lead"}
        message_id = a.call("message.send", params)["message_id"]
        start = time.perf_counter()
        while not has(b, message_id):
            time.sleep(0.002)
        samples.append((time.perf_counter() - start) * 1000)
        time.sleep(0.15)
    yield Figure("message to a peer, p50", median(samples), "ms")
    yield Figure("message to a peer, p99", quantile(samples, 0.99), "ms")
    for line in (a, b):
        line.close()


def fetch(place: Place, one: Path) -> float:
    """Seconds of git alone for the same: it brings the files, and applies nothing."""
    place.run("git", "init", "-q", "--bare", str(place.root / "fetched.git"))
    start = time.perf_counter()
    place.run("git", "fetch", "-q", str(one), "a-sync", cwd=place.root / "fetched.git")
    return time.perf_counter() - start


def question(line: Line) -> float:
    """Milliseconds of a question that an agent asks."""
    start = time.perf_counter()
    line.call("message.list", {"page_size": 10})
    return (time.perf_counter() - start) * 1000


def known(where: Path) -> int:
    """How many events there are in a repository's database."""
    db = sqlite3.connect(f"file:{where / '.thrum/var/messages.db'}?mode=ro", uri=True)
    try:
        return int(db.execute("SELECT count(*) FROM events").fetchone()[0])
    finally:
        db.close()


def size(where: Path) -> float:
    """Bytes of an answer with many events, for each of them."""
    var = where / ".thrum" / "var"
    token = json.loads((var / "peers.json").read_text())["peers"][0]["token"]
    peer = Socket.open(int((var / "ws.port").read_text()), authorization=f"Bearer {token}")
    try:
        found = peer.ask("sync.pull", after_sequence=0, max_batch=1000)["result"]
    finally:
        peer.close()
    text = json.dumps(found, separators=(",", ":"), ensure_ascii=False)
    return len(text.encode()) / len(found["events"])


def has(line: Line, message_id: str) -> bool:
    """Whether a message is there."""
    try:
        line.call("message.get", {"message_id": message_id})
    except RuntimeError:
        return False
    return True

"""Two repositories that are paired: all of one comes to the other, and what is said afterwards."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from gitstore import Log
from tests.bench.ages import history
from tests.bench.figure import Figure, median, quantile
from tests.bench.place import Line, Place
from tests.websocket import Socket
from thrum.daemon.projection import rebuild

LETTERS = 60
AGE_S = 30 * 24 * 3600
"""How old a history is. Of one that was written within the hour, somebody would have to work out
at once who answers whom in circles."""


def repository(place: Place, name: str, count: int) -> Path:
    """A repository of its own with somebody in charge, and a history."""
    where = place.root / name
    place.run("git", "init", "-q", "-b", "main", str(where))
    place.run("git", "commit", "-q", "--allow-empty", "-m", "first", cwd=where)
    place.thrum("init", "--non-interactive", "--no-daemon", cwd=where)
    if count:
        history(where, count, AGE_S)
    place.thrum("daemon", "start", cwd=where)
    lead = ("quickstart", f"{name}_lead", "--role", "coordinator", "--module", "bench")
    place.thrum(*lead, cwd=where)
    return where


def figures(place: Place, count: int) -> Iterator[Figure]:
    """A history comes to a new peer, then letters; then letters between two repositories."""
    one, two = repository(place, "one", count), repository(place, "two", 0)
    built, fetched = rebuilt(place, one), fetch(place, one)
    a, b = Line(place, one), Line(place, two)
    quiet, alone = [question(b) for _ in range(LETTERS)], [send(b) for _ in range(LETTERS)]
    pair(place, one, two, "all")
    start = time.perf_counter()
    busy, sending = [], []
    while known(two) < count:
        busy.append(question(b))
        sending.append(send(b))
        time.sleep(0.02)
    took = time.perf_counter() - start
    met = took <= 2 * built
    about = "a rebuild of the same"
    yield Figure(f"{count:,} events to a new peer", took, "s", built, about, "≤ 2×", met)
    yield Figure("events of it in a second", known(two) / took, "1/s")
    yield Figure("git fetch of their branch, which applies nothing", fetched, "s")
    yield Figure("bytes of an event on the line", size(one), "bytes")
    about = "the same while nothing comes"
    yield Figure(
        "a question of its agents meanwhile, p50", median(busy), "ms", median(quiet), about
    )
    yield Figure("the same, the slowest of twenty", quantile(busy, 0.95), "ms")
    yield Figure(
        "a message of its agents meanwhile, p50", median(sending), "ms", median(alone), about
    )
    yield Figure("the same, the slowest of twenty", quantile(sending, 0.95), "ms")
    yield from crossing(a, b, "@two_lead", "message to a peer", has)
    for line in (a, b):
        line.close()
    yield from bridged(place, one)


def bridged(place: Place, one: Path) -> Iterator[Figure]:
    """Letters to an agent of another repository."""
    three = repository(place, "three", 0)
    pair(place, one, three, "addressed")
    a, b = Line(place, one), Line(place, three)
    while not is_known(a, "three:three_lead"):
        time.sleep(0.02)
    yield from crossing(a, b, "@three:three_lead", "message over a bridge", has_text)
    for line in (a, b):
        line.close()


def pair(place: Place, one: Path, two: Path, scope: str) -> None:
    """Makes them peers."""
    words = ("peer", "add", "--no-wait", "--scope", scope, "--json")
    code = json.loads(place.thrum(*words, cwd=one))["code"]
    place.thrum("peer", "join", code, "--scope", scope, cwd=two)


def crossing(
    a: Line, b: Line, to: str, what: str, is_there: Callable[[Line, str, str], bool]
) -> Iterator[Figure]:
    """Letters from one to the other, each until it is there, which its id or text says."""
    samples, own = [], []
    for number in range(LETTERS):
        text = f"{what} {number}"
        start = time.perf_counter()
        message_id = a.call("message.send", {"content": text, "to": to})["message_id"]
        sent = time.perf_counter()
        own.append((sent - start) * 1000)
        while not is_there(b, message_id, text):
            time.sleep(0.002)
        samples.append((time.perf_counter() - sent) * 1000)
        time.sleep(0.15)
    p50, at_home = median(samples), median(own)
    about, met = "sending it", p50 <= 10 * at_home
    yield Figure(f"{what}, p50", p50, "ms", at_home, about, "≤ 10×", met)
    yield Figure(f"{what}, p99", quantile(samples, 0.99), "ms")


def rebuilt(place: Place, one: Path) -> float:
    """Seconds of the projection alone: the same events, from the branch into a new database."""
    log = Log.open(one, journal=place.root / "no-journal.jsonl")
    try:
        start = time.perf_counter()
        rebuild.build(place.root / "rebuilt.db", log, time.time_ns())
        return time.perf_counter() - start
    finally:
        log.close()


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


def send(line: Line) -> float:
    """Milliseconds of a message of an agent to itself."""
    start = time.perf_counter()
    line.call("message.send", {"content": "a note", "to": "@two_lead"})
    return (time.perf_counter() - start) * 1000


def is_known(line: Line, name: str) -> bool:
    """Whether somebody of that name can be written to."""
    return any(each["agent_id"] == name for each in line.call("agent.list")["agents"])


def has(line: Line, message_id: str, _text: str) -> bool:
    """Whether a message is there."""
    try:
        line.call("message.get", {"message_id": message_id})
    except RuntimeError:
        return False
    return True


def has_text(line: Line, _message_id: str, text: str) -> bool:
    """Whether a message is among the newest, under whatever id."""
    found = line.call("message.list", {"page_size": 5})["messages"]
    return any(each["body"]["content"] == text for each in found)

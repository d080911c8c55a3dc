"""The reader in docs/log-format.md, run as it stands there, sees what gitstore and we see."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pygit2
import pytest
from pygit2.enums import FileMode

from gitstore import Line, Log, Snapshot, canonical
from thrum import clock
from thrum.daemon.projection import schema
from thrum.daemon.projection.facts import interpret
from thrum.daemon.projection.reading import take
from thrum.daemon.projection.tables import Tables

ROOT = Path(__file__).parents[2]
RECORDED = sorted(ROOT.glob("fixtures/branch/*/*/tree"))
LONGEST = 60


@pytest.fixture(scope="module")
def code() -> str:
    """The one block of Python on the page."""
    page = (ROOT / "docs" / "log-format.md").read_text()
    (block,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    return str(block)


@pytest.fixture(scope="module")
def read(code: str) -> Callable[[str], tuple[list[Any], list[Any]]]:
    """The reader."""
    names: dict[str, Any] = {}
    exec(compile(code, "log-format.md", "exec"), names)
    found: Callable[[str], tuple[list[Any], list[Any]]] = names["read"]
    return found


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Path]:
    """An empty repository."""
    where = tmp_path / "one"
    pygit2.init_repository(str(where))
    yield where


def by_ours(where: Path) -> tuple[list[tuple[str, str]], int]:
    """Id and time of every event in order, and how many lines are bad, as we see them."""
    events: dict[str, int] = {}
    bad = 0
    for line in Snapshot.take(where, where / "none").since(None).lines:
        if line.path.startswith(("messages-v2/", "receipts/")):
            continue
        try:
            body = interpret(line.path, line.raw).body
        except ValueError:
            bad += 1
            continue
        events[str(getattr(body, "event_id", ""))] = clock.parse(
            str(getattr(body, "timestamp", ""))
        )
    ordered = sorted(events, key=lambda id: (events[id], id))
    return [(id, clock.format_ns(events[id])) for id in ordered], bad


def told(read: Callable[[str], Any], where: Path) -> tuple[list[tuple[str, str]], int]:
    events, bad = read(str(where))
    shown = [(id, clock.format_ns(s * 10**9 + ns)) for (s, ns), id, _ in events]
    return shown, len(bad)


def put(where: Path, files: dict[str, bytes]) -> None:
    repository = pygit2.Repository(str(where))
    index = pygit2.Index()
    for path, data in files.items():
        index.add(pygit2.IndexEntry(path, repository.create_blob(data), FileMode.BLOB))
    who = pygit2.Signature("T", "t@example.org", 1_800_000_000, 0)
    repository.create_commit("refs/heads/a-sync", who, who, "x", index.write_tree(repository), [])


def test_it_is_short(code: str) -> None:
    assert len([line for line in code.splitlines() if line.strip()]) <= LONGEST


@pytest.mark.parametrize("tree", RECORDED, ids=lambda tree: f"{tree.parts[-3]}-{tree.parts[-2]}")
def test_it_reads_what_recorded_nodes_wrote(
    read: Callable[[str], Any], repository: Path, tree: Path
) -> None:
    files = [path for path in tree.rglob("*") if path.is_file()]
    put(repository, {path.relative_to(tree).as_posix(): path.read_bytes() for path in files})
    assert told(read, repository) == by_ours(repository)
    assert told(read, repository)[0] or tree.parts[-3].startswith("0.10.6")


def test_it_reads_what_we_write(
    read: Callable[[str], Any], repository: Path, tmp_path: Path
) -> None:
    log = Log.open(repository, journal=tmp_path / "j" / "j.jsonl")
    for number in range(300):
        event = {
            "type": "message.create" if number % 3 else "agent.session.start",
            "event_id": f"evt_{number:026}",
            "message_id": f"msg_{number}",
            "session_id": "ses_1",
            "agent_id": f"agent{number % 4}",
            "body": {"content": "<x> & \u2028 世界" * 20},
            "timestamp": clock.format_ns(1_800_000_000_000_000_000 + number * 7919**2),
            "v": 1,
        }
        shard = f"messages/agent{number % 4}.jsonl" if number % 3 else "events.jsonl"
        log.append([[(shard, canonical(event))]])
    log.commit()
    log.close()
    assert "messages/~events~2.jsonl" in subprocess.check_output(
        ["git", "ls-tree", "-r", "--name-only", "a-sync"], cwd=repository, text=True
    )
    events, bad = told(read, repository)
    assert (events, bad) == by_ours(repository)
    assert len(events) == 300


def test_it_reads_what_is_old_odd_or_broken(read: Callable[[str], Any], repository: Path) -> None:
    def old(kind: str, time: str, **more: str) -> bytes:
        return json.dumps({"type": kind, "timestamp": time, **more}).encode() + b"\n"

    lines = [
        old("message.create", "2025-01-01T00:00:00Z", message_id="m", agent_id="a", body=""),
        old("message.delete", "2025-01-01T00:00:00.5Z", message_id="m"),
        old("agent.register", "2025-01-01T00:00:00.25Z", agent_id="a"),
        old("agent.session.start", "2025-01-01T00:00:01.000000001Z", session_id="s", agent_id="a"),
        old("agent.cleanup", "2025-01-01T00:00:02Z", agent_id="a"),
        old("purge.executed", "2025-01-01T00:00:03Z", cutoff="2024-01-01T00:00:00Z"),
        old("something.new", "2025-01-01T00:00:04Z"),
    ]
    lines[0] = lines[0].replace(b'"body": ""', b'"body": {"content": "x"}')
    twice = [
        old("something.new", "2025-01-01T00:00:05Z", event_id="evt_2", text="b"),
        old("something.new", "2025-01-01T00:00:05Z", event_id="evt_2", text="a"),
    ]
    # Other programs write fewer digits, so of two equal times one may be the smaller text.
    spelled = [
        canonical({"type": "x.y", "timestamp": f"2025-01-01T00:00:06.{digits}Z", **more}) + b"\n"
        for digits, more in (
            ("5", {"event_id": "evt_4", "a": "a"}),
            ("50", {"event_id": "evt_4", "a": "b"}),
        )
    ]
    nameless = b"".join(
        json.dumps({"type": "x.y", "timestamp": time, "event_id": id}).encode() + b"\n"
        for id, time in ((7, "2025-01-01T00:00:07Z"), (["x"], ""), ("evt_6", 7))
    )
    deep = b'{"type":"x.y","event_id":"evt_3","more":' + b"[" * 9_999 + b"]" * 9_999 + b"}\n"
    files = {
        "messages.jsonl": b"".join(lines),
        "messages/x.jsonl": b"\n\n{oops\n[]\n" + nameless + twice[0] + deep + spelled[0],
        "messages/y~2.jsonl": twice[1] + spelled[1],
        "messages/deep/z.jsonl": b"{oops\n",
        "other.jsonl": b"{oops\n",
    }
    put(repository, files)
    events, bad = read(str(repository))
    assert told(read, repository) == by_ours(repository)
    assert len(events) == len(lines) + 2
    assert [(path, number) for path, number, _ in bad] == [
        ("messages/x.jsonl", 3),
        ("messages/x.jsonl", 4),
        ("messages/x.jsonl", 5),
        ("messages/x.jsonl", 6),
        ("messages/x.jsonl", 7),
        ("messages/x.jsonl", 9),
    ]
    (kept,) = [event for _, id, event in events if id == "evt_2"]
    assert kept["text"] == "a"
    (kept,) = [event for _, id, event in events if id == "evt_4"]
    assert kept["a"] == "b"


def test_an_event_whose_first_copy_is_a_bad_line_is_none(
    read: Callable[[str], Any], repository: Path
) -> None:
    whole = {"type": "agent.cleanup", "event_id": "evt_1", "timestamp": "2025-01-01T00:00:05Z"}
    line = canonical({**whole, "agent_id": "a"}) + b"\n"
    broken = canonical({**whole, "agent_id": "a", "timestamp": ""}) + b"\n"
    files = {"events.jsonl": line, "messages/x.jsonl": broken}
    put(repository, files)
    assert read(str(repository)) == ([], [("messages/x.jsonl", 1, broken.rstrip())])
    db = sqlite3.connect(":memory:", isolation_level=None)
    schema.create(db, "2026-01-01T00:00:00Z")
    for path in files:
        take(Tables.read(db), [Line(path, 0, files[path].rstrip())])
    assert db.execute("SELECT * FROM events").fetchall() == []

"""A log as it stands at one moment, and what is wrong with it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gitstore import Format, Log, LogError, Reader, Snapshot
from gitstore.snapshot import bad_lines

Git = Callable[..., str]
Clone = Callable[[str], Path]
Open = Callable[..., Log]
Event = Callable[..., bytes]


def test_a_snapshot_reads_without_touching(clone: Clone, open_log: Open, event: Event) -> None:
    where = clone("one")
    log = open_log(where)
    log.append([[("events.jsonl", event())]])
    log.commit()
    log.append([[("events.jsonl", event())]])
    journal = log.journal.path
    with journal.open("ab") as file:
        file.write(b'{"batch":[{"half')
    before = journal.read_bytes()
    snapshot = Snapshot.take(where, journal)
    assert len(list(snapshot.since(None).lines)) == 2
    assert list(snapshot.findings()) == []
    assert journal.read_bytes() == before


def test_a_snapshot_names_file_and_line_of_what_cannot_be_read(
    clone: Clone, open_log: Open, event: Event, git: Git, tmp_path: Path
) -> None:
    where = clone("one")
    log = open_log(where)
    good = event()
    log.append([[("events.jsonl", good)]])
    log.commit()
    shutil.copytree(where, tmp_path / "editor")
    editor = tmp_path / "editor"
    git("switch", "-q", "a-sync", cwd=editor)
    (editor / "events.jsonl").write_bytes(good + b"\n{oops\n" + good + b"\n")
    git("commit", "-qam", "damage", cwd=editor)
    found = list(Snapshot.take(editor, editor / "no-journal").findings())
    assert [(f.path, f.number) for f in found] == [("events.jsonl", 2), ("events.jsonl", 3)]


def test_a_snapshot_needs_the_branch(clone: Clone) -> None:
    with pytest.raises(LogError, match="thrum init"):
        Snapshot.take(clone("one"), Path("none"))


def test_files_waiting_lines_and_what_was_added_are_told_apart(
    clone: Clone, open_log: Open, event: Event
) -> None:
    log = open_log(clone("one"))
    first, second, third = event("1"), event("2"), event("3")
    log.append([[("events.jsonl", first)]])
    log.commit()
    log.put("context/alice.md", b"notes", "notes")
    before = Snapshot.take(Path(log.repository.workdir), log.journal.path)
    log.append([[("events.jsonl", second), ("messages/alice.jsonl", second)]])
    log.commit()
    log.append([[("events.jsonl", third)]])
    now = before.later()
    assert [file.path for file in now.files()] == ["events.jsonl", "messages/alice.jsonl"]
    assert [now.data(file) for file in before.files()] == [first + b"\n"]
    assert [(line.path, line.raw) for line in now.waiting()] == [("events.jsonl", third)]
    assert [(number, line.path, line.raw) for number, line in now.added_since(before.tip)] == [
        (2, "events.jsonl", second),
        (1, "messages/alice.jsonl", second),
    ]
    assert not now.is_as(before)
    assert now.is_as(now.later())
    then = now.at(before.tip)
    assert list(then.waiting()) == []
    assert [line.raw for line in then.since(None).lines] == [first]


def test_empty_lines_are_counted_and_say_nothing() -> None:
    one = b'{"event_id":"evt_1"}'
    found = list(
        bad_lines("events.jsonl", one + b"\n\n" + one + b"\n?\n", Reader(Format()), Format())
    )
    assert [each.number for each in found] == [3, 4]
    assert "line 1" in found[0].reason

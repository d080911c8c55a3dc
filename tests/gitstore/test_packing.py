from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gitstore import Log, packing
from gitstore import log as log_module

Clone = Callable[[str], Path]
Open = Callable[..., Log]
Event = Callable[..., bytes]
Git = Callable[..., str]


def size_of_objects(where: Path) -> int:
    files = (where / ".git" / "objects").rglob("*")
    return sum(path.stat().st_size for path in files if path.is_file())


def test_packed_history_is_small_whole_and_read_as_before(
    clone: Clone, open_log: Open, event: Event, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_module, "PACK_AT", 15)
    monkeypatch.setattr(packing, "FOLD_AT", 3)
    where = clone("one")
    log = open_log(where)
    text = 0
    packed = 0
    for number in range(60):
        raw = event(f"message {number} " * 20)
        text += len(raw) + 1
        log.append([[(f"messages/agent{number % 3}.jsonl", raw)]])
        log.commit()
        packed += log.tidy()
    assert packed > 200
    assert size_of_objects(where) < 5 * text
    assert len(list((where / ".git/objects/pack").glob("*.pack"))) <= 3
    assert len(list(log.read())) == 60
    git("fsck", "--full", "--strict", cwd=where)
    counted = dict(line.split(": ") for line in git("count-objects", "-v", cwd=where).splitlines())
    assert int(counted["count"]) < 60
    assert counted["garbage"] == "0"


def test_somebody_elses_gc_at_the_same_time_does_no_harm(
    clone: Clone, open_log: Open, event: Event, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_module, "PACK_AT", 3)
    monkeypatch.setattr(packing, "FOLD_AT", 2)
    where = clone("one")
    log = open_log(where)
    log.mover.sleep = log.mover.ref.sleep = time.sleep  # gc holds the ref's lock for moments
    loop = subprocess.Popen(
        ["sh", "-c", "while :; do git gc -q --prune=now; git repack -adq; done"],
        cwd=where,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        for _ in range(30):
            log.append([[("events.jsonl", event())]])
            log.commit()
            log.tidy()
    finally:
        subprocess.run(["kill", "--", f"-{loop.pid}"], check=False)
        loop.wait()
    assert len(list(log.read())) == 30
    git("fsck", "--full", cwd=where)


def test_the_count_of_loose_commits_is_found_again_after_a_restart(
    clone: Clone, open_log: Open, event: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_module, "PACK_AT", 4)
    where = clone("one")
    packed = 0
    for _ in range(5):
        log = open_log(where)
        log.append([[("events.jsonl", event())]])
        log.commit()
        packed += log.tidy()
        log.close()
    assert packed > 0


def test_a_pack_that_was_moved_in_without_its_index_goes_with_the_next_fold(
    clone: Clone, open_log: Open, event: Event, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a kill between the two: all its objects are still there loose."""
    monkeypatch.setattr(log_module, "PACK_AT", 5)
    monkeypatch.setattr(packing, "FOLD_AT", 2)
    where = clone("one")
    log = open_log(where)
    packs = where / ".git/objects/pack"

    def killed(*_arguments: object) -> None:
        raise InterruptedError

    for number in range(5):
        log.append([[("events.jsonl", event(f"{number}"))]])
        log.commit()
    rename = Path.rename
    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", lambda a, b: killed() if a.suffix == ".idx" else rename(a, b))
        with pytest.raises(InterruptedError):
            log.tidy()
    assert len(list(packs.glob("*.pack"))) == 1
    assert not list(packs.glob("*.idx"))
    log = open_log(where)
    for number in range(12):
        log.append([[("events.jsonl", event(f"more {number}"))]])
        log.commit()
        log.tidy()
    assert {path.stem for path in packs.glob("*.pack")} == {p.stem for p in packs.glob("*.idx")}
    assert len(list(log.read())) == 17
    git("fsck", "--full", "--strict", cwd=where)


def test_objects_on_a_file_system_of_their_own_are_packed(
    clone: Clone, open_log: Open, event: Event, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.geteuid() != 0:
        pytest.skip("mounting needs root")
    monkeypatch.setattr(log_module, "PACK_AT", 5)
    where = clone("one")
    objects = where / ".git/objects"
    argv = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(objects)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"mounting is not permitted here: {done.stderr.strip()}")
    try:
        (objects / "info").mkdir()
        (objects / "pack").mkdir()
        log = open_log(where)
        for number in range(5):
            log.append([[("events.jsonl", event(f"{number}"))]])
            log.commit()
        assert log.tidy() > 5
        assert [path.suffix for path in sorted((objects / "pack").iterdir())] == [".idx", ".pack"]
        assert len(list(log.read())) == 5
        git("fsck", "--full", "--strict", cwd=where)
    finally:
        subprocess.run(["umount", "--lazy", str(objects)], check=True)


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS])
def test_without_locks_a_folder_is_left_until_it_is_old(
    tmp_path: Path, git: Git, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(_handle: int, _how: int) -> None:
        raise OSError(number, os.strerror(number))

    git("init", "-q", "one", cwd=tmp_path)
    log = Log.open(tmp_path / "one", journal=tmp_path / "journal.jsonl")
    packs = tmp_path / "one/.git/objects/pack"
    young, old = packs / "packing-young", packs / "packing-old"
    for folder in (young, old):
        folder.mkdir()
    os.utime(old, (0, time.time() - 2 * packing.LONGEST_WRITE_S))
    monkeypatch.setattr(fcntl, "flock", refuse)
    log.packing.sweep()
    assert young.exists()
    assert not old.exists()
    log.append([[("events.jsonl", b'{"event_id":"e"}')]])
    tip = log.commit()
    assert tip
    assert log.packing.pack(tip.id) > 0
    assert [line.raw for line in log.read(shard="events.jsonl")] == [b'{"event_id":"e"}']
    log.close()

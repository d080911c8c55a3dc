from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from gitstore import Exchange, Log, Outcome
from thrum.daemon.footing import Footing
from thrum.daemon.inherited import Inherited
from thrum.daemon.sync.loop import Sync
from thrum.errors import ThrumError
from thrum.identity import process

Git = Callable[..., str]


@pytest.fixture
def log(tmp_path: Path, git: Git) -> Iterator[Log]:
    git("init", "-q", "--bare", "r.git", cwd=tmp_path)
    git("clone", "-q", "r.git", "one", cwd=tmp_path)
    opened = Log.open(tmp_path / "one", journal=tmp_path / "var" / "journal.jsonl")
    yield opened
    opened.close()


class Alarm:
    """Rings at the moment that was set last, from a thread of its own."""

    def __init__(self) -> None:
        self.ring: Callable[[], None] = lambda: None
        self._timer: threading.Timer | None = None

    def set(self, moment: float) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = threading.Timer(max(0, moment - time.monotonic()), self.ring)
        self._timer.daemon = True
        self._timer.start()


@pytest.fixture
def running(log: Log, tmp_path: Path) -> Iterator[Callable[..., Sync]]:
    started: list[Sync] = []

    def make(**more: object) -> Sync:
        rings = Alarm()
        settings: dict[str, object] = {
            "log": log,
            "catch_up": lambda: None,
            "lock": tmp_path / "sync.lock",
            "now_ns": time.time_ns,
            "monotonic": time.monotonic,
            "interval_s": 3600,
            "refused": lambda: (False, ""),
            "inherited": Inherited({}),
            "alarm": rings.set,
        }
        sync = Sync(**(settings | more))  # type: ignore[arg-type]
        started.append(sync)
        rings.ring = sync.ring
        sync.start()
        return sync

    yield make
    for sync in started:
        assert sync.stop(10)


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def event(number: int) -> list[tuple[str, bytes]]:
    return [("events.jsonl", b'{"event_id":"e%d","timestamp":"%d"}' % (number, number))]


def test_a_write_is_pushed_without_being_asked(
    running: Callable[..., Sync], log: Log, tmp_path: Path, git: Git
) -> None:
    sync = running()
    until(lambda: sync.status().sync_state == "synced")
    log.append([event(1)])
    sync.trigger()
    until(lambda: "e1" in git("show", "a-sync", cwd=tmp_path / "r.git"))
    until(lambda: sync.status().sync_state == "synced")


def test_force_returns_when_the_cycle_is_over(running: Callable[..., Sync], log: Log) -> None:
    sync = running()
    log.append([event(1)])
    status = asyncio.run(sync.force())
    assert status.sync_state == "synced"
    assert status.tip == log.tip == log.upstream.tip
    assert (status.ahead, status.behind) == (0, 0)
    assert status.next_try_at


def commits_by_another(tmp_path: Path, git: Git) -> None:
    """A line that another clone brings to the remote."""
    if not (tmp_path / "two").exists():
        git("clone", "-q", "r.git", "two", cwd=tmp_path)
        git("switch", "-q", "a-sync", cwd=tmp_path / "two")
    with (tmp_path / "two" / "events.jsonl").open("ab") as shard:
        shard.write(event(77)[0][1] + b"\n")
    git("add", ".", cwd=tmp_path / "two")
    git("commit", "-q", "-m", "more", cwd=tmp_path / "two")
    git("push", "-q", "origin", "a-sync", cwd=tmp_path / "two")


@pytest.mark.parametrize("expecting", ["wait", "polls"])
def test_who_expects_mail_has_the_remote_asked(
    running: Callable[..., Sync], log: Log, tmp_path: Path, git: Git, expecting: str
) -> None:
    sync = running(quick_s=0.05)
    assert asyncio.run(sync.force()).sync_state == "synced"
    log.append([event(1)])
    assert asyncio.run(sync.force()).sync_state == "synced"
    commits_by_another(tmp_path, git)

    def arrived() -> bool:
        if expecting == "polls":
            sync.looked()
        return b"e77" in b"".join(line.raw for line in log_reader.read())

    log_reader = Log.open(tmp_path / "one", journal=tmp_path / "other" / "journal.jsonl")
    with sync.awaited() if expecting == "wait" else nullcontext():
        until(arrived)
    log_reader.close()


def test_a_question_without_news_is_one_process(running: Callable[..., Sync], log: Log) -> None:
    sync = running(quick_s=0.01)
    log.append([event(1)])
    assert asyncio.run(sync.force()).sync_state == "synced"
    with sync.awaited():
        for _ in range(5):
            exchange = asyncio.run(sync.force()).exchange
            assert exchange is not None
            assert exchange.processes == 1


def test_without_a_remote_nobody_is_asked(running: Callable[..., Sync], log: Log, git: Git) -> None:
    git("remote", "remove", "origin", cwd=Path(log.repository.workdir))
    sync = running(quick_s=0.01)
    status = asyncio.run(sync.force())
    assert (status.sync_state, status.last_error, status.last_sync_at) == ("idle", "", "")
    with sync.awaited():
        sync.looked()
        assert asyncio.run(sync.force()).sync_state == "idle"
    assert log.upstream.git.started == 0


def test_who_cannot_push_still_reads_and_says_so(
    running: Callable[..., Sync], log: Log, tmp_path: Path, git: Git
) -> None:
    sync = running(quick_s=0.05)
    assert asyncio.run(sync.force()).sync_state == "synced"
    git("remote", "set-url", "--push", "origin", "no_push", cwd=tmp_path / "one")
    log.append([event(1)])
    status = asyncio.run(sync.force())
    assert (status.sync_state, status.reads, status.ahead) == ("error", True, 1)
    assert status.last_error.startswith("cannot push: ")
    assert status == sync.status(), "who forced it and who asks are told the same"
    pushes = log.upstream.git.started
    commits_by_another(tmp_path, git)
    with sync.awaited():
        until(lambda: b"e77" in b"".join(line.raw for line in log.read()))
    assert log.upstream.git.started > pushes
    git("config", "--unset", "remote.origin.pushurl", cwd=tmp_path / "one")
    status = asyncio.run(sync.force())
    assert (status.sync_state, status.reads, status.last_error) == ("synced", False, "")


def test_off_limits_means_no_git_is_started(running: Callable[..., Sync], log: Log) -> None:
    sync = running(refused=lambda: (True, "public"))
    log.append([event(1)])
    status = asyncio.run(sync.force())
    assert (status.sync_state, status.local_only_reason) == ("local-only", "public")
    assert (status.next_try_at, status.ahead) == ("", 2)
    assert log.upstream.git.started == 0
    assert log.journal.records == []


def test_an_idle_loop_makes_no_commit(running: Callable[..., Sync], log: Log) -> None:
    sync = running(interval_s=0.05)
    until(lambda: sync.status().sync_state == "synced")
    tip = log.tip
    started = log.upstream.git.started
    until(lambda: log.upstream.git.started > started + 5)
    assert log.tip == tip


def test_a_failure_in_the_cycle_is_told_and_the_loop_goes_on(
    running: Callable[..., Sync], log: Log
) -> None:
    broken = [True]

    def catch_up() -> None:
        if broken:
            raise ThrumError("storage", "the disk is full")

    sync = running(catch_up=catch_up)
    status = asyncio.run(sync.force())
    assert (status.sync_state, status.last_error) == ("error", "the disk is full")
    broken.clear()
    assert asyncio.run(sync.force()).sync_state == "synced"


def test_a_defect_in_the_cycle_is_told_and_the_loop_goes_on(running: Callable[..., Sync]) -> None:
    broken = [True]

    def catch_up() -> None:
        if broken:
            raise AssertionError("never thought of")

    sync = running(catch_up=catch_up)
    status = asyncio.run(sync.force())
    assert status.sync_state == "error"
    assert "never thought of" in status.last_error
    broken.clear()
    assert asyncio.run(sync.force()).sync_state == "synced"


def test_who_leaves_before_the_end_does_not_end_the_loop(
    running: Callable[..., Sync],
) -> None:
    entered, leave = threading.Event(), threading.Event()

    def catch_up() -> None:
        entered.set()
        assert leave.wait(20)

    sync = running(catch_up=catch_up)
    assert entered.wait(20)

    async def impatient() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(sync.force(), 0.05)

    asyncio.run(impatient())
    leave.set()
    assert asyncio.run(sync.force()).sync_state == "synced"


def test_what_lies_in_the_journal_is_pending_also_without_a_trigger(
    running: Callable[..., Sync], log: Log
) -> None:
    sync = running()
    until(lambda: sync.status().sync_state == "synced")
    log.append([event(1)])
    assert sync.status().sync_state == "pending"
    assert asyncio.run(sync.force()).sync_state == "synced"


def test_another_interval_counts_from_the_next_cycle_on(
    running: Callable[..., Sync], log: Log
) -> None:
    sync = running()
    until(lambda: sync.status().sync_state == "synced")
    sync.every(0.05)
    asyncio.run(sync.force())
    started = log.upstream.git.started
    until(lambda: log.upstream.git.started > started + 3)


def test_stopping_ends_a_git_that_hangs_and_commits_all_the_same(
    running: Callable[..., Sync], log: Log, tmp_path: Path
) -> None:
    fake = tmp_path / "bin" / "git"
    fake.parent.mkdir()
    fake.write_text(f'#!/bin/sh\necho "$$" > "{tmp_path}/hanging"\nsleep 600\n')
    fake.chmod(0o755)
    log.upstream.git.environment = {**os.environ, "PATH": f"{fake.parent}:{os.environ['PATH']}"}
    sync = running()
    until((tmp_path / "hanging").exists)
    log.append([event(1)])
    assert sync.stop(20)
    assert log.journal.records == []
    assert not process.alive(int((tmp_path / "hanging").read_text()))


def test_stopping_commits_what_is_left_and_refuses_waiters(
    running: Callable[..., Sync], log: Log
) -> None:
    sync = running()
    until(lambda: sync.status().sync_state == "synced")
    log.append([event(1)])
    assert sync.stop(10)
    assert log.journal.records == []
    assert sync.status().sync_state == "stopped"
    with pytest.raises(ThrumError) as refusal:
        asyncio.run(sync.force())
    assert refusal.value.kind == "shutting_down"


def test_an_exchange_that_failed_is_told_in_gits_words(
    running: Callable[..., Sync], log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = Exchange(outcome=Outcome.AUTH_FAILED, words="fatal: Authentication failed")
    monkeypatch.setattr(log, "exchange", lambda insist: failed)
    status = asyncio.run(running().force())
    assert (status.sync_state, status.last_error) == ("error", "fatal: Authentication failed")


def test_a_job_and_the_exchange_after_it_are_one_cycle(
    running: Callable[..., Sync], log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync = running()
    asyncio.run(sync.force())
    exchange, done = log.exchange, []

    def counted(**how: bool) -> Exchange:
        done.append(how)
        return exchange(**how)

    monkeypatch.setattr(log, "exchange", counted)
    put = sync.carry_through(lambda log: log.put("context/nux.md", b"notes", "notes"))
    status = asyncio.run(put)
    assert (status.sync_state, status.ahead) == ("synced", 0)
    assert done == [{"insist": True}]

    def bad(_log: Log) -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        asyncio.run(sync.carry_through(bad))


def test_a_job_is_done_on_the_threads_own_time_and_raises_to_who_asked(
    running: Callable[..., Sync], log: Log
) -> None:
    sync = running()
    seen: list[tuple[Log, str]] = []

    def job(given: Log) -> str:
        seen.append((given, threading.current_thread().name))
        return "done"

    def bad(_given: Log) -> str:
        raise ValueError("no")

    assert asyncio.run(sync.carry_out(job)) == "done"
    assert seen == [(log, "thrum-git")]
    with pytest.raises(ValueError, match="no"):
        asyncio.run(sync.carry_out(bad))
    assert asyncio.run(sync.force()).running
    assert sync.stop(10)
    with pytest.raises(ThrumError, match="does not run"):
        asyncio.run(sync.carry_out(job))


class Lost(Footing):
    """The files are gone; the repository may be there."""

    has: bool = False
    words: str = ""

    def lost(self) -> str:
        return self.words

    def has_repository(self) -> bool:
        return self.has


@pytest.mark.parametrize("has_repository", [True, False])
def test_when_the_files_are_gone_the_journal_is_saved_if_it_can_be(
    log: Log, running: Callable[..., Sync], has_repository: bool
) -> None:
    footing = Lost(has=has_repository)
    sync = running(footing=footing)
    asyncio.run(sync.force())  # the cycle that begins at once would commit what comes now
    footing.words = "the folder is gone"
    log.append([[("events.jsonl", b'{"event_id":"e"}')]])
    status = asyncio.run(sync.force())
    assert "the folder is gone" in status.last_error
    assert log.has_waiting
    assert sync.stop(10)
    assert bool(list(log.read(shard="events.jsonl"))) is has_repository
    assert log.has_waiting  # the file is left to whom it belongs by now


@pytest.mark.parametrize("off_limits", [False, True])
def test_a_remote_that_a_newer_command_names_is_looked_at_before_it_is_used(
    running: Callable[..., Sync], log: Log, git: Git, tmp_path: Path, off_limits: bool
) -> None:
    git("remote", "remove", "origin", cwd=tmp_path / "one")
    inherited = Inherited(dict(os.environ))
    log.upstream.git.environment = inherited
    looked: list[tuple[str, ...]] = []

    def refused() -> tuple[bool, str]:
        looked.append(log.addresses)
        return off_limits and bool(looked[-1]), "public"

    sync = running(refused=refused, inherited=inherited)
    log.append([event(1)])
    assert asyncio.run(sync.force()).sync_state in {"idle", "pending"}
    named = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "remote.hub.url",
        "GIT_CONFIG_VALUE_0": str(tmp_path / "r.git"),
    }
    inherited.heard({**os.environ, **named})
    status = asyncio.run(sync.force())
    assert (str(tmp_path / "r.git"),) in looked
    arrived = "a-sync" in git("branch", cwd=tmp_path / "r.git")
    if off_limits:
        assert (arrived, inherited.has_newer) == (False, False)
    else:
        assert (arrived, status.sync_state, status.remote) == (True, "synced", "hub")

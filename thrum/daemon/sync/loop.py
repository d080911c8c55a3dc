"""The sync loop: one thread that owns libgit2, commits, exchanges and reads on.

A cycle commits the journal, exchanges the branch with the remote if that is allowed, and applies
what is new. It runs at start, soon after a write that others should see, on demand, and by the
clock. Everything works offline; the state always says the truth.
"""

from __future__ import annotations

import logging
import math
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar

import anyio
import pygit2
from msgspec import Struct, field
from msgspec.structs import replace

from gitstore import DamagedObject, Exchange, Log, LogError, Outcome
from thrum.clock import NowNs, format_seconds
from thrum.daemon.eventloop import Answer, settle_all
from thrum.daemon.footing import FIRM, Footing
from thrum.daemon.inherited import Inherited
from thrum.daemon.sync import rescue
from thrum.daemon.sync.held import HeldEvent
from thrum.daemon.sync.schedule import ALONE_S, DEBOUNCE_S, QUICK_S, Found, Schedule
from thrum.daemon.sync.status import SyncStatus, state_of
from thrum.errors import ThrumError
from thrum.platform import try_flock

FORCE_LIMIT_S: Final = 60.0
LOCK_LIMIT_S: Final = 5.0

HOPELESS: Final = frozenset({Outcome.AUTH_FAILED, Outcome.NO_REMOTE})
"""What stays as it is for as long as the environment does."""

CURABLE: Final = HOPELESS | {Outcome.UNREACHABLE}
"""What another environment may change: a newer ssh agent, token, proxy or remote."""

logger = logging.getLogger("thrum.sync")
T = TypeVar("T")


def found_by(exchange: Exchange, local_only: bool) -> Found:
    """What an exchange means for when the remote is asked again."""
    if local_only or exchange.outcome is Outcome.NO_REMOTE:
        return Found.ALONE
    if not exchange.ok and not exchange.reads:
        return Found.TROUBLE
    return Found.MAIL if exchange.pushed or exchange.merged else Found.NOTHING


def in_words(error: Exception) -> str:
    """What people read about a cycle that failed.

    Raises:
        KeyError: it was one that has nothing to do with objects.
    """
    if isinstance(error, KeyError):
        raise error
    if isinstance(error, DamagedObject):
        return f"{error}; run `thrum doctor --fix`"
    return str(error)


async def _within_limit(answer: Answer[T]) -> T:
    """What the loop's thread answers.

    Raises:
        ThrumError: ``timed_out``, it goes on in the background.
        Exception: what it answers with instead.
    """
    try:
        with anyio.fail_after(FORCE_LIMIT_S):
            return await answer
    except TimeoutError:
        raise ThrumError(
            "timed_out",
            f"the sync did not end within {FORCE_LIMIT_S:g} s and goes on",
            "see `thrum sync status`",
        ) from None


class Sync(Struct, dict=True):
    """The loop and its thread.

    Args:
        log: the log; touched by this loop's thread only, appends apart.
        catch_up: applies what the log holds and the database does not.
        lock: the file that is locked for the length of a cycle.
        now_ns: the wall clock, for what people read.
        monotonic: the clock of the schedule.
        interval_s: the most seconds between two cycles.
        quick_s: the same while mail is expected; 0 or less: no sooner.
        refused: whether the remote is off limits and why; asked before each cycle on the loop's
            thread, because asking may take the network.
        inherited: the environment of the git program.
        alarm: has `ring` called at that moment of the monotonic clock, or as soon as it is past.
        ended: called when the thread has ended, for whatever reason.
        cycled: called after each cycle.
        tell: called before an exchange with a remote; may write what others are to hear of.
        footing: whether the files are still the daemon's own.
    """

    log: Log
    catch_up: Callable[[], object]
    lock: Path
    now_ns: NowNs
    monotonic: Callable[[], float]
    interval_s: float
    refused: Callable[[], tuple[bool, str]]
    inherited: Inherited
    alarm: Callable[[float], None]
    quick_s: float = QUICK_S
    ended: Callable[[], object] = lambda: None
    cycled: Callable[[], object] = lambda: None
    tell: Callable[[], object] = lambda: None
    footing: Footing = field(default_factory=lambda: FIRM)
    _wake: threading.Condition = field(default_factory=threading.Condition)
    _waiting: list[Answer[SyncStatus]] = field(default_factory=list)
    _jobs: list[Callable[[], None]] = field(default_factory=list)
    _stopping: bool = False
    _thread: threading.Thread | None = None
    _wrote: bool = False
    _dirty: bool = False
    _set_for: float = math.nan

    def __post_init__(self) -> None:
        self._schedule = Schedule(self.interval_s, self.quick_s)
        self._status = SyncStatus(running=False, sync_state="stopped")

    def start(self) -> None:
        """Starts the thread; its first cycle runs at once."""
        self._status = replace(self._status, running=True, sync_state="idle")
        self._set_for = math.nan
        self._thread = threading.Thread(target=self._run, name="thrum-git", daemon=True)
        self._thread.start()

    def stop(self, limit_s: float) -> bool:
        """Ends the loop with a last commit; whether it ended within the limit.

        A git program that talks to the remote right now is ended: the next start goes on.
        """
        with self._wake:
            self._stopping = True
            self._wake.notify()
        if self._thread is None:
            return True
        self.log.abort()
        self._thread.join(limit_s)
        return not self._thread.is_alive()

    def every(self, interval_s: float, quick_s: float = QUICK_S) -> None:
        """Changes the times between two cycles; one follows soon. Any thread."""
        with self._wake:
            self._schedule.interval, self._schedule.quick = interval_s, quick_s
        self.soon()

    def trigger(self) -> None:
        """Tells that something was written that others should see. Any thread."""
        with self._wake:
            self._wrote = self._dirty = True
            # A burst of writes need not wake the thread each time: it wakes soon as it is.
            if self._schedule.due > self.monotonic() + DEBOUNCE_S:
                self._wake.notify()

    def soon(self) -> None:
        """Has a cycle follow soon though nothing was written. Any thread."""
        with self._wake:
            self._wrote = True
            self._wake.notify()

    def ring(self) -> None:
        """Tells that the moment has come for which the alarm was set. Any thread."""
        with self._wake:
            self._wake.notify()

    @property
    def trouble(self) -> str:
        """Why nothing is exchanged though it should be; empty while the thread lives."""
        if self._thread is None or self._stopping or self._thread.is_alive():
            return ""
        return "the thread that owns the branch has ended"

    @property
    def is_refused(self) -> bool:
        """Whether the remote did not believe us the last time."""
        last = self._status.exchange
        return last is not None and last.outcome is Outcome.AUTH_FAILED

    @contextmanager
    def awaited(self) -> Iterator[None]:
        """While it is open somebody waits for mail, and the remote is asked more often."""
        with self._wake:
            if self._schedule.waits(self.monotonic()):
                self._wake.notify()
        try:
            yield
        finally:
            with self._wake:
                self._schedule.left()

    def looked(self) -> None:
        """Tells that somebody looked for mail; one who polls will do so again. Any thread."""
        with self._wake:
            if self._schedule.looked(self.monotonic()):
                self._wake.notify()

    async def force(self) -> SyncStatus:
        """Runs a cycle now and returns how it ended.

        Raises:
            ThrumError: ``timed_out``, the cycle goes on in the background; ``shutting_down``.
        """
        answer: Answer[SyncStatus] = Answer()
        with self._wake:
            self._check_running()
            self._waiting.append(answer)
            self._wake.notify()
        return await _within_limit(answer)

    async def carry_through(self, job: Callable[[Log], object]) -> SyncStatus:
        """As `carry_out`, and returns how the one cycle that follows ended.

        Raises:
            ThrumError, Exception: as `carry_out` and `force`.
        """
        done: Answer[object] = Answer()
        answer: Answer[SyncStatus] = Answer()
        with self._wake:
            self._check_running()
            self._jobs.append(lambda: self._do(job, done))
            self._waiting.append(answer)
            self._wake.notify()
        await _within_limit(done)
        return await _within_limit(answer)

    def _check_running(self) -> None:
        if self._stopping or self._thread is None or not self._thread.is_alive():
            raise ThrumError("shutting_down", "the sync loop does not run")

    async def carry_out(self, job: Callable[[Log], T]) -> T:
        """Has the loop's thread do something with the log, alone; a cycle follows.

        Raises:
            ThrumError: ``timed_out``, the job goes on in the background; ``shutting_down``.
            Exception: what the job raises; `LogError` if the lock of a cycle cannot be had.
        """
        answer: Answer[T] = Answer()
        with self._wake:
            self._check_running()
            self._jobs.append(lambda: self._do(job, answer))
            self._wake.notify()
        return await _within_limit(answer)

    def _do(self, job: Callable[[Log], T], answer: Answer[T]) -> None:
        """Carries a job out on the loop's thread; whoever asked gets what it raises."""
        if answer.is_abandoned:
            return
        try:
            with self._locked():
                settle_all([(answer, job(self.log), None)])
        except Exception as error:  # noqa: BLE001 -- it belongs to whoever asked
            settle_all([(answer, None, error)])

    def status(self) -> SyncStatus:
        """How things stand now."""
        status = self._status
        outcome = status.exchange.outcome if status.exchange else None
        # What nobody need see soon (a receipt, say) lies in the journal without a trigger.
        waiting = self._dirty or status.ahead > 0 or self.log.has_waiting
        held = tuple(HeldEvent.of(each) for each in self.log.held_back)
        return replace(status, sync_state=state_of(status, outcome, waiting), held=held)

    # -- the thread --

    def _run(self) -> None:
        try:
            self._loop()
        finally:
            self._status = replace(self._status, running=False)
            with self._wake:
                waiting, self._waiting = self._waiting, []
            over = ThrumError("shutting_down", "the sync loop does not run any more")
            settle_all((answer, None, over) for answer in waiting)
            self.ended()

    def _loop(self) -> None:
        while True:
            forced = self._await_work()
            self._do_jobs()
            if forced is None:
                break
            status = self._guarded_cycle(insist=bool(forced))
            settle_all((answer, status, None) for answer in forced)
            self.cycled()
        self._last_commit()

    def _do_jobs(self) -> None:
        with self._wake:
            jobs, self._jobs = self._jobs, []
        for do in jobs:
            do()

    def _await_work(self) -> list[Answer[SyncStatus]] | None:
        """Sleeps until a cycle is due; who waits for it, or None when the loop is to end."""
        with self._wake:
            while not self._stopping:
                now = self.monotonic()
                if self._wrote:
                    self._schedule.wrote(now, ALONE_S if self._status.local_only else DEBOUNCE_S)
                    self._wrote = False
                if self._waiting or self._jobs or now >= self._schedule.due:
                    forced, self._waiting = self._waiting, []
                    return forced
                if self._schedule.due != self._set_for:
                    self._set_for = self._schedule.due
                    self.alarm(self._set_for)
                self._wake.wait()
        return None

    def _guarded_cycle(self, *, insist: bool) -> SyncStatus:
        """A cycle; a defect of ours ends it and not the loop."""
        try:
            return self._cycle(insist=insist)
        except Exception as error:
            logger.exception("a sync cycle failed in an unforeseen way")
            text = f"a defect of the daemon: {type(error).__name__}: {error}"
            self._status = replace(self._status, last_error=text, exchange=None)
            self._ended(Found.TROUBLE)
            return self.status()

    def _cycle(self, *, insist: bool) -> SyncStatus:
        self._dirty = False
        try:
            self.footing.demand()
            with self._locked():
                local_only, reason = self.refused()
                if self._status.remote and not local_only:
                    self.tell()
                exchange = self._exchange(local_only, insist=insist)
            self.catch_up()
            self.log.tidy()
        except (LogError, ThrumError, OSError, KeyError, pygit2.GitError) as error:
            words = in_words(self.log.explained(error))
            logger.warning("sync failed: %s", words)
            trouble = replace(self._status, last_error=words, reads=False, exchange=None)
            self._settle(trouble, Found.TROUBLE)
            return self.status()
        if reason and reason != self._status.local_only_reason:
            logger.info("nothing is exchanged: %s", reason)
        found = found_by(exchange, local_only)
        well = found is not Found.TROUBLE and not exchange.reads
        words = "" if well else exchange.words or exchange.outcome.value
        level = logging.WARNING if words != self._status.last_error else logging.DEBUG
        status = replace(
            self._status,
            local_only=local_only,
            local_only_reason=reason,
            exchange=exchange,
            last_error=words,
            reads=exchange.reads,
        )
        if well and not local_only and exchange.outcome is not Outcome.NO_REMOTE:
            status = replace(status, last_sync_at=format_seconds(self.now_ns()))
        elif not well:
            self._dirty = True
            logger.log(level, "sync: %s: %s", exchange.outcome.value, words)
        self._settle(status, found)
        return self.status()

    def _exchange(self, local_only: bool, *, insist: bool) -> Exchange:
        if local_only:
            return Exchange(committed=self.log.commit())
        exchange = self.log.exchange(insist=insist)
        if exchange.outcome in CURABLE and self.inherited.renew():
            # It may hold other settings, by which a push goes elsewhere.
            off_limits, _ = self.refused()
            again = exchange if off_limits else self.log.exchange(insist=insist)
            if again.ok:
                logger.info("the remote is reached with the environment of a later command")
                return again
            self.inherited.turn_back(refused=off_limits or again.outcome in HOPELESS)
        return exchange

    def _ended(self, found: Found) -> str:
        """The schedule goes on; when the next cycle is due by the clock."""
        with self._wake:
            now = self.monotonic()
            self._schedule.ended(now, found)
            return format_seconds(self.now_ns() + int((self._schedule.due - now) * 1e9))

    def _settle(self, status: SyncStatus, found: Found) -> None:
        """Ends a cycle: the schedule goes on, and the status shows where the branch stands."""
        due = self._ended(found)
        status = replace(status, worktree_trouble=self.log.worktree_trouble)
        try:
            stands = self.log.standing()
            status = replace(
                status,
                tip=stands.tip,
                ahead=stands.ahead,
                behind=stands.behind,
                remote=stands.remote,
            )
        except (LogError, KeyError, pygit2.GitError) as error:
            status = replace(status, last_error=status.last_error or str(error))
        self._status = replace(status, next_try_at="" if status.local_only else due)

    def _last_commit(self) -> None:
        """What the journal still holds goes into the branch; if not, the next start does it."""
        try:
            if self.footing.lost():
                rescue.save(self.log, self.footing)
                return
            with self._locked():
                self.log.commit()
        except (LogError, ThrumError, OSError, KeyError, pygit2.GitError) as error:
            logger.warning("the last commit failed, the journal keeps the events: %s", error)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Holds the lock that keeps two programs from syncing one repository at once."""
        handle = os.open(self.lock, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            deadline = self.monotonic() + LOCK_LIMIT_S
            while not try_flock(handle, self.lock):
                if self.monotonic() > deadline:
                    raise LogError(
                        f"{self.lock} is held by another process; is a second daemon running?"
                    )
                threading.Event().wait(0.05)
            yield
        finally:
            os.close(handle)

"""``thrum daemon run``: composes the parts and runs them until a signal.

Nothing else creates global state. Order: lock, log, configuration, log of events, store, socket;
then the loop of git. Down in reverse, within a few seconds, acknowledged events safe in the
journal whatever happens.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import anyio
import pygit2

from gitstore import DamagedObject, Format, Log, LogError
from gitstore.child import Owner
from thrum import __version__, config, daemon_identity, git_place, paths
from thrum.daemon import lifecycle
from thrum.daemon import log as daemon_log
from thrum.daemon.callers import sentry
from thrum.daemon.hub import Hub
from thrum.daemon.services import Services
from thrum.daemon.settings import Settings
from thrum.daemon.store import Applied, Store, Transaction
from thrum.daemon.sync import exposure
from thrum.daemon.sync.carry import carry_over
from thrum.daemon.sync.loop import Sync
from thrum.daemon.transports.unix import serve_unix
from thrum.daemon.upkeep import reconcile
from thrum.daemon.upkeep.ageing import forget_stale
from thrum.daemon.upkeep.recovery import recover
from thrum.daemon.upkeep.sweeper import Sweeper
from thrum.daemon.work.observer import Observer
from thrum.errors import ThrumError
from thrum.identity import guards
from thrum.ids import Ids

LAST_SYNC_S: Final = 3.0
LAST_LOOK_S: Final = 1.0
LEAST_INTERVAL_S: Final = 1

logger = logging.getLogger("thrum.daemon")


@dataclass(frozen=True, slots=True)
class Setting:
    """What varies: where, with which environment, by which clock."""

    place: paths.Place
    environment: Mapping[str, str]
    now_ns: Callable[[], int]


def author(settings: config.Config) -> tuple[str, str]:
    """Name and address for the branch's commits."""
    name, address = (settings.get(f"daemon.sync.author_{part}") for part in ("name", "email"))
    return str(name), str(address)


def show_progress(place: paths.Place) -> Callable[[int, int], None]:
    """Writes a rebuild's progress where whoever started the daemon can read it."""

    def show(done: int, whole: int) -> None:
        place.progress.write_text(f"{done}/{whole}")

    return show


def sync_intervals(settings: config.Config) -> tuple[float, float]:
    """Seconds between two sync cycles, at most and while mail is expected (0: no sooner).

    A loop without a pause would only start processes.
    """
    slow = max(LEAST_INTERVAL_S, settings.get("daemon.sync_interval"))
    quick = settings.get("daemon.sync_quick_interval")
    return float(slow), float(max(LEAST_INTERVAL_S, quick) if quick > 0 else 0)


@dataclass(frozen=True, slots=True)
class Node:
    """The parts of a daemon, wired."""

    log: Log
    probing: Owner
    settings: Settings
    sync: Sync
    services: Services

    async def run(self) -> None:
        """Serves until a signal, then takes the socket away."""
        place, store = self.services.place, self.services.store
        identities, daemon_id = self.services.identities, self.services.identity.daemon_id
        claims = await store.ask(lambda db: reconcile.claims(db, identities.all()))
        await store.transact(lambda t: put_in_order(t, claims))
        sweeper = Sweeper(store, identities, daemon_id, self.services.moved)
        async with serve_unix(self.services, place.socket), anyio.create_task_group() as tasks:
            self.sync.start()
            tasks.start_soon(sweeper.run)
            tasks.start_soon(self.settings.run)
            logger.info("serving %s as %s", place.repository, daemon_id)
            await _signal_to_stop(self)
            logger.info("stopping")
            lifecycle.end_by(lifecycle.END_LIMIT_S)
            tasks.cancel_scope.cancel()

    def close(self) -> None:
        """Ends the parts, the last first. What was acknowledged is on disk already."""
        self.probing.abort()
        if not self.sync.stop(LAST_SYNC_S):
            logger.warning("the sync did not end; the next start goes on where it is")
            return  # its thread still works with the store and the log
        if not self.services.observer.close(LAST_LOOK_S):
            logger.warning("a look at a worktree does not end")
        self.services.store.close()
        self.log.close()


def put_in_order(transaction: Transaction, claims: list[reconcile.Claim]) -> None:
    """What nobody saw to while no daemon ran: sessions of the dead, processes, stale contexts."""
    recover(transaction, claims)
    reconcile.restore(transaction, claims)
    forget_stale(transaction)


def compose(setting: Setting) -> Node:
    """Opens every part. A database that was lost or cannot be used is built anew here.

    Raises:
        ThrumError, LogError, OSError: the configuration, the repository or the disk refuses.
    """
    place = setting.place
    known = config.load(place.config, setting.environment)
    daemon_log.set_level(known.get("daemon.log_level"))
    ids = Ids(setting.now_ns)
    identity = daemon_identity.ensure(known, place.repository, ids, setting.now_ns())
    log = Log.open(
        place.repository,
        journal=place.journal,
        format=Format(author=author(known)),
        now_ns=setting.now_ns,
        environment=setting.environment,
        remote=str(known.get("daemon.sync.remote")),
    )
    if log.opened.torn:
        logger.warning("an unfinished write was cut off the journal: %s", log.opened.torn)
    take_in(log)
    store = open_store(setting, log, identity.daemon_id, ids)
    probing = Owner()
    gate = exposure.Gate(
        known,
        lambda: log.upstream.addresses,
        exposure.ask_as_stranger(setting.environment, probing),
        time.monotonic,
    )
    interval_s, quick_s = sync_intervals(known)
    sync = Sync(
        journal_and_branch=log,
        catch_up=store.catch_up,
        lock=place.var / "sync.lock",
        now_ns=setting.now_ns,
        monotonic=time.monotonic,
        interval_s=interval_s,
        quick_s=quick_s,
        refused=lambda: as_set(settings, gate),
    )
    settings = Settings(known, lambda fresh: follow(fresh, sync, log))
    services = Services(
        store=store,
        hub=Hub(),
        sync=sync,
        observer=Observer(place.repository),
        config=known,
        identity=identity,
        now_ns=setting.now_ns,
        ids=ids,
        place=place,
        started_ns=setting.now_ns(),
        version=__version__,
    )
    store.on_applied.append(_tell(services, sync))
    return Node(log, probing, settings, sync, services)


def as_set(settings: Settings, gate: exposure.Gate) -> tuple[bool, str]:
    """Whether the remote is off limits, and why, by the configuration as it stands this moment."""
    settings.look()
    return gate.refused()


def follow(fresh: config.Config, sync: Sync, log: Log) -> None:
    """Has the parts go on by a changed configuration."""
    daemon_log.set_level(fresh.get("daemon.log_level"))
    log.upstream.wanted = str(fresh.get("daemon.sync.remote"))
    sync.every(*sync_intervals(fresh))


def take_in(log: Log) -> None:
    """Takes in what older programs left: uncommitted in a worktree, or in the oldest layout.

    No other daemon is at work in the worktree: they all hold the same lock for their life.
    """
    try:
        log.take_in()
        count = carry_over(log)
    except (LogError, OSError, KeyError, pygit2.GitError) as error:
        logger.warning("what older programs left comes in later: %s", error)
        return
    if count:
        logger.info("%d events of the oldest layout are carried over", count)


def open_store(setting: Setting, log: Log, daemon_id: str, ids: Ids) -> Store:
    """The store upon the log; a rebuild shows its progress to whoever started the daemon."""
    place = setting.place
    try:
        store = Store.open(
            log=log,
            database=place.database,
            origin_daemon=daemon_id,
            now_ns=setting.now_ns,
            ids=ids,
            progress=show_progress(place),
        )
    finally:
        place.progress.unlink(missing_ok=True)
    if store.rebuilt and store.rebuilt != "missing":
        logger.warning("the database was built anew: %s; aside: %s", store.rebuilt, store.aside)
    if store.behind:
        logger.warning("the database is not up to date: %s", store.behind)
    return store


def _tell(services: Services, sync: Sync) -> Callable[[Applied], None]:
    """What follows a commit: waiters and subscribers hear of it, and so does the sync loop."""

    def tell(applied: Applied) -> None:
        services.hub.applied(applied)
        if any(local and getattr(event, "structural", False) for event, local in applied.events):
            sync.trigger()

    return tell


async def _signal_to_stop(node: Node) -> None:
    """Waits for SIGTERM or SIGINT; SIGHUP meanwhile reads the configuration again."""
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT, signal.SIGHUP) as received:
        async for number in received:
            if number != signal.SIGHUP:
                break
            node.settings.read()
    # From here on a second signal ends the process at once, and a closed terminal does not.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)


def live(place: paths.Place, environment: Mapping[str, str]) -> None:
    """Is the daemon of the place from the lock to the lock's end.

    Raises:
        ThrumError, LogError, OSError: it cannot serve.
    """
    setting = Setting(place, environment, time.time_ns)
    with (
        lifecycle.only_daemon(place),
        lifecycle.pid_file(place, setting.now_ns()),
        daemon_log.written(place.log, "info"),
    ):
        in_git = git_place.find(place.repository) is not None
        fire = guards.non_git_bootstrap(str(place.repository), in_git=in_git)
        sentry.ask(place.shared, fire)
        if lifecycle.clear_stale_socket(place):
            logger.info("the daemon before this one did not end in order")
        node = compose(setting)
        try:
            anyio.run(node.run)
        finally:
            node.close()
            logger.info("stopped")


def main(arguments: list[str], environment: Mapping[str, str]) -> int:
    """Runs the daemon; the exit status."""
    # A terminal that closes while the daemon starts in its foreground.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    parser = argparse.ArgumentParser(prog="thrum daemon run")
    parser.add_argument("--repo", type=Path, required=True)
    parser.add_argument("--local", action="store_true")
    options = parser.parse_args(arguments)
    if options.local:
        environment = {**environment, "THRUM_LOCAL_ONLY": "true"}
    try:
        live(paths.find(options.repo.resolve(), {}), environment)
    except (DamagedObject, KeyError, pygit2.GitError) as error:
        todo = "run `thrum doctor --fix`"
        print(f"thrum daemon: the repository cannot be read: {error}; {todo}", file=sys.stderr)
        return 1
    except (ThrumError, LogError, OSError) as error:
        # One line, because whoever started the daemon shows the last one.
        told = "; ".join(line.strip() for line in str(error).splitlines())
        print(f"thrum daemon: {told}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))

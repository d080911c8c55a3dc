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

from gitstore import Format, Log, LogError
from thrum import __version__, config, daemon_identity, git_place, paths
from thrum.daemon import exposure, lifecycle, reconcile
from thrum.daemon import log as daemon_log
from thrum.daemon.hub import Hub
from thrum.daemon.services import Services
from thrum.daemon.store import Applied, Store
from thrum.daemon.sync import Sync
from thrum.daemon.transports.unix import serve_unix
from thrum.errors import ThrumError
from thrum.ids import Ids

LAST_SYNC_S: Final = 3.0

logger = logging.getLogger("thrum.daemon")


@dataclass(frozen=True, slots=True)
class Setting:
    """What varies: where, with which environment, by which clock."""

    place: paths.Place
    environment: Mapping[str, str]
    now_ns: Callable[[], int]


def refusal(
    settings: config.Config, place: paths.Place, environment: Mapping[str, str]
) -> Callable[[], tuple[bool, str]]:
    """Tells before each cycle whether the remote is off limits; looks at the remote once."""
    found: list[exposure.Exposure] = []

    def refused() -> tuple[bool, str]:
        if settings.local_only:
            return True, ""
        git = git_place.find(place.repository)
        url = git_place.remote_url(git) if git else ""
        if not url:
            return False, ""
        if not found or found[0].visibility == "undetectable":
            found[:] = [exposure.look(url, exposure.ask_as_stranger(environment))]
        reason = exposure.reason_against(settings, found[0])
        return bool(reason), reason

    return refused


def author(settings: config.Config) -> tuple[str, str]:
    """Name and address for the branch's commits."""
    name, address = (settings.get(f"daemon.sync.author_{part}") for part in ("name", "email"))
    return str(name), str(address)


def show_progress(place: paths.Place) -> Callable[[int, int], None]:
    """Writes a rebuild's progress where whoever started the daemon can read it."""

    def show(done: int, whole: int) -> None:
        place.progress.write_text(f"{done}/{whole}")

    return show


async def serve(setting: Setting) -> None:
    """Runs the daemon until a signal. The lock is held by the caller."""
    place = setting.place
    lifecycle.clear_stale_socket(place)
    settings = config.load(place.config, setting.environment)
    daemon_log.start(place.log, settings.get("daemon.log_level"))
    ids = Ids(setting.now_ns)
    identity = daemon_identity.ensure(settings, place.repository, ids, setting.now_ns())
    log = Log.open(
        place.repository,
        journal=place.journal,
        format=Format(author=author(settings)),
        now_ns=setting.now_ns,
        environment=setting.environment,
    )
    if log.opened.torn:
        logger.warning("an unfinished write was cut off the journal: %s", log.opened.torn)
    try:
        store = Store.open(
            log=log,
            database=place.database,
            origin_daemon=identity.daemon_id,
            now_ns=setting.now_ns,
            ids=ids,
            progress=show_progress(place),
        )
    finally:
        place.progress.unlink(missing_ok=True)
    if store.rebuilt and store.rebuilt != "missing":
        logger.warning("the database was built anew: %s; aside: %s", store.rebuilt, store.aside)
    sync = Sync(
        journal_and_branch=log,
        catch_up=store.catch_up,
        lock=place.var / "sync.lock",
        now_ns=setting.now_ns,
        monotonic=time.monotonic,
        interval_s=settings.get("daemon.sync_interval"),
        refused=refusal(settings, place, setting.environment),
    )
    services = Services(
        store=store,
        hub=Hub(),
        sync=sync,
        config=settings,
        identity=identity,
        now_ns=setting.now_ns,
        ids=ids,
        place=place,
        started_ns=setting.now_ns(),
        version=__version__,
    )
    store.on_applied.append(_tell(services, sync))
    try:
        await store.transact(
            lambda t: reconcile.restore(t, list(reconcile.claims(place.repository)))
        )
        async with serve_unix(services, place.socket):
            with lifecycle.pid_file(place, setting.now_ns()):
                sync.start()
                logger.info("serving %s as %s", place.repository, identity.daemon_id)
                await _signals(services)
                logger.info("stopping")
    finally:
        sync.stop(LAST_SYNC_S)
        store.close()
        log.close()
        logger.info("stopped")


def _tell(services: Services, sync: Sync) -> Callable[[Applied], None]:
    """What follows a commit: waiters and subscribers hear of it, and so does the sync loop."""

    def tell(applied: Applied) -> None:
        services.hub.applied(applied)
        if any(local and getattr(event, "structural", False) for event, local in applied.events):
            sync.trigger()

    return tell


async def _signals(services: Services) -> None:
    """Waits for the signal to stop; SIGHUP reads the configuration again."""
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT, signal.SIGHUP) as received:
        async for number in received:
            if number != signal.SIGHUP:
                break
            reload(services)
    # From here on a second signal ends the process at once.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)


def reload(services: Services) -> None:
    """Takes over the configuration file as it is now; a broken one changes nothing."""
    place = services.place
    try:
        fresh = config.load(place.config, services.config.environment)
        daemon_log.set_level(fresh.get("daemon.log_level"))
    except ThrumError as error:
        logger.warning("the configuration stays as it was: %s", error)
        return
    services.config.tree = fresh.tree
    logger.info("configuration read again")


def main(arguments: list[str], environment: Mapping[str, str]) -> int:
    """Runs the daemon; the exit status."""
    parser = argparse.ArgumentParser(prog="thrum daemon run")
    parser.add_argument("--repo", type=Path, required=True)
    parser.add_argument("--local", action="store_true")
    options = parser.parse_args(arguments)
    if options.local:
        environment = {**environment, "THRUM_LOCAL_ONLY": "true"}
    try:
        place = paths.find(options.repo.resolve(), {})
        with lifecycle.only_daemon(place):
            anyio.run(serve, Setting(place, environment, time.time_ns))
    except (ThrumError, LogError, OSError) as error:
        logger.error("the daemon cannot serve: %s", error)
        print(f"thrum daemon: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))

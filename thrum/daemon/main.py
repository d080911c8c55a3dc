"""``thrum daemon run``: composes the parts and runs them until a signal.

Nothing else creates global state. Order: lock, log, configuration, log of events, store, services,
socket. Down in reverse, within a few seconds, acknowledged events safe in the journal whatever
happens.
"""

from __future__ import annotations

import logging
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import anyio
import pygit2
from anyio import to_thread

from gitstore import DamagedObject, Format, Log, LogError
from thrum import (
    access,
    atomic,
    config,
    daemon_identity,
    git_place,
    paths,
    platform,
    relocation,
)
from thrum.daemon import lifecycle, services, strays, withdrawing
from thrum.daemon import log as daemon_log
from thrum.daemon.callers import sentry
from thrum.daemon.callers.callers import Callers
from thrum.daemon.children.children import Children
from thrum.daemon.footing import FIRM, Footing
from thrum.daemon.hub import Hub
from thrum.daemon.inherited import Inherited
from thrum.daemon.node import Node, Setting
from thrum.daemon.projection.omission import OMISSION
from thrum.daemon.rpc.dispatch import Dispatch
from thrum.daemon.rpc.registry import Table
from thrum.daemon.service.clock import SystemClock
from thrum.daemon.service.contract import Service
from thrum.daemon.service.scheduler import Scheduler
from thrum.daemon.service.supervisor import Supervisor
from thrum.daemon.service.wording import alone
from thrum.daemon.settings import Settings
from thrum.daemon.signing import key_file, policy, requiring
from thrum.daemon.signing.gate import SignatureGate
from thrum.daemon.signing.key_file import KeyFile
from thrum.daemon.signing.policy import Policy
from thrum.daemon.signing.service import Signing
from thrum.daemon.signing.signer import Signer
from thrum.daemon.state import State
from thrum.daemon.store import Store
from thrum.daemon.sync.carry import carry_over
from thrum.daemon.sync.service import SyncService
from thrum.daemon.transports.unix import serve_unix
from thrum.errors import ThrumError
from thrum.identity import guards, process
from thrum.ids import Ids

SWITCH_S: Final = 0.0001
"""For how long a thread computes while another one waits to. Each of the few dozen steps of an
answer waits so long while the writer applies a history; Python's own 5 ms make that a tenth of a
second. So does the writer after each statement while the loop answers others."""
EVERYDAY: Final = ("message.send", "agent.whoami", "session.start", "delivery.ask")
"""A method of each noun that is loaded before anybody asks for it."""
EVERYDAY_AFTER_S: Final = 0.05
KEPT_AFTER_S: Final = 3.0
"""Seconds after its start when a daemon keeps what it has not loaded; whoever waited for it has an
answer by then."""
LEFT_S: Final = 0.5
"""Of the seconds that the end may take, those that remain once all services have stopped."""

logger = logging.getLogger("thrum.daemon")


def show_progress(place: paths.Place) -> Callable[[int, int], None]:
    """Writes a rebuild's progress where whoever started the daemon can read it."""

    def show(done: int, whole: int) -> None:
        place.progress.write_text(f"{done}/{whole}")

    return show


def compose(
    setting: Setting,
    kinds: Sequence[type[Service]] = services.SERVICES,
    footing: Footing = FIRM,
) -> tuple[Node, list[Service]]:
    """Opens every part. A database that was lost or cannot be used is built anew here.

    Args:
        setting: what varies.
        kinds: the services, none of which runs yet.
        footing: the files that may go while it runs.

    Raises:
        ThrumError, LogError, OSError: the configuration, the repository or the disk refuses.
    """
    place, now_ns = setting.place, setting.clock.now_ns
    known = config.load(place.config, setting.environment, services.keys(kinds))
    daemon_log.set_level(known.get("daemon.log_level"))
    identity = daemon_identity.ensure(known, place, setting.ids, now_ns())
    inherited = Inherited(setting.environment)
    log = open_log(setting, known, inherited, footing)
    hub = Hub(setting.clock.monotonic)
    signer = signer_of(place, identity.daemon_id, known)
    state = State.open(place.state, services.schemas(kinds), now_ns)
    gate = gate_of(state, kinds, known, signer)
    store = open_store(setting, log, identity.daemon_id, hub, signer, gate)
    node = Node(
        setting=setting,
        config=known,
        identity=identity,
        store=store,
        state=state,
        hub=hub,
        callers=Callers.of(place.repository, store),
        children=Children(now_ns),
        inherited=inherited,
        scheduler=Scheduler(setting.clock),
        started_ns=now_ns(),
        methods=services.methods(kinds),
        pushes=services.pushes(kinds),
        footing=footing,
        signer=signer,
    )
    return node, node.compose(kinds)


def open_log(
    setting: Setting, known: config.Config, inherited: Mapping[str, str], footing: Footing = FIRM
) -> Log:
    """The log of events, with what older programs left taken in.

    Args:
        setting: what varies.
        known: the configuration.
        inherited: what the git program inherits.
        footing: says whether the repository is still the one that is opened.
    """
    place = setting.place
    log = Log.open(
        place.repository,
        journal=place.journal,
        format=Format(author=known.author, omission=OMISSION),
        now_ns=setting.clock.now_ns,
        environment=inherited,
        remote=str(known.get("daemon.sync.remote")),
        demand=footing.demand_repository,
    )
    if log.opened.torn:
        logger.warning("an unfinished write was cut off the journal: %s", log.opened.torn)
    take_in(place, log)
    return log


def take_in(place: paths.Place, log: Log) -> None:
    """Takes in what others left: uncommitted in a worktree, apart, or in the oldest layout.

    No other daemon is at work in the worktree: they all hold the same lock for their life.
    """
    try:
        log.take_in()
        strays.take_in(place, log)
        count = carry_over(log)
    except (LogError, OSError, KeyError, pygit2.GitError) as error:
        logger.warning("what older programs left comes in later: %s", error)
        return
    if count:
        logger.info("%d events of the oldest layout are carried over", count)


def signer_of(place: paths.Place, daemon_id: str, known: config.Config) -> Signer:
    """Who signs our events; no key is read or made before the first of them."""
    return Signer(
        KeyFile(key_file.paths_of(place), daemon_id),
        daemon_id,
        is_wanted=lambda: policy.of(known) is not Policy.OFF,
        is_required=lambda: policy.of(known) is Policy.REQUIRE,
    )


def gate_of(
    state: State, kinds: Sequence[type[Service]], known: config.Config, signer: Signer
) -> SignatureGate | None:
    """Who says which events count, if that was asked for before this start."""
    if Signing not in kinds:
        return None
    is_required = policy.of(known) is Policy.REQUIRE
    return requiring.in_force(state.of(Signing.name), signer.own, is_required=is_required)


def open_store(
    setting: Setting,
    log: Log,
    daemon_id: str,
    hub: Hub,
    signer: Signer | None = None,
    gate: SignatureGate | None = None,
) -> Store:
    """The store upon the log; a rebuild shows its progress to whoever started the daemon."""
    place = setting.place
    try:
        store = Store.open(
            log=log,
            database=place.database,
            origin_daemon=daemon_id,
            now_ns=setting.clock.now_ns,
            ids=setting.ids,
            progress=show_progress(place),
            tell=hub.tell,
            boot=process.boot() or setting.ids.make("boot"),
            signer=signer,
            gate=gate,
        )
    finally:
        place.progress.unlink(missing_ok=True)
    if store.rebuilt == "old":
        logger.info(
            "an older program's database was built anew; kept: %s", ", ".join(map(str, store.aside))
        )
    elif store.rebuilt and store.rebuilt != "missing":
        aside = ", ".join(map(str, store.aside)) or "nothing"
        logger.warning("the database was built anew: %s; aside: %s", store.rebuilt, aside)
    if store.rebuilt == "foreign":
        logger.warning("it is an older program's: `thrum migrate` brings over what it has")
    if store.behind:
        logger.warning("the database is not up to date: %s", store.behind)
    withdrawing.go_on(log, store)
    return store


async def serve(node: Node, made: Sequence[Service]) -> None:
    """Runs the services and serves the socket until a signal; then takes all of it away."""
    place, supervisor = node.place, supervise(node, made)
    node.callers.listen(node.hub)
    async with node.children, anyio.create_task_group() as tasks:
        tasks.start_soon(node.scheduler.run)
        await supervisor.start(tasks)
        async with serve_unix(Dispatch(node, node.methods), place.socket):
            logger.info("serving %s as %s", place.repository, node.identity.daemon_id)
            tasks.start_soon(_get_ready, node.methods)
            await _end(node)
            logger.info("stopping")
            lifecycle.end_by(lifecycle.END_LIMIT_S)
            end = node.setting.clock.monotonic() + lifecycle.END_LIMIT_S - LEFT_S
        await supervisor.stop(end - node.setting.clock.monotonic())
        tasks.cancel_scope.cancel()


def supervise(node: Node, made: Sequence[Service]) -> Supervisor:
    """Who keeps the services of the node running."""
    supervisor = Supervisor(made, node.hub, node.scheduler, node.children.end, node.setting.clock)
    node.supervisor = supervisor
    return supervisor


def close(node: Node) -> None:
    """Closes what services stood upon. What was acknowledged is on disk already."""
    node.state.close()
    node.callers.close()
    if not node.service(SyncService).has_ended:
        logger.warning("the sync did not end; the next start goes on where it is")
        return  # its thread still works with the store and the log
    node.store.close()
    node.store.log.close()


async def _get_ready(methods: Table) -> None:
    """Loads what the first who calls will need, once whoever waits for the start has an answer;
    and has what is loaded later be of the program that this daemon began as."""
    await anyio.sleep(EVERYDAY_AFTER_S)
    await to_thread.run_sync(load_everyday, methods)
    await anyio.sleep(KEPT_AFTER_S)
    await to_thread.run_sync(keep_code)


def load_everyday(methods: Table) -> None:
    """Loads what agents ask all day, so that none of them waits for it."""
    for name in EVERYDAY:
        methods.get(name)


def keep_code() -> None:
    """See `KeptCode`."""
    from thrum.daemon.kept_code import KeptCode

    KeptCode().keep()


async def _end(node: Node) -> None:
    """Waits for a signal, or until what the daemon stands on is gone."""

    async def signalled() -> None:
        await _signal_to_stop(node)
        either.cancel_scope.cancel()

    async with anyio.create_task_group() as either:
        either.start_soon(signalled)
        words = await node.footing.gone()
        logger.error("%s, so the daemon ends", words)
        either.cancel_scope.cancel()


async def _signal_to_stop(node: Node) -> None:
    """Waits for SIGTERM or SIGINT; SIGHUP meanwhile reads the configuration again."""
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT, signal.SIGHUP) as received:
        async for number in received:
            if number != signal.SIGHUP:
                break
            await to_thread.run_sync(node.service(Settings).read)
    # From here on a second signal ends the process at once, and a closed terminal does not.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)


def live(place: paths.Place, environment: Mapping[str, str]) -> None:
    """Is the daemon of the place from the lock to the lock's end.

    Raises:
        ThrumError, LogError, OSError: it cannot serve.
    """
    sys.setswitchinterval(SWITCH_S)
    clock = SystemClock()
    setting = Setting(place, environment, clock, Ids(time.time_ns))
    with (
        lifecycle.only_daemon(place) as lock,
        lifecycle.pid_file(place, clock.now_ns()),
        daemon_log.written(place.log, "info"),
    ):
        in_git = git_place.of(place.repository) is not None
        fire = guards.non_git_bootstrap(str(place.repository), in_git=in_git)
        sentry.ask(place.shared, fire)
        if lifecycle.clear_stale_socket(place):
            logger.info("the daemon before this one did not end in order")
        for folder in (place.shared, place.var, place.identities):
            atomic.clear(folder, clock.now_ns() / 1e9)
        node, made = compose(setting, footing=Footing.of(lock))
        try:
            anyio.run(serve, node, made)
        except BaseExceptionGroup as group:
            raise alone(group) from group
        finally:
            close(node)
            node.footing.close()
            logger.info("stopped")


def main(arguments: list[str], environment: Mapping[str, str]) -> int:
    """Runs the daemon; the exit status."""
    # A terminal that closes while the daemon starts in its foreground.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    match arguments:  # by `control.program`; argparse alone would take a hundredth of a start
        case ["--repo", path, *rest] if rest in ([], ["--local"]):
            repository = Path(path)
        case _:
            print("usage: python -m thrum.daemon --repo PATH [--local]", file=sys.stderr)
            return 2
    if rest:
        environment = {**environment, "THRUM_LOCAL_ONLY": "true"}
    try:
        live(relocation.settled(paths.find(platform.real(repository), {})), environment)
    except (DamagedObject, KeyError, pygit2.GitError) as error:
        todo = "run `thrum doctor --fix`"
        print(f"thrum daemon: the repository cannot be read: {error}; {todo}", file=sys.stderr)
        return 1
    except (ThrumError, LogError, OSError) as error:
        foreign = access.to_file(error) if isinstance(error, OSError) else None
        # One line, because whoever started the daemon shows the last one.
        told = "; ".join(line.strip() for line in str(foreign or error).splitlines())
        print(f"thrum daemon: {told}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0

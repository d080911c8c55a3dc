"""A repository with an open log, stores upon it, and a served socket with agents around it."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from gitstore import Log
from tests.asking import Asking
from tests.thrum.daemon.ground import Ground, environment, git, head, open_log, store_upon
from thrum import paths, platform
from thrum.config import Config
from thrum.daemon import services
from thrum.daemon.callers.callers import Callers
from thrum.daemon.children.children import Children
from thrum.daemon.claims.service import Claims
from thrum.daemon.clashes.service import Clashes
from thrum.daemon.hub import Hub
from thrum.daemon.inherited import Inherited
from thrum.daemon.loops.service import Loops
from thrum.daemon.node import Node as Parts
from thrum.daemon.node import Setting
from thrum.daemon.prompts.service import Prompts
from thrum.daemon.push.service import Push
from thrum.daemon.queue.service import Queue
from thrum.daemon.restart.service import Restart
from thrum.daemon.rpc.dispatch import Deadlines, Dispatch
from thrum.daemon.rpc.registry import Method
from thrum.daemon.service.clock import SystemClock
from thrum.daemon.service.contract import Service
from thrum.daemon.service.scheduler import Scheduler
from thrum.daemon.services import METHODS
from thrum.daemon.settings import Settings
from thrum.daemon.state import State
from thrum.daemon.store import Store
from thrum.daemon.sync.service import SyncService
from thrum.daemon.sync.status import SyncStatus
from thrum.daemon.tmux.service import Tmux
from thrum.daemon.transports.unix import LIMITS, Limits, serve_unix
from thrum.daemon.waiting.service import Waiting
from thrum.daemon.work.service import Work
from thrum.daemon_identity import DaemonIdentity
from thrum.ids import Ids

Opener = Callable[..., Store]


HOLD = """
import sys, time
from pathlib import Path
from thrum import paths
from thrum.daemon import lifecycle
with lifecycle.only_daemon(paths.at(Path(sys.argv[1]))):
    print("held", flush=True)
    time.sleep(60)
"""
"""A program that is the daemon of a place, as far as its lock tells."""


@pytest.fixture
def place(tmp_path: Path) -> paths.Place:
    """Where a daemon would be; there is no repository."""
    (tmp_path / ".thrum").mkdir()
    (tmp_path / ".thrum" / "config.json").write_text("{}")
    return paths.at(tmp_path)


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """What repositories are copies of."""
    return Ground.made(tmp_path_factory.mktemp("ground"), KINDS)


@pytest.fixture
def repository(tmp_path: Path, ground: Ground, request: pytest.FixtureRequest) -> Path:
    """A git repository without commits; that of a node has what a node begins with."""
    path = tmp_path / "repository"
    ground.lay(ground.begun if "parts" in request.fixturenames else ground.empty, path)
    return path


@pytest.fixture
def database(repository: Path) -> Path:
    """Where the database of the repository is."""
    return repository / ".thrum" / "var" / "messages.db"


@pytest.fixture
def log(repository: Path) -> Iterator[Log]:
    """The open log of the repository."""
    opened = open_log(repository)
    yield opened
    opened.close()


@pytest.fixture
def hub() -> Hub:
    """Tells of what the store makes visible."""
    return Hub()


@pytest.fixture
def open_store(log: Log, database: Path, hub: Hub) -> Iterator[Opener]:
    """Opens stores upon the log; they are closed at the end."""
    stores = []

    def opener(**changes: Any) -> Store:
        arguments = {"log": log, "database": database, "tell": hub.tell, **changes}
        stores.append(store_upon(**arguments))
        return stores[-1]

    yield opener
    for store in stores:
        store.close()


@pytest.fixture
def store(open_store: Opener) -> Store:
    """A store upon an empty log."""
    return open_store()


KINDS = tuple(each for each in services.SERVICES if each not in {Settings, SyncService})
"""The services that a test finds; sync is another one, see `StillSync`."""


class StillLoop:
    """A sync loop in which nothing happens."""

    def status(self) -> SyncStatus:
        return SyncStatus(running=True, sync_state="idle")

    def awaited(self) -> AbstractContextManager[None]:
        return nullcontext()

    def looked(self) -> None:
        pass

    async def force(self) -> SyncStatus:
        return self.status()

    async def carry_out(self, job: Callable[[Log], Any]) -> Any:
        raise AssertionError("nothing happens here")

    async def carry_through(self, job: Callable[[Log], Any]) -> SyncStatus:
        raise AssertionError("nothing happens here")


class StillSync(Service):
    """A sync that never exchanges anything."""

    name = "sync"

    def __init__(self, node: Parts) -> None:
        super().__init__(node)
        self.loop = StillLoop()


class Caller(Asking):
    """A connection to the daemon, by this process from wherever it stands when it asks."""

    def __init__(self, path: Path, limit: float = 20) -> None:
        self.socket = platform.connect_unix(path, limit)
        self.lines = self.socket.makefile("rb")
        self._number = 0

    def write(self, method: str, /, **params: Any) -> int:
        """Sends a request; its id."""
        self._number += 1
        request = {"jsonrpc": "2.0", "id": self._number, "method": method, "params": params}
        self.socket.sendall(json.dumps(request).encode() + b"\n")
        return self._number

    def read(self) -> Any:
        """The next line from the daemon; None at the end of the connection."""
        line = self.lines.readline()
        return json.loads(line) if line else None

    def ask(self, method: str, /, **params: Any) -> Any:
        """The whole answer to a request."""
        number = self.write(method, **params)
        answer = self.read()
        assert answer["id"] == number
        return answer

    def close(self) -> None:
        self.lines.close()
        self.socket.close()


@dataclass
class Node:
    """A repository whose methods are served on its socket, and the homes of its agents."""

    parts: Parts
    ground: Ground
    move: Callable[[Path], None]
    loop: asyncio.AbstractEventLoop
    homes: dict[str, Path] = field(default_factory=dict)
    callers: list[Caller] = field(default_factory=list)
    running: dict[type[Service], asyncio.Task[None]] = field(default_factory=dict)

    @property
    def store(self) -> Store:
        """The store, once its readers see all that was answered; on the loop, as it is now."""
        store = self.parts.store
        if store.is_behind and not self._is_on_loop():
            asyncio.run_coroutine_threadsafe(store.seen(), self.loop).result(60)
        return store

    def _is_on_loop(self) -> bool:
        try:
            return asyncio.get_running_loop() is self.loop
        except RuntimeError:
            return False

    @property
    def repository(self) -> Path:
        return self.parts.place.repository

    def connect(self, **how: Any) -> Caller:
        """A new connection."""
        self.callers.append(Caller(self.parts.place.socket, **how))
        return self.callers[-1]

    def worktree(self, name: str) -> Path:
        """A linked worktree beside the repository."""
        path = self.repository.parent / name
        self.ground.worktree(self.repository, path)
        return path

    @contextmanager
    def at_work(self, work: Callable[[], Awaitable[object]]) -> Iterator[None]:
        """Has something go on beside the methods for the length of the context, and ends it."""
        begun, over = threading.Event(), threading.Event()

        async def go_on() -> None:
            begun.set()
            try:
                await work()
            finally:
                over.set()

        running = asyncio.run_coroutine_threadsafe(go_on(), self.loop)
        assert begun.wait(20)
        try:
            yield
        finally:
            running.cancel()
            assert over.wait(20)  # what it began is ended by then

    def end(self, kind: type[Service]) -> None:
        """Ends a service in whatever it does, as a crash would."""

        async def end() -> None:
            self.running[kind].cancel()
            await asyncio.gather(self.running[kind], return_exceptions=True)
            self.parts.scheduler.drop(self.parts.service(kind).name)

        asyncio.run_coroutine_threadsafe(end(), self.loop).result(60)

    def begin_again(self, kind: type[Service]) -> None:
        """Ends a service, unless it has ended, and begins it again."""
        self.end(kind)

        async def begin() -> None:
            service = self.parts.service(kind)
            await service.start()
            self.running[kind] = asyncio.create_task(service.run())

        asyncio.run_coroutine_threadsafe(begin(), self.loop).result(60)

    def stand(self, agent_id: str) -> Caller:
        """From now on this process stands where the agent is at home."""
        self.move(self.homes[agent_id])
        if not self.callers:
            self.connect()
        return self.callers[0]

    def call(self, agent_id: str, method: str, /, **params: Any) -> Any:
        """What the method answers to the agent."""
        return self.stand(agent_id).call(method, **params)

    def refused(self, agent_id: str, method: str, /, **params: Any) -> str:
        """The kind with which the method refuses the agent."""
        return self.stand(agent_id).refused(method, **params)

    def agent(self, name: str, role: str = "tester", module: str = "auth") -> str:
        """Registers an agent at home in a worktree of its own; the id of its open session."""
        self.homes[name] = self.worktree(name)
        self.call(name, "agent.register", name=name, role=role, module=module)
        home = {"type": "worktree", "value": str(self.homes[name])}
        session_id: str = self.call(name, "session.start", agent_id=name, refs=[home])["session_id"]
        return session_id

    def send(self, agent_id: str, content: str = "hello", /, **params: Any) -> Any:
        """Sends a message."""
        return self.call(agent_id, "message.send", content=content, **params)

    def inbox(self, agent_id: str, /, **params: Any) -> list[str]:
        """The texts in the agent's inbox, the newest first."""
        listed = self.call(agent_id, "message.list", for_agent=agent_id, **params)
        return [row["body"]["content"] for row in listed["messages"]]


def eventually(holds: Callable[[], Any], limit: float = 20) -> None:
    """Waits until it holds; the limit only ends a test that would hang."""
    end = time.monotonic() + limit
    while not holds():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)


@pytest.fixture
def wait_until() -> Callable[..., None]:
    """Waits until something holds."""
    return eventually


@pytest.fixture
def methods() -> dict[str, Method]:
    """What can be called; a test may add to it."""
    return dict(METHODS)


@pytest.fixture
def parts(repository: Path, hub: Hub, store: Store, methods: dict[str, Method]) -> Iterator[Parts]:
    """The parts of a daemon, without a sync loop."""
    (repository / ".thrum" / "config.json").write_text("{}")
    if not head(repository):
        git(repository, "commit", "-q", "--allow-empty", "-m", "first")
    place, clock = paths.at(repository), SystemClock()
    made = Parts(
        setting=Setting(place, environment(), clock, Ids(time.time_ns)),
        config=Config(place.config, keys=services.keys()),
        identity=DaemonIdentity(
            "d_here", "repository", "host", str(repository), "", "2026-01-01T00:00:00Z"
        ),
        store=store,
        state=State.open(place.state, services.schemas(KINDS), time.time_ns),
        hub=hub,
        callers=Callers.of(repository, store),
        children=Children(time.time_ns),
        inherited=Inherited(environment()),
        scheduler=Scheduler(clock),
        started_ns=time.time_ns(),
        methods=methods,
    )
    made.compose((*KINDS, StillSync))
    yield made
    made.callers.close()
    assert made.service(Work).observer.close(20)
    made.state.close()


@pytest.fixture
def limits() -> Limits:
    """How long connections may take for what; a test module may say otherwise."""
    return LIMITS


@pytest.fixture
def deadlines() -> Deadlines:
    """How long methods may take; a test module may say otherwise."""
    return Deadlines()


@pytest.fixture
def node(
    parts: Parts,
    ground: Ground,
    limits: Limits,
    deadlines: Deadlines,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Iterator[Node]:
    """A node that serves its socket from another thread; nobody is registered."""
    ready, loop = threading.Event(), asyncio.new_event_loop()
    stop = asyncio.Event()
    running: dict[type[Service], asyncio.Task[None]] = {}

    async def serve() -> None:
        parts.callers.listen(parts.hub)
        await parts.service(Queue).start()
        await parts.service(Restart).start()
        kinds: tuple[type[Service], ...] = (
            Waiting,
            Push,
            Loops,
            Claims,
            Clashes,
            Prompts,
            Queue,
        )
        for each in map(parts.service, kinds):
            parts.hub.on(each.hears, each.heard, missed=each.missed, owner=each.name)
            running[type(each)] = asyncio.create_task(each.run())
        running[Tmux] = asyncio.create_task(parts.service(Tmux).following.run())
        door = Dispatch(parts, parts.methods, deadlines)
        async with parts.children, serve_unix(door, parts.place.socket, limits):
            ready.set()
            await stop.wait()
            await parts.service(Tmux).stop()
        for task in running.values():
            task.cancel()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert ready.wait(20)
    nowhere = tmp_path / "nowhere"
    nowhere.mkdir()
    made = Node(parts, ground, monkeypatch.chdir, loop, running=running)
    made.homes["nobody"] = nowhere
    monkeypatch.chdir(nowhere)
    yield made
    loop.call_soon_threadsafe(stop.set)
    thread.join(20)
    assert not thread.is_alive()
    loop.close()
    for caller in made.callers:
        caller.close()

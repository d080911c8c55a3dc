"""One node: a repository, its log and store, and what happens when its power goes."""

from __future__ import annotations

import base64
import copy
import hashlib
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NoReturn, TypeVar

import pygit2
from msgspec import structs

from gitstore import Format, Log
from gitstore.objects import Objects
from tests.simulation.disk import Cache, PowerCut, SimDisk
from tests.simulation.remote import Network, SimRemote
from thrum import events, keys
from thrum.daemon.hub import News
from thrum.daemon.projection.omission import OMISSION
from thrum.daemon.signing.ed25519 import PrivateKey
from thrum.daemon.signing.gate import SignatureGate
from thrum.daemon.signing.key_file import Held, KeyFile
from thrum.daemon.signing.ring import Owned
from thrum.daemon.signing.signer import Signer
from thrum.daemon.store import Store, Transaction
from thrum.daemon.writer import Call, Writer
from thrum.ids import Ids

T = TypeVar("T")

KILLED: Final = 0.5
"""How often the process is killed and the power stays: what was written is there, synced or not."""


def _anywhere(name: str) -> None:
    """Nothing happens at a step."""


class InlineWriter(Writer):
    """Carries a decision out in the thread that submits it, so that a seed replays exactly."""

    step: Callable[[str], None] = _anywhere

    def __post_init__(self) -> None:
        """Starts no thread."""

    def _commit(self, made: list[tuple[Call, Transaction]]) -> list[News]:
        self.step("projection")
        kept = super()._commit(made)
        self.step("projected")
        return kept

    def submit(self, call: Call, *, bounded: bool = True) -> None:
        """See `Writer`."""
        self._carry_out([call])

    def close(self) -> None:
        """Nothing waits."""


@dataclass
class Node:
    """A node of the simulation.

    Attributes:
        true_ns: the time.
        skew_ns: how far the node's clock is ahead of it.
        steps_left: how many steps until the power goes or the process is killed; None: never.
        ends_at: the name of the moments at which that may be; empty: at any.
        cache: what the disk does not have yet.
        is_serving: whether its agents can reach it; not while it starts.
        requires: whether only what is signed counts there.
        agents: ids of its agents.
        attempted: the ids of the events of each batch that was begun, with the messages that they
            are about, or nothing.
        acknowledged: the same of the events that callers were told of.
    """

    name: str
    root: Path
    network: Network
    chance: random.Random
    true_ns: Callable[[], int]
    sleep: Callable[[float], None]
    meanwhile: Callable[[str], None]
    log_type: type[Log] = Log
    disk_type: type[SimDisk] = SimDisk
    skew_ns: int = 0
    steps_left: int | None = None
    ends_at: str = ""
    cuts: int = 0
    kills: int = 0
    is_serving: bool = False
    requires: bool = False
    cache: Cache = field(default_factory=Cache)
    _is_killed: bool = False
    agents: list[str] = field(default_factory=list)
    attempted: list[dict[str, str]] = field(default_factory=list)
    acknowledged: dict[str, str] = field(default_factory=dict)

    def begin(self) -> None:
        """Makes the repository and opens it."""
        repository = pygit2.init_repository(str(self.root))
        repository.remotes.create("origin", str(self.network.remote))
        self.open()

    def now_ns(self) -> int:
        """What the node's clock says."""
        return self.true_ns() + self.skew_ns

    @property
    def daemon_id(self) -> str:
        """What the node's events are marked with."""
        return f"d_{self.name.upper():A<26}"

    def open(self) -> None:
        """Opens log and store, as a daemon does when it starts."""
        self.is_serving = False
        self.disk = self.disk_type(self.step, self.cache)
        self.log = self.log_type.open(
            self.root,
            journal=self.root / ".thrum" / "var" / "journal.jsonl",
            format=Format(omission=OMISSION),
            disk=self.disk,
            now_ns=self.now_ns,
            elapsed_ns=self.true_ns,
            jitter=self.chance.random,
            sleep=self.sleep,
            environment={},
        )
        self.log.upstream.git = self._remote(self.log)
        self._watch_objects(self.log.objects)
        self.store = Store.open(
            log=self.log,
            database=self.root / ".thrum" / "var" / "messages.db",
            origin_daemon=self.daemon_id,
            now_ns=self.now_ns,
            ids=Ids(self.now_ns, self.chance.randbytes),
            boot=str(self.cuts),
            writer=InlineWriter,
            signer=self._signer(),
            gate=self.gate(),
        )
        assert isinstance(self.store._writer, InlineWriter)
        self.store._writer.step = self.step
        self.is_serving = True

    @property
    def _private(self) -> str:
        """The key that it signs with; of its name, so that a seed replays exactly."""
        return base64.b64encode(hashlib.sha256(self.name.encode()).digest()).decode()

    def _signer(self) -> Signer:
        file = KeyFile([self.root / ".thrum" / "var" / "signing.key"], self.daemon_id)
        file.write(Held(self.daemon_id, self._private))
        return Signer(file, self.daemon_id, lambda: True)

    def gate(self) -> SignatureGate | None:
        """Who says what counts here; None: everything does."""
        return SignatureGate({}, (), self._own, "") if self.requires else None

    def _own(self) -> Owned:
        return Owned(self.daemon_id, keys.id_of(PrivateKey(self._private).public))

    def _remote(self, log: Log) -> SimRemote:
        git = log.upstream.git
        given = {each.name: getattr(git, each.name) for each in structs.fields(git)}
        return SimRemote(
            **given,
            node=self.name,
            network=self.network,
            local=log.repository,
            meanwhile=self.meanwhile,
        )

    def _watch_objects(self, objects: Objects) -> None:
        note = objects._note

        def noted(id: pygit2.Oid) -> pygit2.Oid:
            self.step("object")
            self.meanwhile("object")
            return note(id)

        objects._note = noted  # type: ignore[method-assign]

    def step(self, name: str) -> None:
        """A moment at which the power may go, or the process be killed.

        Raises:
            PowerCut: so it was; what would be found is kept aside.
        """
        if self.steps_left is None:
            return
        self.steps_left -= 1
        if self.steps_left > 0:
            return
        if self.ends_at in ("", name) or self._aside.exists():
            self._stop(name)

    def _stop(self, name: str) -> NoReturn:
        """Keeps aside what will be found; what the process still does is done to nobody's files."""
        if not self._aside.exists():
            self._is_killed = self.chance.random() < KILLED
            if self._is_killed:
                shutil.copytree(self.root, self._aside, symlinks=True)
                self._kept = copy.deepcopy(self.disk.cache)
                self.kills += 1
            else:
                self.disk.image(self.root, self._aside, self.chance)
                self._kept = Cache()
                self.cuts += 1
        how = "it is killed" if self._is_killed else "the power goes"
        raise PowerCut(f"{how} at {self.name}: {name}")

    @property
    def _aside(self) -> Path:
        return self.root.with_suffix(".crashed")

    def recover(self) -> None:
        """What was found after the power cut takes the node's place; it is not open yet."""
        self.steps_left = None
        self._let_go()
        shutil.rmtree(self.root)
        self._aside.rename(self.root)
        self.cache = self._kept

    def _let_go(self) -> None:
        """Gives back what the process that is gone had open, however far it had come."""
        store: Store | None = self.__dict__.pop("store", None)
        if store is not None:
            store.close()
        self.__dict__.pop("log", None)
        self.disk.hang_up()

    def close(self) -> None:
        """Ends as a daemon does that is told to."""
        self.store.close()
        self.log.close()
        self.disk.hang_up()

    def transact(self, decide: Callable[[Transaction], T]) -> T:
        """Runs a decision; when it returns, what was emitted is acknowledged."""
        emitted: dict[str, str] = {}

        def decided(transaction: Transaction) -> T:
            result = decide(transaction)
            for event, _ in transaction.news:
                if isinstance(event, events.Event):
                    emitted[event.event_id] = getattr(event, "message_id", "")
            self.attempted.append(emitted)
            return result

        result = self.store.transact_blocking(decided)
        self.acknowledged.update(emitted)
        return result

    def emit(self, *given: events.Event) -> None:
        """Emits events as one decision."""
        self.transact(lambda transaction: [transaction.emit(event) for event in given])

    def exchange(self) -> str:
        """One cycle of the sync loop; how it ended."""
        exchange = self.log.exchange()
        self.store.catch_up()
        self.log.tidy()
        return exchange.outcome.value

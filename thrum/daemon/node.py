"""The parts of a running daemon: what methods work with, and what services are given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, cast

from msgspec import Struct, field

from thrum.clock import NowNs
from thrum.config import Config
from thrum.daemon.callers.callers import Callers
from thrum.daemon.callers.resolver import Resolver
from thrum.daemon.children.children import Children
from thrum.daemon.footing import FIRM, Footing
from thrum.daemon.hub import Hub
from thrum.daemon.inherited import Inherited
from thrum.daemon.service.clock import Clock
from thrum.daemon.service.scheduler import Scheduler
from thrum.daemon.state import State
from thrum.daemon.store import Store
from thrum.daemon_identity import DaemonIdentity
from thrum.ids import Ids
from thrum.paths import Place

if TYPE_CHECKING:
    from thrum.daemon.rpc.pushed import Pushed
    from thrum.daemon.rpc.registry import Method
    from thrum.daemon.service.contract import Service
    from thrum.daemon.service.supervisor import Report, Supervisor
    from thrum.daemon.signing.signer import Signer

S = TypeVar("S", bound="Service")


class Setting(Struct, frozen=True):
    """What varies and is handed in: where, with which environment, by which clock and ids."""

    place: Place
    environment: Mapping[str, str]
    clock: Clock
    ids: Ids


class Node(Struct):
    """The parts of a daemon, composed by `thrum.daemon.main`.

    Attributes:
        setting: what varies.
        config: the settings; they change in place when the files do.
        identity: which daemon this is.
        store: events, and questions about them.
        state: local facts that no event carries.
        hub: tells of what became visible.
        callers: who calls, and where agents live.
        children: owns the child processes.
        inherited: the environment of the git program.
        scheduler: owns everything periodic.
        started_ns: when the daemon began.
        methods: everything that can be called, by name.
        pushes: everything that pages are told unasked.
        footing: the files that may go while it runs.
        signer: vouches for our events.
    """

    setting: Setting
    config: Config
    identity: DaemonIdentity
    store: Store
    state: State
    hub: Hub
    callers: Callers
    children: Children
    inherited: Inherited
    scheduler: Scheduler
    started_ns: int
    methods: Mapping[str, Method[Any, Any]] = field(default_factory=dict)
    pushes: Sequence[type[Pushed]] = ()
    footing: Footing = field(default_factory=lambda: FIRM)
    signer: Signer | None = None
    supervisor: Supervisor | None = None
    _services: dict[str, Service] = field(default_factory=dict)

    def compose(self, kinds: Sequence[type[Service]]) -> list[Service]:
        """Makes the services; nothing of them runs yet."""
        made = [kind(self) for kind in kinds]
        self._services = {each.name: each for each in made}
        return made

    def service(self, kind: type[S]) -> S:
        """The service of that class."""
        return cast("S", self._services[kind.name])

    def reports(self) -> list[Report]:
        """How it stands with each service."""
        return self.supervisor.report() if self.supervisor else []

    @property
    def place(self) -> Place:
        """Where the repository's files are."""
        return self.setting.place

    @property
    def ids(self) -> Ids:
        """The source of ids."""
        return self.setting.ids

    @property
    def now_ns(self) -> NowNs:
        """The wall clock."""
        return self.setting.clock.now_ns

    @property
    def resolver(self) -> Resolver:
        """Who a process is."""
        return self.callers.resolver

"""Every service of the daemon, in the order in which they begin; they stop in the opposite one.

This list is the only place that names them all. `CONTRIBUTING.md` says how to add one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from thrum import config
from thrum.config import Key
from thrum.daemon.backup.service import Backup
from thrum.daemon.claims.service import Claims
from thrum.daemon.clashes.service import Clashes
from thrum.daemon.delivery.service import Delivery
from thrum.daemon.loops.service import Loops
from thrum.daemon.monitors.service import Monitors
from thrum.daemon.now.service import Now
from thrum.daemon.nudges.service import Nudges
from thrum.daemon.peers.service import Peers
from thrum.daemon.people.service import People
from thrum.daemon.prompts.service import Prompts
from thrum.daemon.push.service import Push
from thrum.daemon.queue.service import Queue
from thrum.daemon.ready.service import Ready
from thrum.daemon.restart.service import Restart
from thrum.daemon.rpc import nouns
from thrum.daemon.rpc.pushed import Pushed
from thrum.daemon.rpc.shelves import Shelf, Shelves
from thrum.daemon.service.contract import Service
from thrum.daemon.settings import Settings
from thrum.daemon.signing.service import Signing
from thrum.daemon.sync.service import SyncService
from thrum.daemon.telegram.service import Telegram
from thrum.daemon.tmux.service import Tmux
from thrum.daemon.upkeep.service import Upkeep
from thrum.daemon.waiting.service import Waiting
from thrum.daemon.web.service import Web
from thrum.daemon.work.service import Work

if TYPE_CHECKING:
    from thrum.daemon.service.contract import Check
    from thrum.daemon.state import Schema

Kinds = Sequence[type[Service]]

SERVICES: Final[tuple[type[Service], ...]] = (
    Settings,
    Signing,
    People,
    Push,
    Waiting,
    Loops,
    Delivery,
    Restart,
    Now,
    Work,
    Claims,
    Clashes,
    Tmux,
    Nudges,
    Queue,
    Upkeep,
    Monitors,
    Prompts,
    SyncService,
    Backup,
    Peers,
    Telegram,
    Ready,
    Web,
)


def methods(services: Kinds = SERVICES) -> Shelves:
    """Everything that can be called: the nouns of the log, and what services answer."""
    own = (Shelf(each.name, each.nouns or (each.name,), each.methods) for each in services)
    return Shelves([*nouns.SHELVES, *own])


def pushes(services: Kinds = SERVICES) -> tuple[type[Pushed], ...]:
    """Everything that pages are told unasked.

    Raises:
        ValueError: two bear one name.
    """
    found = tuple(each for service in services for each in service.pushes)
    if len({each.name for each in found}) < len(found):
        raise ValueError("two pushes bear one name")
    return found


def keys(services: Kinds = SERVICES) -> dict[str, Key]:
    """Every configuration key.

    Raises:
        ValueError: two services have one key.
    """
    found = dict(config.KEYS)
    for service in services:
        for name, key in service.keys.items():
            if name in found:
                raise ValueError(f"the key {name} of the service {service.name} is taken")
            found[name] = key
    return found


def schemas(services: Kinds = SERVICES) -> tuple[Schema, ...]:
    """The tables that services have in ``state.db``."""
    return tuple(each.schema for each in services if each.schema is not None)


def checks(services: Kinds = SERVICES) -> Mapping[str, Check]:
    """What `thrum doctor` looks at on behalf of services."""
    return {name: check for each in services for name, check in each.checks().items()}


METHODS: Final = methods()
"""The table of a daemon as it is installed."""

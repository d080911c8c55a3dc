"""What a service is. `docs/architecture.md` says how they stand to each other; CONTRIBUTING.md how
to add one.

A service owns its configuration keys, methods, tables in ``state.db``, jobs, child processes,
listeners and checks. It may crash, hang, be slow or lack a program without taking anybody along:
`thrum.daemon.service.supervisor` begins it, begins it again after a crash, and stops it in time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import anyio

from thrum.config import Config, Key
from thrum.daemon.hub import News
from thrum.daemon.rpc.registry import Method

if TYPE_CHECKING:
    from thrum.daemon.node import Node
    from thrum.daemon.rpc.pushed import Pushed
    from thrum.daemon.state import Schema, Tables
    from thrum.doctor.finding import Finding, Patient

    Check = Callable[[Patient], Iterator[Finding]]


class Service:
    """The base of every service; what it leaves as it is here it does not have.

    Attributes:
        name: one word, also that of its folder.
        nouns: what stands before the point in the names of its methods, if it is not its own name.
        keys: its configuration keys, see `thrum.config.KEYS`.
        follows: keys that belong to nobody, and whose change it wants to be told of as well.
        hears: the classes of events and notices that `heard` is told of.
        pushes: what it has pages told unasked.
        schema: its tables in ``state.db``; their owner is called like the service.
        stop_s: seconds that `stop` may take.
        node: the parts of the daemon.
    """

    name: ClassVar[str]
    nouns: ClassVar[tuple[str, ...]] = ()
    keys: ClassVar[Mapping[str, Key]] = {}
    follows: ClassVar[frozenset[str]] = frozenset()
    hears: ClassVar[tuple[type, ...]] = ()
    pushes: ClassVar[Sequence[type[Pushed]]] = ()
    schema: ClassVar[Schema | None] = None
    stop_s: ClassVar[float] = 1.0

    def __init__(self, node: Node) -> None:
        self.node = node

    @property
    def tables(self) -> Tables:
        """Its tables in ``state.db``; where they cannot be used, this handle says why."""
        return self.node.state.of(self.name)

    @classmethod
    def methods(cls) -> Sequence[Method[Any, Any]]:
        """What it answers; each method says its own rights and transports.

        They stand in a module of their own, which asks for the service, so it is imported here; and
        not before one of its nouns is called.
        """
        return ()

    @classmethod
    def checks(cls) -> Mapping[str, Check]:
        """What `thrum doctor` looks at, by name; it runs in the process of that command."""
        return {}

    async def start(self) -> None:
        """Makes ready, before anybody is served and again after a crash.

        Here jobs are given to `node.scheduler` and children are begun, in the service's name: after
        a crash and at the end the supervisor takes them away.

        Raises:
            Exception: it cannot be made ready; it is tried again, with growing pauses.
        """

    async def run(self) -> None:
        """Goes on until it is cancelled.

        Returning means that nothing is left to be done.

        Raises:
            Exception: a crash; the service is begun again, with growing pauses.
        """
        await anyio.sleep_forever()

    def heard(self, news: Sequence[News]) -> None:
        """Told on the event loop of what `hears` names, once it is visible and before the answer
        to what caused it leaves; be quick."""

    def missed(self) -> None:
        """Told when some of what `hears` names may have been left out, because the event loop did
        not keep up; look for yourself what it was."""

    def changed(self, config: Config) -> None:
        """A key that it has or follows has another value. Any thread."""

    def health(self) -> str:
        """What is wrong, in one line; empty when it is well.

        What the supervisor sees by itself (a crash, jobs that fail or hang, slowness) need not be
        said.
        """
        return ""

    async def stop(self) -> None:
        """Gives back what it holds; `run` has ended by then, or was given up."""

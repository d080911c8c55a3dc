"""What a method is: its handler, its types, and its policy beside it.

Who may call it, where it is served and what it may touch stand in its declaration and are enforced
by `thrum.daemon.rpc.dispatch`; reference pages are printed from it. A method that is in no table
cannot be called, and one that is cannot be forgotten.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from enum import Enum, Flag, auto
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ClassVar,
    Final,
    Generic,
    Protocol,
    TypeVar,
    get_type_hints,
)

import msgspec
from msgspec import Struct

from thrum.daemon.callers import sentry
from thrum.daemon.callers.caller import Caller, State
from thrum.daemon.rpc.once import Once
from thrum.errors import ThrumError
from thrum.identity import guards, process
from thrum.suggest import did_you_mean

if TYPE_CHECKING:
    from thrum.daemon.callers.authenticators import Authenticator
    from thrum.daemon.node import Node
    from thrum.daemon.service.contract import Service
    from thrum.daemon.transaction import Transaction

P = TypeVar("P", bound="Params")
R = TypeVar("R", bound=msgspec.Struct | Sequence[msgspec.Struct])
T = TypeVar("T")
S = TypeVar("S", bound="Service")


class Transport(Flag):
    """Where a method is served."""

    UNIX = auto()
    WEBSOCKET = auto()
    PEER = auto()

    @property
    def spoken(self) -> str:
        """How it is called in a sentence."""
        return _SPOKEN[self]


_SPOKEN: Final = {
    Transport.UNIX: "the Unix socket",
    Transport.WEBSOCKET: "WebSocket",
    Transport.PEER: "the connection of a peer",
}


class Rights(Enum):
    """What a method touches, and so who may call it; the value is a sentence for people.

    Enforced for every call: one that reads emits no event; one that acts as the caller, or on
    what is somebody's, has a caller that is known; one that changes what is somebody's can write
    nothing before it was asked whose it is (`Call.grant`); one for those in charge is not even
    begun for others.
    """

    READS = "Changes nothing."
    CALLER = "Acts as the caller, on what is the caller's own."
    OWNER = "Changes what is somebody's: its owner may, people and coordinators."
    CHARGE = "For people and coordinators."
    CLONE = "Concerns this clone and no single agent."


class Connection(Protocol):
    """The other end of a call, as far as methods may use it."""

    on_close: list[Callable[[], None]]
    """Called when the client is gone."""

    @property
    def authenticator(self) -> Authenticator:
        """Who knows who is at its other end."""
        ...

    def push(self, line: bytes) -> None:
        """Queues a line for the client; a client that does not read is hung up on."""
        ...

    def abort(self) -> None:
        """Hangs up at once, so that the client knows that it missed something."""
        ...


class Call(Struct):
    """One request on its way.

    Attributes:
        caller: who calls, as the transport's authenticator says.
        node: the daemon's parts.
        connection: for pushes.
        rights: what the method declared.
        is_granted: whether the rights to what it changes have been looked at, and are there.
        unknown: keys of the params that the method does not know.
    """

    caller: Caller
    node: Node
    connection: Connection
    rights: Rights
    is_granted: bool = False
    unknown: tuple[str, ...] = ()

    @property
    def agent_id(self) -> str:
        """The calling agent.

        Raises:
            ThrumError: ``anonymous_caller``.
        """
        if not self.caller.agent_id:
            demand_agent(self.caller, self.node.place.shared)
            raise ThrumError(
                "anonymous_caller",
                "caller_agent_id is required: nothing says which agent you are",
                "register with `thrum quickstart`",
            )
        return self.caller.agent_id

    def service(self, kind: type[S]) -> S:
        """The daemon's service of that class."""
        return self.node.service(kind)

    def grant(self) -> None:
        """Notes that the caller may change what the call is about; `rights` and `home` ask."""
        self.is_granted = True

    async def transact(
        self,
        decide: Callable[[Transaction], T],
        once: Once[T] | None = None,
        *,
        early: bool = False,
    ) -> T:
        """Runs a decision of the method as `Store.transact` does, within what it declared.

        Args:
            decide: the decision.
            once: has it run only where the caller did nothing yet under a name.
            early: see `Store.transact`. The door has every later request wait that looks.

        Raises:
            ThrumError: as `Store.transact`; ``internal``, the method would do more than it
                declared, and nothing of it is written.
        """

        def within_rights(transaction: Transaction) -> T:
            if once is not None:
                before = once.before(transaction, self.agent_id)
                if before:
                    self.grant()  # it was asked for the first time, and nothing is changed now
                    return once.again(transaction, before)
                transaction.called = once.called(self.agent_id)
            result = decide(transaction)
            self._check(bool(transaction.lines))
            return result

        return await self.node.store.transact(within_rights, early=early)

    async def answered(self, once: Once[T]) -> T | None:
        """What was answered before, where the caller did it already under that name.

        Raises:
            ThrumError: as `Store.transact`; and whatever `once` raises.
        """
        me = self.agent_id

        def look(transaction: Transaction) -> T | None:
            before = once.before(transaction, me)
            return once.again(transaction, before) if before else None

        return await self.node.store.transact(look) if once.client_id else None

    def _check(self, emits: bool) -> None:
        if self.rights is Rights.READS and emits:
            raise ThrumError("internal", "a method that only reads would have written an event")
        if self.rights is Rights.OWNER and not self.is_granted:
            raise ThrumError("internal", "nobody asked whose it is that would have been changed")


ClientId = Annotated[str, msgspec.Meta(max_length=64)]
"""What a client calls what it asks for, so that it may ask again and has it done once."""


class Params(msgspec.Struct, kw_only=True):
    """What every method takes: who the caller says it is."""

    needs: ClassVar[tuple[str, ...]] = ()
    """Those that must be there, and not empty."""

    caller_agent_id: str = ""


def check_needed(params: Params, raw: bytes) -> None:
    """Refuses params without what the method needs.

    Args:
        params: as they were understood.
        raw: the JSON that they came as, which tells what is empty from what is absent.

    Raises:
        ThrumError: ``invalid_params``, naming the first that is absent or empty.
    """
    for name in params.needs:
        if not getattr(params, name):
            said = msgspec.json.decode(raw, type=dict[str, Any] | None) or {}
            fault = "is required" if said.get(name) is None else "is empty"
            raise ThrumError("invalid_params", f"{name} {fault}")


LARGEST: Final = 2**31 - 1
"""The largest number of rows, pages or a row that is asked for; SQLite takes only 64 bits."""

Limit = Annotated[int, msgspec.Meta(ge=0, le=LARGEST)]
"""How many rows at most; 0 for all."""


class Method(Struct, Generic[P, R], frozen=True):
    """One row of the table. It is called as its handler is.

    Attributes:
        rights: what it touches.
        anonymous: whether somebody who is no registered agent may call it.
        strangers: whether even somebody may of whom nothing is known, as on a WebSocket that is
            bound to nobody. It asks for itself who that is.
        transports: where it is served.
        speaks_for: the params that say on whose behalf it is called, besides `caller_agent_id`:
            where several agents live in one worktree, they tell which of them calls.
        about: what it does, as the subject of the refusal of those who are not in charge.
        looks: the param with which it only looks, and so is a method that reads, for that call.
        long_poll: whether it may take minutes.
        exact: whether params that it does not know are refused: what they should have limited
            cannot be taken back.
        decides: whether its decision alone asks for anything that mail changes, so that it begins
            before readers see what was acknowledged a moment ago.
        summary: what it does, for the reference page.
        errors: the kinds it refuses with, besides those that every method has.
    """

    name: str
    handler: Callable[[Call, P], Awaitable[R]]
    params: type[P]
    result: type[R]
    rights: Rights
    anonymous: bool
    strangers: bool
    transports: Transport
    speaks_for: tuple[str, ...]
    about: str
    looks: str
    long_poll: bool
    exact: bool
    decides: bool
    summary: str
    errors: tuple[str, ...]

    def rights_for(self, params: Params) -> Rights:
        """What a call with these params touches."""
        only_looks = bool(self.looks) and bool(getattr(params, self.looks))
        return Rights.READS if only_looks else self.rights

    @property
    def demands_agent(self) -> bool:
        """Whether it acts as its caller or on what is somebody's, so that somebody must call."""
        acts = self.rights is Rights.CALLER or self.rights is Rights.OWNER
        return acts and not self.anonymous

    def __call__(self, call: Call, params: P) -> Awaitable[R]:
        """Runs the handler, as part of another method that was let through."""
        return self.handler(call, params)


Table = Mapping[str, Method[Any, Any]]
"""Methods by name."""


def table(*rows: Iterable[Method[Any, Any]]) -> dict[str, Method[Any, Any]]:
    """The table of these methods.

    Raises:
        ValueError: two bear one name.
    """
    made: dict[str, Method[Any, Any]] = {}
    for row in rows:
        for each in row:
            if made.setdefault(each.name, each) is not each:
                raise ValueError(f"two methods bear the name {each.name}")
    return made


def declared_in(*modules: object) -> list[Method[Any, Any]]:
    """The methods that stand in modules, each of which is a noun's."""
    return [
        each
        for module in modules
        for each in vars(module).values()
        if isinstance(each, Method) and each.handler.__module__ == getattr(module, "__name__", "")
    ]


COMMON_ERRORS: Final = (
    "invalid_params",
    "anonymous_caller",
    "identity_mismatch",
    "moved",
    "wrong_transport",
    "timed_out",
    "busy",
    "storage",
    "internal",
)
"""The kinds that any method may refuse with."""

EVERYWHERE: Final = Transport.UNIX | Transport.WEBSOCKET


def method(
    name: str,
    *,
    rights: Rights,
    anonymous: bool = False,
    strangers: bool = False,
    transports: Transport = Transport.UNIX,
    speaks_for: tuple[str, ...] = (),
    about: str = "",
    looks: str = "",
    long_poll: bool = False,
    exact: bool = False,
    decides: bool = False,
    errors: tuple[str, ...] = (),
) -> Callable[[Callable[[Call, P], Awaitable[R]]], Method[P, R]]:
    """Makes a method of a handler; its annotations say what it takes and gives.

    It is on the Unix socket alone unless it names more.
    """

    def declare(handler: Callable[[Call, P], Awaitable[R]]) -> Method[P, R]:
        hints = get_type_hints(handler)
        return Method(
            name=name,
            handler=handler,
            params=hints["params"],
            result=hints["return"],
            rights=rights,
            anonymous=anonymous,
            strangers=strangers,
            transports=transports,
            speaks_for=speaks_for,
            about=about,
            looks=looks,
            long_poll=long_poll,
            exact=exact,
            decides=decides,
            summary=" ".join((handler.__doc__ or "").split("\n\n")[0].split()),
            errors=errors,
        )

    return declare


def lookup(table: Table, name: str) -> Method[Any, Any]:
    """The method of that name.

    Raises:
        ThrumError: ``method_not_found``.
    """
    found = table.get(name)
    if found is None:
        raise ThrumError("method_not_found", f"Method not found: method '{name}' is not registered")
    return found


def unknown_params(found: Method[Any, Any], names: Iterable[str]) -> tuple[str, ...]:
    """What is said of params that the method does not know, with the nearest that it does.

    Raises:
        ThrumError: ``invalid_params``, the method takes nothing but what it knows.
    """
    known = found.params.__struct_fields__
    said = tuple(
        f"{found.name} takes no {name!r}" + (f"; {meant}" if meant else "")
        for name in names
        for meant in [did_you_mean(name, known)]
    )
    if said and found.exact:
        raise ThrumError("invalid_params", said[0], f"it takes {', '.join(known)}")
    return said


def check_transport(found: Method[Any, Any], transport: Transport) -> None:
    """Refuses a method that is not served where it was called.

    Raises:
        ThrumError: ``wrong_transport``.
    """
    if transport not in found.transports:
        served = " and ".join(each.spoken for each in Transport if each in found.transports)
        raise ThrumError("wrong_transport", f"{found.name} is served over {served} only")


def admit(found: Method[Any, Any], caller: Caller, transport: Transport, thrum_dir: Path) -> None:
    """Lets the caller through or not.

    Args:
        found: what is called.
        caller: who calls, with the claim taken into account.
        transport: how; strangers may call only where the method is served.
        thrum_dir: whose guard modes count.

    Raises:
        GuardError: ``anonymous_caller``.
        ThrumError: ``anonymous_caller``, a stranger.
    """
    if caller.state is State.STRANGER:
        demand_acquaintance(found)
    elif found.anonymous:
        return
    elif transport is Transport.PEER:
        demand_peer(caller)
    elif not (found.strangers and transport in found.transports):
        demand_agent(caller, thrum_dir)


def demand_acquaintance(found: Method[Any, Any]) -> None:
    """Refuses what strangers may not call.

    Raises:
        ThrumError: ``anonymous_caller``.
    """
    if not found.strangers:
        text = "this connection is nobody's: it came without a login"
        raise ThrumError("anonymous_caller", text, "open the page by `thrum ui`")


def demand_peer(caller: Caller) -> None:
    """Refuses who came as a peer and showed no token of one.

    Raises:
        ThrumError: ``anonymous_caller``.
    """
    if not caller.peer:
        raise ThrumError("anonymous_caller", "this connection is no peer's", "pair it first")


def demand_agent(caller: Caller, thrum_dir: Path) -> None:
    """Refuses a caller that is no agent; where the system is silent, as the guard's mode says.

    Raises:
        GuardError: ``anonymous_caller``.
        ThrumError: ``moved``, its agent lives in another clone now.
    """
    if caller.agent_id:
        return
    if caller.departure:
        raise caller.departure.refusal()
    anonymous = caller.state is State.ANONYMOUS
    where = process.cwd(caller.pid) if caller.pid > 0 else None
    fire = guards.unauthenticated("", "", anonymous=anonymous, pid=caller.pid, cwd=str(where or ""))
    sentry.ask(thrum_dir, fire)

"""The one table of methods: handler, types, and policy beside it.

Reference pages and the check of a caller's rights are made from this table, so a method that is not
in it cannot be called and one that is cannot be forgotten.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum, Flag, auto
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Protocol, TypeVar, get_type_hints

import msgspec

from thrum.daemon.callers import sentry
from thrum.daemon.callers.caller import Caller, State
from thrum.errors import ThrumError
from thrum.identity import guards, process

if TYPE_CHECKING:
    from thrum.daemon.services import Services

P = TypeVar("P", bound="Params")
R = TypeVar("R", bound=msgspec.Struct)


class Transport(Flag):
    """Where a method is served."""

    UNIX = auto()
    WEBSOCKET = auto()

    @property
    def spoken(self) -> str:
        """How it is called in a sentence."""
        return "the Unix socket" if self is Transport.UNIX else "WebSocket"


class Rights(Enum):
    """What a method touches, and so who may call it; the value is a sentence for people."""

    READS = "Changes nothing."
    CALLER = "Acts as the caller, on what is the caller's own."
    OWNER = "Changes what is somebody's: its owner may, and people."
    CHARGE = "For people and coordinators."
    CLONE = "Concerns this clone and no single agent."


class Connection(Protocol):
    """The other end of a call, as far as methods may use it."""

    on_close: list[Callable[[], None]]
    """Called when the client is gone."""

    def push(self, line: bytes) -> None:
        """Queues a line for the client; a client that does not read is hung up on."""
        ...


@dataclass(slots=True)
class Call:
    """One request on its way.

    Attributes:
        caller: who calls, as the kernel says.
        services: the daemon's parts.
        connection: for pushes.
    """

    caller: Caller
    services: Services
    connection: Connection

    @property
    def agent_id(self) -> str:
        """The calling agent.

        Raises:
            ThrumError: ``anonymous_caller``.
        """
        if not self.caller.agent_id:
            demand_agent(self.caller, self.services.place.shared)
            raise ThrumError(
                "anonymous_caller",
                "caller_agent_id is required: nothing says which agent you are",
                "register with `thrum quickstart`",
            )
        return self.caller.agent_id


class Params(msgspec.Struct, kw_only=True):
    """What every method takes: who the caller says it is."""

    needs: ClassVar[tuple[str, ...]] = ()
    """Those that must be there, and not empty."""

    caller_agent_id: str = ""


def check_needed(params: Params) -> None:
    """Refuses params without what the method needs.

    Raises:
        ThrumError: ``invalid_params``, naming the first that is absent or empty.
    """
    for name in params.needs:
        if not getattr(params, name):
            raise ThrumError("invalid_params", f"{name} is required")


LARGEST: Final = 2**31 - 1
"""The largest number of rows, pages or a row that is asked for; SQLite takes only 64 bits."""

Limit = Annotated[int, msgspec.Meta(ge=0, le=LARGEST)]
"""How many rows at most; 0 for all."""

Handler = Callable[[Call, Any], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Method:
    """One row of the table.

    Attributes:
        rights: what it touches; every method served here says it.
        anonymous: whether somebody who is no registered agent may call it.
        transports: where it is served.
        long_poll: whether it may take minutes.
        summary: what it does, for the reference page.
        errors: the kinds it refuses with, besides those that every method has.
    """

    name: str
    handler: Handler
    params: type[Params]
    result: type[msgspec.Struct]
    rights: Rights | None
    anonymous: bool
    transports: Transport
    long_poll: bool
    summary: str
    errors: tuple[str, ...]


METHODS: Final[dict[str, Method]] = {}
"""Every method by name."""

COMMON_ERRORS: Final = (
    "invalid_params",
    "anonymous_caller",
    "identity_mismatch",
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
    rights: Rights | None = None,
    anonymous: bool = False,
    transports: Transport = EVERYWHERE,
    long_poll: bool = False,
    errors: tuple[str, ...] = (),
) -> Callable[[Callable[[Call, P], Awaitable[R]]], Callable[[Call, P], Awaitable[R]]]:
    """Puts a handler into the table; its annotations say what it takes and gives."""

    def register(handler: Callable[[Call, P], Awaitable[R]]) -> Callable[[Call, P], Awaitable[R]]:
        hints = get_type_hints(handler)
        summary = " ".join((handler.__doc__ or "").split("\n\n")[0].split())
        METHODS[name] = Method(
            name,
            handler,
            hints["params"],
            hints["return"],
            rights,
            anonymous,
            transports,
            long_poll,
            summary,
            errors,
        )
        return handler

    return register


def lookup(table: Mapping[str, Method], name: str) -> Method:
    """The method of that name.

    Raises:
        ThrumError: ``method_not_found``.
    """
    found = table.get(name)
    if found is None:
        raise ThrumError("method_not_found", f"Method not found: method '{name}' is not registered")
    return found


def check_transport(found: Method, transport: Transport) -> None:
    """Refuses a method that is not served where it was called.

    Raises:
        ThrumError: ``wrong_transport``.
    """
    if transport not in found.transports:
        served = " and ".join(each.spoken for each in Transport if each in found.transports)
        raise ThrumError("wrong_transport", f"{found.name} is served over {served} only")


def admit(found: Method, caller: Caller, thrum_dir: Path) -> None:
    """Lets the caller through or not.

    Args:
        found: what is called.
        caller: who calls, with the claim taken into account.
        thrum_dir: whose guard modes count.

    Raises:
        GuardError: ``anonymous_caller``.
    """
    if not found.anonymous:
        demand_agent(caller, thrum_dir)


def demand_agent(caller: Caller, thrum_dir: Path) -> None:
    """Refuses a caller that is no agent; where the system is silent, as the guard's mode says.

    Raises:
        GuardError: ``anonymous_caller``.
    """
    if caller.agent_id:
        return
    anonymous = caller.state is State.ANONYMOUS
    where = process.cwd(caller.pid) if caller.pid > 0 else None
    fire = guards.unauthenticated("", "", anonymous=anonymous, pid=caller.pid, cwd=str(where or ""))
    sentry.ask(thrum_dir, fire)

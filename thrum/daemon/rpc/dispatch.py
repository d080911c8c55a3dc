"""The one door: every request of every transport comes in here and leaves as an answer.

The steps, in their order: parse, look up, who calls, guards, transport, params, the claim, rights,
deadline, handler, encode. A transport moves bytes, bounds them, and names its authenticator; it
decides nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol

import anyio
from msgspec import Struct, field

from thrum.daemon.callers.caller import Caller, State
from thrum.daemon.eventloop import EqualDeadlines
from thrum.daemon.rpc import protocol, rights
from thrum.daemon.rpc.registry import (
    Call,
    Connection,
    Method,
    Params,
    Rights,
    Table,
    Transport,
    admit,
    check_needed,
    check_transport,
    lookup,
    unknown_params,
)
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from thrum.daemon.node import Node

logger = logging.getLogger("thrum.rpc")

LOOK_S: Final = 1.0
"""How often it is looked whether the client of a long wait is still there."""


class Deadlines(Struct, frozen=True):
    """Seconds that a method may take, and one that waits for something to happen."""

    handler: float = 10.0
    long_poll: float = 360.0


class Line(Connection, Protocol):
    """A connection as the door sees it."""

    @property
    def transport(self) -> Transport:
        """Which one it is of."""
        ...

    def is_gone(self) -> bool:
        """Whether nobody is there any more to read an answer."""
        ...


class Dispatch(Struct, frozen=True):
    """Answers requests with the methods of a table.

    Attributes:
        node: the daemon's parts.
        methods: the table.
        deadlines: how long what may take.
    """

    node: Node
    methods: Table
    deadlines: Deadlines = Deadlines()
    _rows: dict[float, EqualDeadlines] = field(default_factory=dict)

    async def answer(self, request: bytes, line: Line) -> bytes:
        """The answer to one request; whatever goes wrong is an answer, too.

        Args:
            request: the text of the request, a newline at its end or not.
            line: where it came from.
        """
        try:
            read = protocol.read(request)
        except protocol.Malformed as error:
            return protocol.failure(error.id, error)
        try:
            result, warnings = await self._call(read, line)
            return protocol.result(read.id, result, warnings)
        except ThrumError as error:
            return protocol.failure(read.id, error)
        except Exception:
            # A defect of ours must not end the connection, and its traceback is not the client's.
            logger.exception("%s failed", read.method)
            text = f"{read.method} failed inside the daemon"
            return protocol.failure(read.id, ThrumError("internal", text, "see its log"))

    async def _call(self, request: protocol.Request, line: Line) -> tuple[object, tuple[str, ...]]:
        """The result, and what is said of params that nobody knows."""
        found = lookup(self.methods, request.method)
        known = await line.authenticator.look()
        caller, params = self._admitted(found, request, line, known)
        unknown = protocol.unknown_keys(request.params, found.params)
        call = Call(caller, self.node, line, found.rights_for(params), unknown=unknown)
        self._check_rights(found, call)
        warnings = unknown_params(found, unknown)
        result = await self._within_time(found, found.handler(call, params), line)
        if call.rights is Rights.OWNER and not call.is_granted:
            raise RuntimeError(f"{found.name} did not ask whose it is that it changes")
        return result, warnings

    def _admitted(
        self, found: Method[Any, Any], request: protocol.Request, line: Line, known: object
    ) -> tuple[Caller, Params]:
        """Who calls, and with which params; refused are all who may not.

        Raises:
            ThrumError: ``anonymous_caller``, ``identity_mismatch``, ``wrong_transport``,
                ``invalid_params``.
        """
        thrum_dir = self.node.place.shared
        caller = line.authenticator.judge(known, "", ())
        if caller.state in {State.ANONYMOUS, State.STRANGER}:
            # Before the params are read: a stranger learns nothing of what they should be.
            admit(found, caller, line.transport, thrum_dir)
        check_transport(found, line.transport)
        params: Params = protocol.params_as(request.params, found.params)
        claim = params.caller_agent_id
        implied = _implied(found, params) if found.speaks_for else ()
        if claim != caller.agent_id and (claim or implied):
            caller = line.authenticator.judge(known, claim, implied)
        admit(found, caller, line.transport, thrum_dir)
        check_needed(params, request.params)
        return caller, params

    def _check_rights(self, found: Method[Any, Any], call: Call) -> None:
        """Refuses before the handler begins what the declaration alone refuses.

        Raises:
            ThrumError: ``anonymous_caller``, ``not_allowed``.
        """
        if found.demands_agent:
            _ = call.agent_id
        if call.rights is Rights.CHARGE:
            rights.demand_charge(call, self.node.store.reader(), found.about)

    async def _within_time(
        self, found: Method[Any, Any], work: Awaitable[object], line: Line
    ) -> object:
        limit = self.deadlines.long_poll if found.long_poll else self.deadlines.handler
        try:
            with self._row(limit).begin() as time:
                if not found.decides and self.node.store.is_behind:
                    await self.node.store.seen()
                return await (_while_there(work, line) if found.long_poll else work)
        except TimeoutError:
            if not time.expired():
                raise
            raise _late(found, limit) from None

    def _row(self, limit: float) -> EqualDeadlines:
        row = self._rows.get(limit)
        if row is None:
            row = self._rows[limit] = EqualDeadlines(limit)
        return row


def _implied(found: Method[Any, Any], params: Params) -> Sequence[str]:
    """The agents for whom the request may come, as params besides the claim name them."""
    return [name for each in found.speaks_for if (name := str(getattr(params, each) or ""))]


def _late(found: Method[Any, Any], limit: float) -> ThrumError:
    """The refusal of a request that took too long.

    What a writer has begun it ends, however late; nothing tells here whether it had.
    """
    text = f"{found.name} did not end within {limit:g} s"
    if found.rights is Rights.READS:
        return ThrumError("timed_out", text)
    return ThrumError(
        "timed_out",
        f"{text}, and may be carried out all the same",
        "ask again with the same idempotency_key, or look before you ask again",
        {"may_be_done": True},
    )


async def _while_there(work: Awaitable[object], line: Line) -> object:
    """Lets a long wait go on only as long as somebody is there to hear of its end.

    Raises:
        ThrumError: ``shutting_down``, the client is gone.
        Exception: whatever the work raises.
    """
    result: object = None
    failure: Exception | None = None
    is_gone = False
    async with anyio.create_task_group() as tasks:

        async def watch() -> None:
            nonlocal is_gone
            while not is_gone:
                await anyio.sleep(LOOK_S)
                is_gone = line.is_gone()
            tasks.cancel_scope.cancel()

        tasks.start_soon(watch)
        try:
            result = await work
        except Exception as error:  # noqa: BLE001 -- raised below, outside of the group
            failure = error
        tasks.cancel_scope.cancel()
    if is_gone:
        raise ThrumError("shutting_down", "the client is gone")
    if failure is not None:
        raise failure
    return result

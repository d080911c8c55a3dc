"""``events.since``; ``subscribe``, ``unsubscribe``, ``subscriptions.list``: pushes on a connection.

A connection that subscribed gets ``notification.message`` for each message and edit that one of its
subscriptions matches, wherever it was written. ``all`` means everything that reaches the agent; for
a user, who watches over the whole repository, it means everything.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import msgspec

from thrum.daemon.projection.queries.sessions import open_session
from thrum.daemon.push import cursor, mail
from thrum.daemon.push.pushing import Pushing
from thrum.daemon.push.retelling import Retold, retold
from thrum.daemon.push.service import Push
from thrum.daemon.push.wishes import Wish
from thrum.daemon.rpc.own_session import demand_session
from thrum.daemon.rpc.registry import EVERYWHERE, LARGEST, Call, Connection, Params, Rights, method
from thrum.daemon.signing.service import Signing
from thrum.errors import ThrumError
from thrum.events import Pair
from thrum.names import bare

MOST = 1000
"""Events that one answer goes over; fewer where they are long."""


class SubscribeParams(Params):
    """What to be told of: a scope, mentions of a role or agent, or all."""

    scope: Pair | None = None
    mention_role: str = ""
    mention: str = ""
    filter_type: str = ""
    all: bool = False


class Subscribed(msgspec.Struct):
    """The new subscription."""

    subscription_id: int
    session_id: str
    created_at: str


class UnsubscribeParams(Params):
    """Which subscription; a number, or its digits as text."""

    needs: ClassVar = ("subscription_id",)
    subscription_id: int | str = 0


class Unsubscribed(msgspec.Struct):
    """Whether there was one."""

    removed: bool


class Subscription(msgspec.Struct, omit_defaults=True):
    """One subscription of the caller's session."""

    id: int
    subscription_id: int
    filter_type: str
    created_at: str
    scope_type: str = ""
    scope_value: str = ""
    mention_role: str = ""
    scope: Pair | None = None
    mention: str = ""
    all: bool = False


class Subscriptions(msgspec.Struct):
    """The caller's subscriptions."""

    subscriptions: list[Subscription]


class SinceParams(Params):
    """From where on, as a push or an answer said it; without `cursor` only where we are is told."""

    cursor: str = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST)] = MOST


class Told(msgspec.Struct):
    """One push, as the connection of a page gets it."""

    method: str
    params: dict[str, Any]


class Since(msgspec.Struct):
    """The pushes, in the order in which it became visible here, and where to go on from.

    `more` says that there are further ones after `cursor`. The last ones of all are of how things
    are by now of which no event tells, such as `notification.now`.
    """

    pushes: list[Told]
    cursor: str
    more: bool


@method("events.since", rights=Rights.READS, errors=("stale_cursor",), transports=EVERYWHERE)
async def since(call: Call, params: SinceParams) -> Since:
    """Tells what became visible after a cursor, in order, each once, as pushes tell it.

    A cursor is good over restarts. One of a database that was built anew since, or from before a
    purge, is refused with ``stale_cursor``.
    """
    me = call.agent_id
    if not params.cursor:
        return Since([], str(await call.node.store.ask(cursor.present)), False)

    def ask(db: sqlite3.Connection) -> Retold:
        after = cursor.read(db, params.cursor)
        found = retold(db, after.number, params.limit, me)
        if found.cursor.epoch != after.epoch:
            raise cursor.stale()
        return found

    found = await call.node.store.ask(ask)
    await call.service(Signing).mark(mail.rows(found.pushes))
    here = str(found.cursor)
    if not found.more:
        for each in await call.service(Push).feeds.current():
            each.cursor, each.sequence = here, found.cursor.number
            found.pushes.append(each)
    told = [Told(each.name, msgspec.to_builtins(each)) for each in found.pushes]
    return Since(told, here, found.more)


@method("subscribe", rights=Rights.CALLER, errors=("no_session", "conflict"), transports=EVERYWHERE)
async def subscribe(call: Call, params: SubscribeParams) -> Subscribed:
    """Asks for pushes on this connection.

    What the session asked for on a connection that is gone goes on here under its old number.
    """
    mention = bare(params.mention_role or params.mention)
    everything = params.all or params.filter_type == "all"
    scope = None if everything else params.scope
    mention = "" if everything else mention
    if not (everything or scope or mention):
        raise ThrumError("invalid_params", "a scope, a mention_role or all is required")
    push, session_id = call.service(Push), session_of(call)
    wish, is_new = await push.ask_for(session_id, scope, mention)
    if not is_new and _listens(call.connection, session_id):
        raise ThrumError("conflict", "there is such a subscription already")
    _listen(call, session_id)
    return Subscribed(wish.id, session_id, wish.created_at)


@method("unsubscribe", rights=Rights.CALLER, errors=("no_session",), transports=EVERYWHERE)
async def unsubscribe(call: Call, params: UnsubscribeParams) -> Unsubscribed:
    """Ends a subscription of the caller's session."""
    try:
        number = int(params.subscription_id)
    except ValueError:
        number = 0
    if not 0 < number <= LARGEST:
        raise ThrumError("invalid_params", "subscription_id is no subscription's number")
    push, session_id = call.service(Push), session_of(call)
    removed = await push.remove(session_id, number)
    if not push.wishes_of(session_id):
        _leave(call.connection, session_id)
    return Unsubscribed(removed)


@method("subscriptions.list", rights=Rights.READS, transports=EVERYWHERE)
async def list_subscriptions(call: Call, params: Params) -> Subscriptions:
    """Lists the subscriptions of the caller's session; without one there are none."""
    session = open_session(call.node.store.reader(), call.agent_id)
    found = call.service(Push).wishes_of(session.session_id) if session else ()
    return Subscriptions([_shown(each) for each in found])


def session_of(call: Call) -> str:
    """The caller's open session.

    Raises:
        ThrumError: ``no_session``.
    """
    return demand_session(call.node.store.reader(), call.agent_id)


def _shown(wish: Wish) -> Subscription:
    return Subscription(
        id=wish.id,
        subscription_id=wish.id,
        filter_type="scope" if wish.scope else "mention" if wish.mention else "all",
        created_at=wish.created_at,
        scope_type=wish.scope.type if wish.scope else "",
        scope_value=wish.scope.value if wish.scope else "",
        mention_role=wish.mention,
        scope=wish.scope,
        mention=wish.mention,
        all=not wish.scope and not wish.mention,
    )


def _listen(call: Call, session_id: str) -> None:
    """One listener for each connection and session, until the client hangs up."""
    if _listens(call.connection, session_id):
        return
    pushing, push = Pushing(session_id, call.agent_id, call.connection), call.service(Push)
    push.join(pushing)
    call.connection.on_close.append(_Leave(push, pushing))


def _listens(connection: Connection, session_id: str) -> bool:
    """Whether the session's pushes go to the connection already."""
    return any(_is_of(each, session_id) for each in connection.on_close)


def _leave(connection: Connection, session_id: str) -> None:
    """Ends the session's pushes to the connection, which nothing is due on any more."""
    for each in [each for each in connection.on_close if _is_of(each, session_id)]:
        connection.on_close.remove(each)
        each()


def _is_of(at_close: Callable[[], None], session_id: str) -> bool:
    return isinstance(at_close, _Leave) and at_close.pushing.session_id == session_id


@dataclass(frozen=True, slots=True)
class _Leave:
    """Ends the pushes of a connection that is gone."""

    push: Push
    pushing: Pushing

    def __call__(self) -> None:
        self.push.leave(self.pushing)

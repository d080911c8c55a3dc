"""``user.*``: the person at this machine, as git knows them, and as others come to know them."""

from __future__ import annotations

import msgspec
from anyio import to_thread

from thrum import events, names
from thrum.daemon.callers.authenticators import BoundUser
from thrum.daemon.callers.person import git_user
from thrum.daemon.people.service import People
from thrum.daemon.projection.queries import agents as agent_queries
from thrum.daemon.projection.queries.agents import Agent
from thrum.daemon.rpc.registry import EVERYWHERE, Call, Params, Rights, method
from thrum.daemon.store import Transaction
from thrum.errors import ThrumError

LONGEST_DISPLAY = 200


class Person(msgspec.Struct):
    """A person's name as an id, their address, and their name as they write it."""

    username: str
    email: str
    display: str


class RegisterParams(Params):
    """The name as `user.identify` says it, and as the person writes it.

    `token` is that of another connection of the same person. On the Unix socket the name may be
    left out: it is git's then.
    """

    username: str = ""
    display: str = ""
    token: str = ""


class Registered(msgspec.Struct, omit_defaults=True):
    """The person's id, and whether it is new (``registered``) or ``existing``.

    Another connection that shows the `token` is the same person's.
    """

    user_id: str
    username: str
    token: str
    status: str
    display_name: str = ""


@method(
    "user.identify",
    rights=Rights.READS,
    anonymous=True,
    errors=("not_found",),
    transports=EVERYWHERE,
)
async def identify(call: Call, params: Params) -> Person:
    """Names the person by git's user.name and user.email."""
    name, email = await to_thread.run_sync(git_user, str(call.node.place.repository))
    if not name:
        raise ThrumError(
            "not_found",
            "git config user.name is not set",
            'run `git config user.name "Your Name"`',
        )
    return Person(names.username(name), email, name)


@method(
    "user.register",
    rights=Rights.CLONE,
    anonymous=True,
    strangers=True,
    errors=("not_allowed", "not_found"),
    transports=EVERYWHERE,
)
async def register(call: Call, params: RegisterParams) -> Registered:
    """Makes a person known as ``user:<username>``. Doing it again writes nothing.

    A WebSocket is theirs by the login that it came with, or by `token`. On the Unix socket the
    account is theirs from now on: whoever calls from a terminal of it, and is no agent.
    """
    from thrum.daemon.web import binding

    if not isinstance(call.connection.authenticator, BoundUser):
        return await _register_account(call, params)
    bound = binding.bind(call, params.username, params.token)
    found = await enrol(call, bound.user_id.removeprefix("user:"), params.display)
    found.token = bound.token
    return found


async def _register_account(call: Call, params: RegisterParams) -> Registered:
    """Binds the account to a person.

    Raises:
        ThrumError: ``not_allowed``, this is an agent; ``anonymous_caller``, this is nobody's
            terminal; ``not_found``, git says no name.
    """
    if call.caller.rule == "pid" or not call.node.resolver.is_attended(call.caller.pid):
        raise ThrumError(
            "not_allowed" if call.caller.agent_id else "anonymous_caller",
            "people register from a terminal of theirs, and this is none or an agent's",
            "run `thrum user register` in your own terminal",
        )
    username, display = params.username, params.display
    if not username:
        known: Person = await identify(call, params)
        username, display = known.username, display or known.display
    found = await enrol(call, username, display)
    await call.service(People).bind(found.user_id)
    return found


class Persons(msgspec.Struct):
    """The people, by id; `me` is the one whose account this is, empty if none registered."""

    users: list[Agent]
    me: str


@method("user.list", rights=Rights.READS, anonymous=True, transports=EVERYWHERE)
async def list_users(call: Call, params: Params) -> Persons:
    """Lists the people that registered, in whatever clone."""
    people = agent_queries.people(call.node.store.reader())
    return Persons(people, call.node.resolver.person)


async def enrol(call: Call, username: str, display: str) -> Registered:
    """Writes a person down, unless they are known.

    Raises:
        ThrumError: ``invalid_params``, that is no name of a person.
    """
    _check(username, display)
    user_id = f"user:{username}"

    def decide(transaction: Transaction) -> Registered:
        known = agent_queries.agent(transaction.db, user_id)
        if known is None:
            transaction.emit(
                events.AgentRegister(
                    agent_id=user_id,
                    kind="user",
                    role=username,
                    module="ui",
                    display=display,
                )
            )
        status = "registered" if known is None else "existing"
        shown = display or (known.display if known else "")
        return Registered(user_id, username, "", status, shown)

    return await call.transact(decide)


def _check(username: str, display: str) -> None:
    """Refuses what cannot be a person's name.

    Raises:
        ThrumError: ``invalid_params``.
    """
    if not names.is_username(username):
        raise ThrumError(
            "invalid_params",
            f"the username {username!r} is not 1 to 32 letters, digits, '_' or '-'",
            "see what `user.identify` makes of the name",
        )
    if len(display) > LONGEST_DISPLAY:
        raise ThrumError(
            "invalid_params", f"the display name is longer than {LONGEST_DISPLAY} characters"
        )

"""``user.*``: the person at this machine, as git knows them, and as others come to know them."""

from __future__ import annotations

import msgspec
from anyio import to_thread

from thrum import events, names
from thrum.daemon.callers.person import git_user
from thrum.daemon.projection.queries import agents as agent_queries
from thrum.daemon.rpc.registry import EVERYWHERE, Call, Params, Rights, Transport, method
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

    `token` is that of another connection of the same person.
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
    strangers=True,
    errors=("not_allowed",),
    transports=Transport.WEBSOCKET,
)
async def register(call: Call, params: RegisterParams) -> Registered:
    """Makes a person known as ``user:<username>``. Doing it again writes nothing.

    The connection is theirs by the login that it came with, or by `token`.
    """
    from thrum.daemon.web import binding

    bound = binding.bind(call, params.username, params.token)
    found = await enrol(call, bound.user_id.removeprefix("user:"), params.display)
    found.token = bound.token
    return found


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

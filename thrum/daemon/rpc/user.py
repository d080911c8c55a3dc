"""``user.*``: the person at this machine, as git knows them, and as others come to know them."""

from __future__ import annotations

from typing import ClassVar

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
    """The name as `user.identify` says it, and as the person writes it."""

    needs: ClassVar = ("username",)
    username: str = ""
    display: str = ""


class Registered(msgspec.Struct, omit_defaults=True):
    """The person's id, and whether it is new (``registered``) or ``existing``.

    `token` names this registration. Nothing is allowed for it.
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


@method("user.register", rights=Rights.CLONE, transports=Transport.WEBSOCKET)
async def register(call: Call, params: RegisterParams) -> Registered:
    """Makes a person known as ``user:<username>``. Doing it again writes nothing."""
    _check(params)
    user_id = f"user:{params.username}"
    token = call.node.ids.make("tok")

    def decide(transaction: Transaction) -> Registered:
        known = agent_queries.agent(transaction.db, user_id)
        if known is None:
            transaction.emit(
                events.AgentRegister(
                    agent_id=user_id,
                    kind="user",
                    role=params.username,
                    module="ui",
                    display=params.display,
                )
            )
        status = "registered" if known is None else "existing"
        display = params.display or (known.display if known else "")
        return Registered(user_id, params.username, token, status, display)

    return await call.transact(decide)


def _check(params: RegisterParams) -> None:
    """Refuses what cannot be a person's name.

    Raises:
        ThrumError: ``invalid_params``.
    """
    if not names.is_username(params.username):
        raise ThrumError(
            "invalid_params",
            f"the username {params.username!r} is not 1 to 32 letters, digits, '_' or '-'",
            "see what `user.identify` makes of the name",
        )
    if len(params.display) > LONGEST_DISPLAY:
        raise ThrumError(
            "invalid_params", f"the display name is longer than {LONGEST_DISPLAY} characters"
        )

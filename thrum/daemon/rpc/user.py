"""``user.identify``: the person at this machine, as git knows them."""

from __future__ import annotations

import asyncio

import msgspec
import pygit2

from thrum.daemon.rpc.registry import Call, Params, Rights, method
from thrum.errors import ThrumError
from thrum.names import username


class Person(msgspec.Struct):
    """A person's name as an id, their address, and their name as they write it."""

    username: str
    email: str
    display: str


@method("user.identify", rights=Rights.READS, anonymous=True, errors=("not_found",))
async def identify(call: Call, params: Params) -> Person:
    """Names the person by git's user.name and user.email."""
    name, email = await asyncio.to_thread(git_user, str(call.services.place.repository))
    if not name:
        raise ThrumError(
            "not_found",
            "git config user.name is not set",
            'run `git config user.name "Your Name"`',
        )
    return Person(username(name), email, name)


def git_user(repository: str) -> tuple[str, str]:
    """Name and address as git knows them, empty where it does not; reads files."""
    # An object of this thread's own: the git thread's are not shared.
    config = pygit2.Repository(repository).config
    values = [str(config[key]) if key in config else "" for key in ("user.name", "user.email")]
    return values[0], values[1]

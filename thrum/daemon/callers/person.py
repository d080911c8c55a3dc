"""Whose machine this is: the person by git, else the account of the system.

It is written into registrations, so that a person may take a name over from where it was left
behind. It proves nothing: whoever may push writes whatever events they like, and may call
themselves anything in git. It keeps people, and agents that insist, from taking each other's names
by mistake.
"""

from __future__ import annotations

import getpass

import pygit2

from thrum import platform

LONGEST: int = 200


def git_user(repository: str) -> tuple[str, str]:
    """Name and address as git knows them, empty where it does not; reads files."""
    # An object of this thread's own: the git thread's are not shared.
    config = pygit2.Repository(repository).config
    values = [str(config[key]) if key in config else "" for key in ("user.name", "user.email")]
    return values[0], values[1]


def owner(repository: str) -> str:
    """The person's address by git, or name; else account and host, as in ``max@fury``."""
    name, address = git_user(repository)
    return (address.strip().lower() or name.strip() or _account())[:LONGEST]


def _account() -> str:
    try:
        return f"{getpass.getuser()}@{platform.hostname()}"
    except (KeyError, OSError):  # an account that the system has no name for
        return ""

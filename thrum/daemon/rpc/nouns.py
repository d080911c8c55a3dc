"""The methods of the nouns that events are about; each noun has its module."""

from typing import Final

from thrum.daemon.rpc import (
    agent,
    archive,
    cleanup,
    context,
    discovery,
    group,
    health,
    inbox,
    listing,
    message,
    outbox,
    overview,
    purge,
    receipt,
    search,
    session,
    stretch,
    team,
    thread,
    user,
    withdrawing,
    work_context,
)
from thrum.daemon.rpc.registry import declared_in

NOUNS: Final = tuple(
    declared_in(
        agent,
        archive,
        cleanup,
        context,
        discovery,
        group,
        health,
        inbox,
        listing,
        message,
        outbox,
        overview,
        purge,
        receipt,
        search,
        session,
        stretch,
        team,
        thread,
        user,
        withdrawing,
        work_context,
    )
)
"""Every method that belongs to no service."""

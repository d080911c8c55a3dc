"""Every method: importing the modules of the nouns fills the table."""

from thrum.daemon.rpc import (
    agent,
    health,
    message,
    outbox,
    receipt,
    session,
    subscription,
    sync,
    team,
    user,
    wait,
)
from thrum.daemon.rpc.registry import METHODS

__all__ = [
    "METHODS",
    "agent",
    "health",
    "message",
    "outbox",
    "receipt",
    "session",
    "subscription",
    "sync",
    "team",
    "user",
    "wait",
]

"""Every method: importing the modules of the nouns fills the table."""

from thrum.daemon.rpc import (
    agent,
    context,
    discovery,
    group,
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
    worktree,
)
from thrum.daemon.rpc.registry import METHODS

__all__ = [
    "METHODS",
    "agent",
    "context",
    "discovery",
    "group",
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
    "worktree",
]

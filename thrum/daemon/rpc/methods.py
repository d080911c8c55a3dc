"""Every method: importing the modules of the nouns fills the table."""

from thrum.daemon.rpc import (
    agent,
    archive,
    context,
    discovery,
    group,
    health,
    message,
    outbox,
    purge,
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
    "archive",
    "context",
    "discovery",
    "group",
    "health",
    "message",
    "outbox",
    "purge",
    "receipt",
    "session",
    "subscription",
    "sync",
    "team",
    "user",
    "wait",
    "worktree",
]

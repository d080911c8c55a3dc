"""``message.withdraw``."""

from __future__ import annotations

import sqlite3
from typing import ClassVar

import msgspec
import pygit2

from gitstore import LogError
from thrum.daemon import withdrawing
from thrum.daemon.projection.queries import messages as queries
from thrum.daemon.rpc.message import whole_id
from thrum.daemon.rpc.registry import Call, Params, Rights, method
from thrum.daemon.sync.service import SyncService
from thrum.errors import ThrumError


class WithdrawParams(Params):
    """Which message is taken back as if it had never been sent."""

    needs: ClassVar = ("message_id",)
    message_id: str = ""


class Withdrawn(msgspec.Struct, omit_defaults=True):
    """What is gone: `events` about the message, its own included.

    `answers` counts messages that answer it and stay; `left` says where its text may still be.
    """

    message_id: str
    events: int
    answers: int = 0
    left: list[str] = []


@method(
    "message.withdraw",
    rights=Rights.CALLER,
    long_poll=True,
    errors=("not_found", "not_allowed", "conflict", "storage", "timed_out", "shutting_down"),
)
async def withdraw(call: Call, params: WithdrawParams) -> Withdrawn:
    """Takes one's own message back that has not left this clone, its bytes included.

    Edits, receipts and a deletion of it go with it; answers stay. What has left is refused.
    """
    me, store = call.agent_id, call.node.store
    message_id = await whole_id(call, params.message_id)
    await store.ask(lambda db: _demand_author(db, me, message_id))
    sync, folder = call.service(SyncService), call.node.place.shared
    try:
        done = await sync.loop.carry_out(
            lambda log: withdrawing.withdraw(log, store, message_id, folder, sync.off_limits())
        )
    except (LogError, OSError, KeyError, pygit2.GitError) as error:
        raise ThrumError(
            "storage", f"not all of it is gone yet: {error}", "the next sync goes on with it"
        ) from error
    return Withdrawn(message_id, done.events, done.answers, done.left)


def _demand_author(db: sqlite3.Connection, me: str, message_id: str) -> None:
    found = queries.message(db, message_id)
    if found is None:
        raise ThrumError("not_found", f"there is no message {message_id}")
    if found.author.agent_id != me:
        raise ThrumError(
            "not_allowed",
            f"only message author can withdraw (author: {found.author.agent_id}, you: {me})",
        )

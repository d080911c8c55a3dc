"""Receipts as pages are told of them: how far messages came with somebody."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import ClassVar

import msgspec

from thrum import events
from thrum.daemon.projection.queries import receipts
from thrum.daemon.projection.queries.happenings import Happening
from thrum.daemon.projection.queries.rows import Recipient
from thrum.daemon.rpc.pushed import Pushed


class Read(msgspec.Struct):
    """A message, and how far it came with the one whom a push is about."""

    message_id: str
    recipient: Recipient


class ReceiptTold(Pushed):
    """Messages were put before somebody or read by them; what one marks at once comes at once.

    `recipient` is as `message.get` shows it, but for what the message may wait for.
    """

    name: ClassVar = "notification.receipt"
    agent_id: str
    messages: list[Read]


def pushes(
    db: sqlite3.Connection, happened: Sequence[Happening], person: str
) -> Iterator[tuple[int, Pushed]]:
    """What is told of receipts; the same to everybody."""
    marks = [(number, each) for number, each in happened if isinstance(each, events.MessageReceipt)]
    if not marks:
        return
    found = receipts.standing(db, {(each.message_id, each.agent_id) for _, each in marks})
    for agent_id, group in groupby(marks, key=lambda mark: mark[1].agent_id):
        read, last = {}, 0
        for number, each in group:
            recipient = found.get((each.message_id, agent_id))
            if recipient is not None:
                read[each.message_id], last = Read(each.message_id, recipient), number
        if read:
            yield last, ReceiptTold(agent_id=agent_id, messages=list(read.values()))

"""What somebody is told of what a test has happen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from thrum import events
from thrum.daemon.node import Node
from thrum.daemon.projection.queries import happenings
from thrum.daemon.push.retelling import retold
from thrum.daemon.rpc.pushed import Pushed
from thrum.events import Body

P = TypeVar("P", bound=Pushed)

ADA = "user:ada"


def emit(node: Node, *made: events.Event) -> int:
    """Has the events happen, each by itself; the number of the last one before them."""
    before = last(node)
    for event in made:
        node.store.transact_blocking(lambda transaction, each=event: transaction.emit(each))  # type: ignore[misc]
    return before


def together(node: Node, *made: events.Event) -> int:
    """Has them happen in one batch."""
    before = last(node)

    def decide(transaction: Any) -> None:
        for event in made:
            transaction.emit(event)

    node.store.transact_blocking(decide)
    return before


def last(node: Node) -> int:
    """The number of whatever happened last."""
    return happenings.last(node.store.reader())[0]


def told(node: Node, kind: type[P], since: int = 0, person: str = ADA) -> list[P]:
    """The pushes of a kind."""
    found = retold(node.store.reader(), since, 1000, person).pushes
    return [each for each in found if isinstance(each, kind)]


def registered(*names: str) -> list[events.AgentRegister]:
    """Agents and people."""
    kind = {True: "user", False: "agent"}
    return [
        events.AgentRegister(agent_id=each, kind=kind[":" in each], role="r", module="m")
        for each in names
    ]


def note(message_id: str, author: str, *to: str, answers: str = "", **fields: Any) -> Any:
    """A message."""
    refs: Sequence[events.Pair] = [events.Pair("reply_to", answers)] if answers else []
    return events.MessageCreate(
        message_id=message_id,
        agent_id=author,
        body=Body(f"{author} says {message_id}"),
        recipients=list(to),
        refs=[*refs, *(events.Pair("mention", each) for each in to)] or None,
        **fields,
    )


def read(agent_id: str, *message_ids: str, seen: bool = False, way: str = "") -> list[Any]:
    """Receipts."""
    return [
        events.MessageReceipt(
            message_id=each, agent_id=agent_id, receipt_type="seen" if seen else "read", way=way
        )
        for each in message_ids
    ]

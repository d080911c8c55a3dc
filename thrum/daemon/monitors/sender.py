"""Who a monitor's messages are from: ``monitor:<name>``, registered before its program runs."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from thrum import events, platform
from thrum.daemon import ending
from thrum.daemon.callers.pseudo_agent import is_supervisor
from thrum.daemon.peers.service import Peers
from thrum.daemon.projection.queries import agents as agent_queries
from thrum.daemon.projection.queries import sessions as session_queries
from thrum.daemon.projection.queries.targets import meant_by
from thrum.daemon.rpc.addressing import EVERYONE, address, nearest
from thrum.daemon.rpc.rights import COORDINATOR
from thrum.daemon.transaction import Transaction
from thrum.errors import ThrumError
from thrum.events import Body, Pair
from thrum.names import bare

if TYPE_CHECKING:
    from thrum.daemon.monitors.job import Job
    from thrum.daemon.node import Node

KIND: Final = "monitor"
SUPERSEDED: Final = "superseded"


@dataclass(frozen=True)
class Sender:
    """Speaks for one monitor.

    Args:
        node: where messages are stored.
        job: the monitor.
    """

    node: Node
    job: Job

    async def enter(self, *, anew: bool = False) -> None:
        """Makes it known, with an open session; another one if it begins anew.

        Raises:
            ThrumError: as `Store.transact`.
        """
        await self.node.store.transact(lambda transaction: self._enter(transaction, anew))

    async def leave(self, reason: str) -> None:
        """Ends its session.

        Raises:
            ThrumError: as `Store.transact`.
        """

        def decide(transaction: Transaction) -> None:
            ending.end(transaction, _own_sessions(transaction, self.job.sender), reason)

        await self.node.store.transact(decide)

    async def say(self, text: str) -> str:
        """Sends a report to the target; where nobody bears that name, to whoever should know.

        Returns:
            Why it went to others than it was for; empty where it did not.

        Raises:
            ThrumError: ``unknown_recipient``, nobody is there at all; as `Store.transact`.
        """
        message_id = self.node.ids.make("msg")

        def decide(transaction: Transaction) -> str:
            try:
                self._say(transaction, message_id, text, [self.job.target])
            except ThrumError as error:
                if error.kind != "unknown_recipient":
                    raise
                others = self._others(transaction)
                note = f"[{self.job.sender}] {self.job.target} is nobody, so this is for you"
                self._say(transaction, message_id, f"{text}\n{note}", others)
                return f"its target {self.job.target} is nobody; {', '.join(others)} got it"
            return ""

        return await self.node.store.transact(decide)

    def _others(self, transaction: Transaction) -> list[str]:
        """Whose the monitor is; where that is nobody any more, people and coordinators."""
        owner = self.job.started_by
        if agent_queries.agent(transaction.db, owner) is not None:
            return [owner]
        found = sorted(agent_queries.in_charge(transaction.db, COORDINATOR))
        if not found:
            raise ThrumError("unknown_recipient", f"{self.job.target} is nobody")
        return found

    def _say(
        self, transaction: Transaction, message_id: str, text: str, targets: list[str]
    ) -> None:
        session_id = self._enter(transaction, False)
        sender = self.job.sender
        found = address(
            transaction,
            sender,
            "",
            [bare(each) for each in targets],
            demanded=True,
            virtual=is_virtual(self.node),
            itself=self.node.service(Peers).bridge.itself,
        )
        transaction.emit(
            events.MessageCreate(
                message_id=message_id,
                agent_id=sender,
                session_id=session_id,
                body=Body(format="plain", content=text),
                scopes=[Pair(KIND, self.job.name), *found.scopes],
                refs=found.refs or None,
                recipients=sorted(set(found.recipients)) or None,
            )
        )

    def _enter(self, transaction: Transaction, anew: bool) -> str:
        sender, db = self.job.sender, transaction.db
        known = agent_queries.agent(db, sender)
        if known is None or known.kind != KIND:
            transaction.emit(self._registration())
        own = _own_sessions(transaction, sender)
        if own and not anew:
            return own[0].session_id
        ending.end(transaction, own, SUPERSEDED)
        session_id = self.node.ids.make("ses")
        transaction.emit(events.SessionStart(session_id=session_id, agent_id=sender))
        return session_id

    def _registration(self) -> events.AgentRegister:
        return events.AgentRegister(
            agent_id=self.job.sender,
            kind=KIND,
            name=self.job.sender,
            role=KIND,
            module=KIND,
            display=self.job.name,
            worktree=Path(self.node.identity.repo_path).name,
            hostname=platform.hostname(),
        )


def is_virtual(node: Node) -> Callable[[str], bool]:
    """Whether a name is the supervisor's, to whom one can write though nobody is registered so."""
    return lambda name: is_supervisor(name, node.config, node.identity)


def _own_sessions(transaction: Transaction, sender: str) -> list[session_queries.Session]:
    """Its open sessions that this daemon began; another clone may have a monitor of that name."""
    ours = {"", transaction.origin.daemon}
    found = session_queries.open_sessions(transaction.db, sender)
    return [each for each in found if each.origin_daemon in ours]


def check_target(db: sqlite3.Connection, target: str, virtual: Callable[[str], bool]) -> None:
    """Refuses a target that nobody bears, with what was probably meant.

    Args:
        db: where names are looked up.
        target: as it was named.
        virtual: whether a name that nobody is registered under can be written to all the same.

    Raises:
        ThrumError: ``invalid_params``, there is none; ``unknown_recipient``.
    """
    name = bare(target.strip())
    if not name:
        raise ThrumError("invalid_params", "target is required")
    is_known = (
        name == EVERYONE
        or meant_by(db, name) is not None
        or agent_queries.agent(db, f"user:{name}") is not None
        or virtual(name)
    )
    if not is_known:
        text = f"unknown recipient: @{name}"
        raise ThrumError("unknown_recipient", text, f"{nearest(db, [name])}see `thrum team --all`")

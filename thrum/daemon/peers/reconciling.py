"""Whether peers and we still mean each other: looked at once with each peer after the start.

A daemon gets another id where its repository is copied or its configuration lost. Then the token,
which both sides have, says who is who, by ``peer.repair``.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

import anyio

from thrum.daemon.peers import address, introduction
from thrum.daemon.peers.dialing import PeerLine, Refused, Unreachable, dialed
from thrum.daemon.peers.introduction import Repaired
from thrum.daemon.peers.repairing import said
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from thrum.daemon.peers.peer import Peer
    from thrum.daemon.peers.service import Peers

DRIFT: Final = "drift_reconcile_failed"
AT_ONCE: Final = 4
UNKNOWN_METHOD: Final = -32601
NO_MATCH: Final = "no matching peer"
UNAUTHORIZED: Final = "Unauthorized"

logger = logging.getLogger("thrum.peers")


class Outcome(Enum):
    """What came of it."""

    MENDED = auto()
    """Both sides know each other."""
    AWAY = auto()
    """Nobody answers; it is tried again with the next call."""
    STRANGERS = auto()
    """The other side does not know the token: somebody has to pair anew."""
    ODD = auto()
    """Something else; it is in the log."""


def judged(error: Exception) -> Outcome:
    """What a failure means. Pure."""
    if isinstance(error, Unreachable):
        return Outcome.AWAY
    if isinstance(error, Refused):
        if error.answered == UNKNOWN_METHOD:
            return Outcome.MENDED  # an older program, which is well
        if NO_MATCH in error.said or error.said == UNAUTHORIZED:
            return Outcome.STRANGERS
    return Outcome.ODD


class Reconciler:
    """Looks whether peers and we mean each other. On the event loop only.

    Args:
        peers: whose.
    """

    def __init__(self, peers: Peers) -> None:
        self._peers = peers
        self._done: set[str] = set()
        self._at_once = anyio.Semaphore(AT_ONCE)
        self._locks: defaultdict[str, anyio.Lock] = defaultdict(anyio.Lock)

    async def meet(self, line: PeerLine, peer: Peer) -> None:
        """Looks at a peer over an open connection, unless that was done before.

        Raises:
            Unreachable: see `PeerLine.call`.
            ThrumError: ``storage``.
        """
        if peer.daemon_id in self._done and not peer.reconcile_status:
            return
        async with self._locks[peer.token], self._at_once:
            try:
                await self._repair(line, peer, "")
            except Refused as error:
                self.failed(peer, error)

    def failed(self, peer: Peer, error: Exception) -> Outcome:
        """Notes what came of an attempt that failed."""
        found = judged(error)
        if found is Outcome.ODD:
            logger.warning("peer %s cannot be looked at: %s", peer.name, error)
        if found in {Outcome.MENDED, Outcome.ODD}:
            self._done.add(peer.daemon_id)
        is_drift = found is Outcome.STRANGERS or (
            found is Outcome.AWAY and peer.transport != address.LOCAL
        )
        if found is not Outcome.ODD:
            self._note(peer, DRIFT if is_drift else "")
        return found

    def _note(self, peer: Peer, status: str) -> None:
        if self._peers.book.get(peer.daemon_id) is None or peer.reconcile_status == status:
            return
        self._peers.book.change(peer, reconcile_status=status)

    async def _repair(self, line: PeerLine, peer: Peer, own: str, where: str = "") -> None:
        """Asks the other side who it is by now, and notes it.

        Args:
            line: the connection.
            peer: as it is known.
            own: our address, if the other side shall hear of it.
            where: the peer's, if it is another one by now.

        Raises:
            Refused, Unreachable: see `PeerLine.call`.
            ThrumError: ``conflict``, somebody else is known by that id; ``storage``.
        """
        about = introduction.facts(self._peers.node.identity)
        about |= {"token": peer.token, "address": own}
        told = await line.told("peer.repair", about, Repaired)
        if told.daemon_id != peer.daemon_id:
            logger.warning("peer %s has the daemon id %s by now", peer.name, told.daemon_id)
        self._done.add(told.daemon_id)
        known = (told.repo_name, told.hostname, told.repo_path, told.git_origin_url)
        facts = said(told.daemon_id, where, *known)
        if any(getattr(peer, name) != value for name, value in facts.items()):
            await self._peers.renew(peer, **facts)

    async def repair(self, peer: Peer, where: str) -> None:
        """Calls a peer because somebody wants it, and mends what can be mended.

        Args:
            peer: which.
            where: its address by now; empty if it is the one that is known.

        Raises:
            ThrumError: ``not_allowed``, the other side knows us no more; ``not_found``, nobody
                answers; ``storage``.
        """
        called, own = where or self._peers.address_of(peer), self._peers.own_address(peer.transport)
        try:
            async with self._locks[peer.token], dialed(called, token=peer.token) as line:
                await self._repair(line, peer, own, where)
        except (Refused, Unreachable) as error:
            # Where somebody tried another address nothing is said of the known one.
            found = judged(error) if where else self.failed(peer, error)
            if found is Outcome.MENDED:
                await self._peers.renew(peer, **said("", where, "", "", "", ""))
                return
            if found is Outcome.AWAY:
                hint = "if it has another address: thrum peer repair NAME --address HOST:PORT"
                raise ThrumError("not_found", f"{peer.name}: {error}", hint) from None
            hint = f"if it knows us no more: thrum peer remove {peer.name}, then pair anew"
            raise ThrumError("not_allowed", f"{peer.name}: {error}", hint) from None

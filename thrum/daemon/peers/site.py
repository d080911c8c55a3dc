"""What is behind an address where peers are let in: connections of peers, and no page."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from thrum.daemon.peers.service import Peers
from thrum.daemon.peers.welcome import is_peer, receive, refusal
from thrum.daemon.transports.http import Request, Response

if TYPE_CHECKING:
    from thrum.daemon.eventloop import Stream
    from thrum.daemon.peers.listening import Door


@dataclass(frozen=True, slots=True)
class PeerSite:
    """What one connection finds there.

    Attributes:
        peers: who is known.
        door: by which it came.
        whence: from which address.
    """

    peers: Peers
    door: Door
    whence: str

    async def respond(self, request: Request) -> Response:
        """See `http.Site`."""
        self.door.turn_away(self.whence, "it is no daemon")
        return refusal(HTTPStatus.NOT_FOUND, "peers are let in here, by WebSocket")

    async def upgrade(self, request: Request, stream: Stream, early: bytes) -> Response | None:
        """See `http.Site`; any path will do."""
        if not is_peer(request):
            answer: Response | None = refusal(HTTPStatus.UNAUTHORIZED, "Unauthorized")
        else:
            await self.door.look_up(stream.whence)
            way = self.door.transport
            answer = await receive(self.peers, request, stream, early, transport=way)
        if answer is not None:
            self.door.turn_away(self.whence, answer.body.decode())
        return answer

"""How each transport knows who calls; the rules of `thrum.daemon.callers.resolver` come after.

A transport names one authenticator for each connection. What a request claims is never believed
by itself: it chooses among those that the authenticator allows.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from thrum.daemon.callers.caller import Caller, State
from thrum.daemon.callers.finder import Found
from thrum.daemon.callers.resolver import Resolver
from thrum.errors import ThrumError
from thrum.identity.process import Process
from thrum.names import is_person


class Authenticator(Protocol):
    """Says who is at the other end of one connection."""

    async def look(self) -> object:
        """What is known at this moment, looked up once for each request.

        Raises:
            ThrumError: ``timed_out``, what has to be looked at does not answer.
        """
        ...

    def judge(self, found: object, claim: str, implied: Sequence[str]) -> Caller:
        """Who calls, by what `look` gave.

        Args:
            found: what `look` gave.
            claim: the agent that the request says it comes from; empty if it does not say.
            implied: agents that other params name, for whom it may come.

        Raises:
            ThrumError: ``identity_mismatch``, the claim contradicts what is known.
        """
        ...


class KernelCredentials(Struct, frozen=True):
    """The process at the other end of a Unix socket.

    Attributes:
        resolver: finds agents by processes and places.
        pid: the process that connected, by the kernel; 0 if it did not say.
        opener: that process as it was when it connected.
    """

    resolver: Resolver
    pid: int
    opener: Process | None

    async def look(self) -> Found | None:
        """See `Authenticator`."""
        return await self.resolver.found(self.pid, self.opener)

    def judge(self, found: object, claim: str, implied: Sequence[str]) -> Caller:
        """See `Authenticator`."""
        assert found is None or isinstance(found, Found)
        return self.resolver.judge(self.pid, found, claim, implied)


class BoundUser(Struct):
    """The person to whom a WebSocket was bound by a token; nobody before that.

    Attributes:
        user_id: as in ``user:ada``; empty while the connection is not bound.
        token: by which another connection is bound to the same person.
        until: when the login is over by which it was bound (RFC 3339); empty without one.
    """

    user_id: str = ""
    token: str = ""
    until: str = ""

    @property
    def is_stranger(self) -> bool:
        """Whether nobody vouches for whoever speaks there."""
        return not self.user_id

    async def look(self) -> None:
        """See `Authenticator`."""

    def judge(self, found: object, claim: str, implied: Sequence[str]) -> Caller:
        """See `Authenticator`."""
        if not self.user_id:
            return Caller("", State.STRANGER)
        if claim not in {"", self.user_id, self.user_id.removeprefix("user:")}:
            raise ThrumError(
                "identity_mismatch",
                f"this connection is bound to {self.user_id}, and the request says {claim[:200]}",
                "leave caller_agent_id out",
            )
        return Caller(self.user_id, State.IDENTIFIED, "user")


class Claims(BoundUser):
    """Whoever a request says it comes from, as older programs want it: nothing vouches for that.

    A person who was named once is who calls where a request says nothing.

    Attributes:
        resolved: the id of an agent or a person by what a request calls them; empty if it is none.
    """

    resolved: Callable[[str], str] = str

    @property
    def is_stranger(self) -> bool:
        """See `BoundUser`; here everybody is believed."""
        return False

    def judge(self, found: object, claim: str, implied: Sequence[str]) -> Caller:
        """See `Authenticator`."""
        named = self.resolved(claim) if claim else self.user_id
        if not named:
            return Caller("", State.ANONYMOUS)
        if not is_person(named):
            return Caller(named, State.IDENTIFIED, "claim")
        self.user_id = self.user_id or named
        return Caller(named, State.IDENTIFIED, "user")


class Speaker(Authenticator, Protocol):
    """Who is at the other end of a WebSocket, which anybody can connect to."""

    @property
    def is_stranger(self) -> bool:
        """Whether nobody vouches for whoever speaks there."""
        ...


class PeerToken(Struct, frozen=True):
    """Another repository's daemon that showed a bearer token. It is a peer and no agent.

    Attributes:
        tokens: the token of each peer by its daemon id.
        shown: the token that came with the connection.
    """

    tokens: Mapping[str, str]
    shown: str

    def __repr__(self) -> str:
        """Without any token, for what is logged when something fails."""
        return f"{type(self).__name__}(of {len(self.tokens)})"

    @property
    def is_stranger(self) -> bool:
        """See `Speaker`."""
        return False

    async def look(self) -> str:
        """The daemon id of the peer; empty if the token is nobody's."""
        shown, found = self.shown.encode(), ""
        # All are compared, and in constant time: how long it takes tells nothing.
        for daemon_id, token in self.tokens.items():
            if token and hmac.compare_digest(token.encode(), shown):
                found = daemon_id
        return found

    def judge(self, found: object, claim: str, implied: Sequence[str]) -> Caller:
        """See `Authenticator`."""
        if not found:
            return Caller("", State.ANONYMOUS)
        return Caller("", State.IDENTIFIED, "peer", peer=str(found))


class Visitor(Struct, frozen=True):
    """A daemon that comes to be paired, and is nobody until then."""

    @property
    def is_stranger(self) -> bool:
        """See `Speaker`."""
        return True

    async def look(self) -> None:
        """See `Authenticator`."""

    def judge(self, found: object, claim: str, implied: Sequence[str]) -> Caller:
        """See `Authenticator`."""
        return Caller("", State.STRANGER)

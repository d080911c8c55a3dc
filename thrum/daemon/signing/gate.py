"""What counts here where signatures are required: events whose signature is verified.

And those without any that were here when that was asked for, for they are from before; a wrong one
is from nobody, however old it is.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Collection, Mapping
from typing import Final

from thrum import events
from thrum.daemon.projection.apply.withholding import NOT_SIGNED
from thrum.daemon.projection.facts import Event
from thrum.daemon.signing import said
from thrum.daemon.signing.ring import REVOKED, Decision, Finding, Owned, Ring, State
from thrum.daemon.signing.statement import signed_bytes

DIGEST_BYTES: Final = 16
_MAIL: Final = (events.MessageCreate, events.AboutMessage)


class SignatureGate:
    """Lets in what is verified; see `thrum.daemon.projection.gate`.

    Attributes:
        decided: what was decided about keys of others.
        before: digests of what needs no signature.
    """

    def __init__(
        self,
        decided: Mapping[Owned, Decision],
        before: Collection[bytes],
        own: Callable[[], Owned | None],
        since: str,
    ) -> None:
        """
        Args:
            decided: see above.
            before: see above.
            own: the key of this clone, which counts without anybody's word.
            since: when signatures came to be required.
        """
        self.decided = decided
        self.before = before
        self._own = own
        self._since = since
        self._ring: Ring | None = None
        self._home = ""
        self._looked: dict[bytes, bool] | None = None

    @property
    def rule(self) -> str:
        """See `Gate`."""
        decided = sorted((*owned, *_told(decision)) for owned, decision in self.decided.items())
        digest = hashlib.sha256(repr((decided, len(self.before))).encode()).hexdigest()
        return f"signatures since {self._since} {digest[:32]}"

    def look_ahead(self, db: sqlite3.Connection) -> None:
        """Looks at the signatures of everything that is here, so that the thread that writes need
        not, while others wait for it. What it found is kept until `look_back`."""
        self._looked = {}
        ring = self._made(db)
        for line, event in said.everything(db):
            ring.judge(event, line)

    def go_by(self, other: SignatureGate) -> None:
        """Takes over what another one looked at ahead; whose key counts is no matter of that."""
        self._looked = other._looked

    def look_back(self) -> None:
        """What was looked at ahead has been used."""
        self._looked = None

    def begin(self, db: sqlite3.Connection) -> None:
        """See `Gate`."""
        if self._ring is None:
            self._ring = self._made(db)

    def learn(self, db: sqlite3.Connection) -> Collection[str]:
        """See `Gate`."""
        before, self._ring = self._known, self._made(db)
        return self._ring.differing(before)

    def forget(self) -> None:
        """See `Gate`."""
        self._ring = None

    def refuses(self, event: Event, line: bytes) -> str:
        """See `Gate`."""
        found = self._known.judge(event, line)
        if found.state is State.UNSIGNED:
            return self.refuses_row(line)
        return "" if found.state is State.VERIFIED or self._is_here(event, found) else found.why

    def lets_stand(self, event: Event) -> str:
        """See `Gate`."""
        sig = getattr(event, "sig", None)
        if sig is None:
            return ""
        found = self._known.worth(Owned(event.origin_daemon, sig.key), event.timestamp)
        return "" if self._is_here(event, found) else found.why

    def refuses_row(self, line: bytes) -> str:
        """See `Gate`."""
        return "" if digest(line) in self.before else NOT_SIGNED

    def _is_here(self, event: Event, found: Finding) -> bool:
        """Whether the event is of this clone's agents and sessions, whose key was revoked.

        Who works here would be a stranger otherwise. Of mail, nobody can tell what a thief wrote.
        """
        return (
            found == REVOKED and event.origin_daemon == self._home and not isinstance(event, _MAIL)
        )

    @property
    def _known(self) -> Ring:
        assert self._ring is not None
        return self._ring

    def _is_by(self, public: str, data: bytes, value: str) -> bool:
        from thrum.daemon.signing.ed25519 import is_by

        looked = self._looked
        if looked is None:
            return is_by(public, data, value)
        about = hashlib.sha256(b"\0".join((public.encode(), value.encode(), data))).digest()
        if about not in looked:
            looked[about] = is_by(public, data, value)
        return looked[about]

    def _made(self, db: sqlite3.Connection) -> Ring:
        own = self._own()
        self._home = own.daemon if own else ""
        return Ring.of(said.about_keys(db), self.decided, self._is_by, own)


def digest(line: bytes) -> bytes:
    """What a line without a signature is known by, also when an older program wrote it anew."""
    return hashlib.sha256(signed_bytes(line)).digest()[:DIGEST_BYTES]


def _told(decision: Decision) -> tuple[str, str]:
    return decision.verdict.value, decision.since

"""Whose keys count: worked out from the events about keys, and from what was decided here.

It follows from the set of these events and of the decisions alone, in whatever order they came.
Nothing is passed on about trust: what one clone accepts or refuses holds there and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import NamedTuple

from msgspec import Struct, field

from thrum import events
from thrum.daemon.signing.statement import signed_bytes

IsBy = Callable[[str, bytes, str], bool]
"""Whether the owner of a public key made that signature over the bytes, see `ed25519.is_by`."""


class Verdict(Enum):
    """What was decided here about a key of a daemon."""

    SEEN = "seen"
    ACCEPTED = "accepted"
    REFUSED = "refused"


class Owned(NamedTuple):
    """A key as that of a daemon."""

    daemon: str
    key: str


class Decision(Struct, frozen=True):
    """What counts here; a key that is refused is so for what was signed after `since`."""

    verdict: Verdict
    since: str = ""


class Said(NamedTuple):
    """An event about a key, with its line."""

    event: events.KeyPublish | events.KeyRevoke
    line: bytes


class State(Enum):
    """What a signature says of an event."""

    VERIFIED = "verified"
    UNSIGNED = "unsigned"
    WRONG = "wrong"


class Finding(NamedTuple):
    """The state, and why it is wrong where it is."""

    state: State
    why: str = ""


VERIFIED = Finding(State.VERIFIED)
NONE = Finding(State.UNSIGNED)
REVOKED = Finding(State.WRONG, "a key that was revoked")


class Ring(Struct):
    """The keys that are known, and those that count.

    Attributes:
        public: every published key by its id.
        published: when each key of a daemon was published first.
        roots: of each daemon, the keys that nobody but themselves vouches for.
        trusted: whose word is whose.
        ended: until when what a key signed counts.
    """

    is_by: IsBy
    public: dict[str, str] = field(default_factory=dict)
    published: dict[Owned, str] = field(default_factory=dict)
    roots: dict[str, set[str]] = field(default_factory=dict)
    trusted: set[Owned] = field(default_factory=set)
    ended: dict[Owned, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        said: Iterable[Said],
        decided: Mapping[Owned, Decision],
        is_by: IsBy,
        own: Owned | None = None,
    ) -> Ring:
        """The ring that follows from what was said and decided.

        Args:
            said: the events about keys.
            decided: what was decided here.
            is_by: looks at signatures.
            own: the key of this clone, which counts without anybody's word, beside the one that it
                had first, if that was lost.
        """
        ring = cls(is_by)
        ordered = sorted(said, key=lambda each: (each.event.timestamp, each.event.event_id))
        ring._collect(each.event for each in ordered)
        sound = [each for each in ordered if ring._is_sound(each)]
        ring._end_refused(decided)
        for each in sound:
            if isinstance(each.event, events.KeyRevoke) and _signer(each.event) == each.event.key:
                ring._end(_owned(each.event), each.event.since)
        ring._find_roots(sound, decided, own)
        for each in sound:
            ring._hear(each.event)
        return ring

    def judge(self, event: events.Event | events.UnknownEvent, line: bytes) -> Finding:
        """What the signature says of the event in that line."""
        sig = getattr(event, "sig", None)
        if sig is None:
            return NONE
        owned = Owned(event.origin_daemon, sig.key)
        if owned not in self.published:
            known = sig.key in self.public
            return _wrong("the key of another clone" if known else "an unknown key")
        if not self.is_by(self.public[sig.key], signed_bytes(line), sig.value):
            return _wrong("not what was signed")
        return self.worth(owned, event.timestamp)

    def worth(self, owned: Owned, timestamp: str) -> Finding:
        """What it says of an event of that time that a key of its daemon signed it."""
        if owned not in self.trusted:
            return _wrong("a key that nobody accepted here")
        if timestamp > self.ended.get(owned, timestamp):
            return REVOKED
        return VERIFIED

    def differing(self, other: Ring) -> set[str]:
        """The daemons of whose keys the two do not think alike."""
        changed = (self.trusted ^ other.trusted) | (self.published.keys() ^ other.published.keys())
        ended = self.ended.keys() | other.ended.keys()
        changed |= {each for each in ended if self.ended.get(each) != other.ended.get(each)}
        return {each.daemon for each in changed}

    def first_keys(self) -> list[Owned]:
        """The keys that count as the first of their daemons, one for each."""
        found = [(daemon, roots) for daemon, roots in self.roots.items() if len(roots) == 1]
        return [Owned(daemon, key) for daemon, roots in found for key in roots]

    def standing(self, owned: Owned) -> str:
        """How it stands with a key: revoked, trusted, contested or waiting for somebody here."""
        if owned in self.ended:
            return "revoked"
        if owned in self.trusted:
            return "trusted"
        return "contested" if self.contested(owned.daemon) else "waiting"

    def contested(self, daemon: str) -> bool:
        """Whether several keys claim to be a daemon's first, and none counts."""
        known = {each.key for each in self.trusted if each.daemon == daemon}
        return not known and len(self.roots.get(daemon, ())) > 1

    def _collect(self, said: Iterable[events.KeyPublish | events.KeyRevoke]) -> None:
        for event in said:
            if isinstance(event, events.KeyPublish):
                self.public[event.key] = event.public
                self.published.setdefault(_owned(event), event.timestamp)

    def _is_sound(self, said: Said) -> bool:
        """Whether the event was signed by a key that its daemon published."""
        sig, daemon = said.event.sig, said.event.origin_daemon
        return (
            sig is not None
            and Owned(daemon, sig.key) in self.published
            and self.is_by(self.public[sig.key], signed_bytes(said.line), sig.value)
        )

    def _find_roots(
        self, sound: list[Said], decided: Mapping[Owned, Decision], own: Owned | None
    ) -> None:
        for each in sound:
            if isinstance(each.event, events.KeyPublish) and _signer(each.event) == each.event.key:
                self.roots.setdefault(each.event.origin_daemon, set()).add(each.event.key)
        mine = {own} if own is not None else set()
        self.trusted |= (decided.keys() | mine) & self.published.keys()
        spoken_for = {each.daemon for each in decided}
        for daemon, roots in self.roots.items():
            first = {Owned(daemon, key) for key in roots} - mine
            if len(first) == 1 and daemon not in spoken_for:
                self.trusted |= first

    def _hear(self, event: events.KeyPublish | events.KeyRevoke) -> None:
        """What a key that counts says of another one of the same daemon."""
        signer = Owned(event.origin_daemon, _signer(event))
        is_over = event.timestamp > self.ended.get(signer, event.timestamp)
        if signer not in self.trusted or is_over:
            return
        if isinstance(event, events.KeyRevoke):
            self._end(_owned(event), event.since)
        else:
            self.trusted.add(_owned(event))

    def _end_refused(self, decided: Mapping[Owned, Decision]) -> None:
        for owned, what in decided.items():
            if what.verdict is Verdict.REFUSED:
                self._end(owned, what.since)

    def _end(self, owned: Owned, since: str) -> None:
        self.ended[owned] = min(self.ended.get(owned, since), since)


def _owned(event: events.KeyPublish | events.KeyRevoke) -> Owned:
    return Owned(event.origin_daemon, event.key)


def _signer(event: events.Event) -> str:
    return event.sig.key if event.sig else ""


def _wrong(why: str) -> Finding:
    return Finding(State.WRONG, why)

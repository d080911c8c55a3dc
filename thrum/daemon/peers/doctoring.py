"""What is wrong with a pair of peers, and what to do about it: judged from what was found alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from thrum.daemon.peers import address
from thrum.daemon.peers.peer import Peer
from thrum.daemon.peers.scope import ADDRESSED, ALL, NONE
from thrum.plurals import counted, listed

OK: Final = "ok"
NOTE: Final = "note"
WRONG: Final = "wrong"

CLOCK_S: Final = 60
"""Seconds by which clocks may differ."""
MANY: Final = 1_000
"""Events that are more than what is just on its way."""


MOST_NAMED: Final = 5
"""Agents that are named; of more it is said how many."""

CROSSES: Final = {
    ALL: "everything crosses",
    ADDRESSED: "mail between agents of both crosses, and nothing else",
    NONE: "nothing crosses",
}


class PeerFinding(msgspec.Struct, omit_defaults=True):
    """One line about a peer: ``ok``, ``note`` or ``wrong``; and what to do."""

    level: str
    text: str
    todo: str = ""


class Seen(msgspec.Struct):
    """What was found about a peer.

    Attributes:
        peer: what the book says.
        where: the address that was called.
        fault: why nobody answered; empty if somebody did.
        is_refusal: it answered, and does not know us.
        said_id: who it says it is.
        version: its program; empty where an older one does not say.
        clock_s: how far its clock is ahead.
        behind: events that it has and we have not read; None if it does not say.
        ahead: events of ours that it has not read; None if it has not asked since we began.
        refused: its events that were none.
        trouble: what was wrong the last time that we kept up with it.
        own: where it can call us by now; empty if it cannot.
        calls: where it calls us; empty if it cannot, or is older and does not say.
        namesakes: agents that both sides have under one name, where everything crosses.
    """

    peer: Peer
    where: str
    fault: str = ""
    is_refusal: bool = False
    said_id: str = ""
    version: str = ""
    clock_s: float = 0.0
    behind: int | None = None
    ahead: int | None = None
    refused: int = 0
    trouble: str = ""
    own: str = ""
    calls: str = ""
    namesakes: list[str] = msgspec.field(default_factory=list)


def judged(seen: Seen, own_version: str) -> list[PeerFinding]:
    """What is to be said of a peer, the first what matters most."""
    if not seen.peer.token:
        found = [_wrong("there is no token for it", _anew(seen.peer))]
    elif not seen.where:
        found = [_note("it has no address, so only it can call", "nothing, if it calls us")]
    elif seen.is_refusal:
        found = [_wrong(f"it does not know us: {seen.fault}", _anew(seen.peer))]
    elif seen.fault:
        found = [_wrong(seen.fault, _begin(seen.peer))]
    else:
        found = list(_of_answer(seen, own_version))
    return [*found, *_of_either(seen)]


def _of_answer(seen: Seen, own_version: str) -> Iterator[PeerFinding]:
    yield PeerFinding(OK, f"answers at {seen.where}")
    if seen.said_id and seen.said_id != seen.peer.daemon_id:
        yield _wrong(f"somebody else answers there: {seen.said_id}", _anew(seen.peer))
    if seen.trouble:
        yield _wrong(seen.trouble, "thrum daemon logs")
    yield from _of_drift(seen)
    yield from _of_lag(seen)
    if abs(seen.clock_s) > CLOCK_S:
        which = "ahead of" if seen.clock_s > 0 else "behind"
        text = f"its clock is {abs(seen.clock_s):,.0f} s {which} ours"
        yield _wrong(text, "set the clock that is wrong; times of messages follow it")
    if not seen.version:
        yield _note("its program is older and says little of itself")
    elif seen.version != own_version:
        yield _note(f"its program is {seen.version}, ours {own_version}")


def _of_drift(seen: Seen) -> Iterator[PeerFinding]:
    """Whether it calls us where we are; it may come through by a way that we do not know."""
    if not (seen.own and seen.calls) or seen.own == seen.calls:
        return
    text = f"it calls us at {seen.calls}, and we are at {seen.own}"
    if seen.ahead is None:
        yield _wrong(text, f"there: thrum peer repair NAME --address {seen.own}, as it calls us")
    else:
        yield _note(f"{text}; it comes through all the same")


def _of_lag(seen: Seen) -> Iterator[PeerFinding]:
    if seen.behind:
        todo = "thrum daemon logs" if seen.behind > MANY else "nothing: they come by themselves"
        yield _note(f"{_events(seen.behind)} of it not read yet", todo)
    if seen.ahead is None:
        text = "it has not asked for anything since this daemon began"
        yield _note(text, f"there: thrum peer doctor, and that {seen.peer.name} can call us")
    elif seen.ahead:
        text = f"{_events(seen.ahead)} of ours it has not read yet"
        yield _note(text, "nothing: it asks for them by itself")
    if seen.behind == 0 == seen.ahead:
        yield PeerFinding(OK, "each has all that it gets of the other")


def _of_either(seen: Seen) -> Iterator[PeerFinding]:
    yield _of_scope(seen.peer)
    if seen.namesakes:
        names = listed([f"@{each}" for each in seen.namesakes[:MOST_NAMED]])
        more = len(seen.namesakes) - MOST_NAMED
        text = f"both sides have {names}{f' and {more} more' if more > 0 else ''}"
        todo = f"call one otherwise, or: thrum peer configure {seen.peer.name} --scope addressed"
        yield _note(f"{text}, which are one where everything crosses", todo)
    if seen.refused:
        text = f"{_events(seen.refused)} of it refused since this daemon began"
        yield _wrong(text, "thrum daemon logs says which; they are no events, or claim to be ours")
    if seen.peer.reconcile_status and not seen.is_refusal:
        yield _wrong("it was not found again where it was", _repair(seen.peer))


def _of_scope(peer: Peer) -> PeerFinding:
    """What crosses in truth, and at which side it could be more."""
    ours, theirs = peer.scope, peer.their_scope or ALL
    text = f"{CROSSES.get(peer.effective, peer.effective)}: we give {ours}, it gives {theirs}"
    if ours == theirs:
        return PeerFinding(NOTE if ours == NONE else OK, text)
    if peer.effective == ours:
        return _note(text, f"where more shall: thrum peer configure {peer.name} --scope {theirs}")
    todo = f"where more shall, there: thrum peer configure NAME --scope {ours}, as it calls us"
    return _note(text, todo)


def of_token_file(mode: int | None, path: str) -> list[PeerFinding]:
    """What is to be said of the file with the tokens; none if there is no file."""
    if mode is None or not mode & 0o077:
        return []
    return [_wrong(f"others may read the tokens: {path} has mode {mode:o}", f"chmod 600 {path}")]


def _events(count: int) -> str:
    return counted(count, "event")


def _begin(peer: Peer) -> str:
    text = "start its daemon there: thrum daemon start"
    if peer.transport in {"", address.LOCAL}:
        return text
    return f"{text}; where it moved: thrum peer repair {peer.name} --address HOST:PORT"


def _anew(peer: Peer) -> str:
    return f"pair again: thrum peer remove {peer.name}, then thrum peer add at one side"


def _repair(peer: Peer) -> str:
    return f"thrum peer repair {peer.name}; where that fails, {_anew(peer)}"


def _note(text: str, todo: str = "") -> PeerFinding:
    return PeerFinding(NOTE, text, todo)


def _wrong(text: str, todo: str) -> PeerFinding:
    return PeerFinding(WRONG, text, todo)

"""What peers may ask: ``sync.*`` who have a token, and ``pair.request`` who has a code."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import ClassVar, Final

import msgspec

from thrum import __version__
from thrum.clock import format_seconds
from thrum.daemon.peers import address, introduction
from thrum.daemon.peers.bridge import letters, proxies
from thrum.daemon.peers.bridge.letters import Draft, Letter, Ours, Reading
from thrum.daemon.peers.checkpoints import Number
from thrum.daemon.peers.introduction import Introduced, OfItselfParams
from thrum.daemon.peers.peer import LISTENER, Peer
from thrum.daemon.peers.scope import ADDRESSED, NONE
from thrum.daemon.peers.service import Peers
from thrum.daemon.rpc.registry import Call, Params, Rights, Transport, method
from thrum.errors import ThrumError

MOST: Final = 1000
"""Events of one answer."""
SCANNED: Final = 4_000
"""Events of which it is looked for one answer what they are to the peer."""
PASSED: Final = 20_000
"""Events that are passed over for one answer, since nobody of the peer has to do with them."""
MOST_BYTES: Final = 4_194_304
"""Bytes of the events of one answer; one event is told however long it is."""


class PullParams(Params):
    """After which number, and how many at most: 1,000, also for 0 and what is more.

    `scope` is what who asks gives in turn; older programs do not say. `after_event` is the event
    that had that number, if the peer knows. `token` is what older programs show; here the
    connection's own counts.
    """

    after_sequence: Number = 0
    after_event: str = ""
    max_batch: int = 0
    token: str = ""
    scope: str = ""


class Served(msgspec.Struct, omit_defaults=True):
    """An event, numbered by the daemon that serves it; `event_json` is its line of the log.

    What is for agents of the peer comes as a `letter` or a `reading` besides, and where not
    everything crosses without the line.
    """

    event_id: str
    sequence: int
    type: str
    timestamp: str
    origin_daemon: str
    event_json: msgspec.Raw
    letter: Letter | None = None
    reading: Reading | None = None


class Pulled(msgspec.Struct, omit_defaults=True):
    """Events in their order, and where to go on.

    `next_sequence` is the highest number told, 0 where there is nothing new. `filtered` says that
    others are left out for this peer, `numbered` that `after_event` has that number still, and
    `renumbered` that it does not: nothing is told then; begin at 0 again. `next_event` has the
    number `next_sequence`, `scope` is what this side gives, and `roster` another text where
    `peer.agents` tells of others.
    """

    events: list[Served]
    next_sequence: int
    more_available: bool
    filtered: bool = False
    renumbered: bool = False
    numbered: bool = False
    next_event: str = ""
    scope: str = ""
    roster: str = ""


class InfoParams(Params):
    """Up to which of its numbers the peer was read, if it is to say how much there is after it."""

    after_sequence: Number = -1


class PeerInfo(msgspec.Struct, omit_defaults=True):
    """Which daemon this is; `name` is that of its host.

    `version` is its program's, `now` what its clock says, `latest_seq` the number of its last
    event, `waiting` how many there are after `after_sequence`, and `calls` where it calls the peer.
    """

    daemon_id: str
    name: str
    version: str = ""
    now: str = ""
    latest_seq: int = 0
    waiting: int = 0
    calls: str = ""


class NotifyParams(Params):
    """Which daemon has something new, up to which of its numbers, and what it gives."""

    needs: ClassVar = ("daemon_id",)
    daemon_id: str = ""
    latest_seq: int = 0
    event_count: int = 0
    token: str = ""
    scope: str = ""


class NewsNoted(msgspec.Struct):
    """It is known now."""

    status: str = "ok"


class PairParams(OfItselfParams):
    """The code, and who comes; `address` is where it can be called, if it can."""

    needs: ClassVar = ("code", "daemon_id")
    code: str = ""
    roots: list[str] = msgspec.field(default_factory=list)
    scope: str = ""


@method("sync.pull", rights=Rights.READS, transports=Transport.PEER, errors=("not_allowed",))
async def pull(call: Call, params: PullParams) -> Pulled:
    """Tells a peer events, in the order in which they became known here."""
    peer = calling(call)
    if params.after_sequence < 0:
        raise ThrumError("invalid_params", "after_sequence must be >= 0")
    most = params.max_batch if 0 < params.max_batch <= MOST else MOST
    peers = call.service(Peers)
    peers.says_scope(peer, params.scope)
    after, known, scope = params.after_sequence, params.after_event, peer.effective
    # An older program would take mail for agents of its own to be somebody else's.
    if scope == NONE or (scope == ADDRESSED and not params.scope):
        return Pulled([], 0, more_available=False, filtered=True, scope=peer.scope)
    ours = letters.ours(peers.book.ids, peer, call.node.now_ns())
    telling = told_addressed if scope == ADDRESSED else told_all
    found, drafts = await call.node.store.ask(
        lambda db: telling(db, peer, after, most, known, ours)
    )
    reached = 0 if found.renumbered else max(after, found.next_sequence)
    peers.was_read(peer, reached)
    await peers.bridge.address(drafts)
    found.scope = peer.scope
    return found


@method("sync.peer_info", rights=Rights.READS, transports=Transport.PEER, errors=("not_allowed",))
async def peer_info(call: Call, params: InfoParams) -> PeerInfo:
    """Says which daemon this is, how it is, and how much of it a peer has not read."""
    peer = calling(call)
    who, after = call.node.identity, params.after_sequence
    told = PeerInfo(who.daemon_id, who.hostname, __version__, format_seconds(call.node.now_ns()))
    told.calls = call.service(Peers).address_of(peer)
    if peer.effective != NONE:
        told.latest_seq = call.service(Peers).latest()
        told.waiting = await call.node.store.ask(lambda db: after_number(db, after))
    return told


@method("sync.notify", rights=Rights.READS, transports=Transport.PEER, errors=("not_allowed",))
async def notify(call: Call, params: NotifyParams) -> NewsNoted:
    """Hears that a peer has something new, which is pulled soon; it speaks for itself alone."""
    peer = calling(call)
    if params.daemon_id != peer.daemon_id:
        raise ThrumError("not_allowed", f"{peer.name} may speak for itself alone")
    peers = call.service(Peers)
    peers.says_scope(peer, params.scope)
    peers.has_news(peer, params.latest_seq)
    return NewsNoted()


@method(
    "pair.request",
    rights=Rights.CLONE,
    strangers=True,
    transports=Transport.PEER,
    errors=("conflict", "not_allowed", "not_found"),
)
async def pair(call: Call, params: PairParams) -> Introduced:
    """Makes the daemon a peer that shows the code of the pairing under way."""
    peers = call.service(Peers)
    pairing = peers.open_pairing()
    pairing.check(params.code)
    _check_way(params.address, pairing.transport)
    peers.demand_other(params.daemon_id)
    known = peers.book.get(params.daemon_id)
    if known is not None:
        raise ThrumError("conflict", f"already paired with {known.name}")
    own_roots = await peers.own_roots()
    made = Peer(
        name=introduction.called(params.repo_name, params.name, params.daemon_id),
        address=params.address,
        daemon_id=params.daemon_id,
        transport=pairing.transport,
        role=LISTENER,
        remote_repo_name=params.repo_name,
        remote_hostname=params.hostname,
        remote_repo_path=params.repo_path,
        remote_git_origin_url=params.git_origin_url,
        scope=peers.scope_for(pairing.scope, params.git_origin_url, own_roots, params.roots),
        their_scope=params.scope,
    )
    if not pairing.is_open:  # somebody else came while git was asked
        raise ThrumError("not_found", pairing.reason or "no active pairing session")
    admitted = peers.admit(made, pairing)
    return introduction.introduced(call.node.identity, admitted.token, own_roots, admitted.scope)


def _check_way(where: str, transport: str) -> None:
    """Refuses an address that is this machine's own where the peer is on another, and otherwise.

    Raises:
        ThrumError: ``invalid_params``.
    """
    is_here = transport == address.LOCAL
    if where and (address.inferred(where) == address.LOCAL) is not is_here:
        text = f"{where[:200]} is no address of a {transport} peer"
        raise ThrumError("invalid_params", text, "say the same --type at both sides")


def calling(call: Call) -> Peer:
    """The peer that calls.

    Raises:
        ThrumError: ``not_allowed``, it is none any more.
    """
    found = call.service(Peers).book.get(call.caller.peer) if call.caller.peer else None
    if found is None:
        raise ThrumError("not_allowed", "this daemon is no peer of ours")
    return found


def told(db: sqlite3.Connection, after: int, most: int, known: str = "") -> Pulled:
    """The events after a number.

    Args:
        db: the projection.
        after: the number.
        most: how many at most.
        known: which event it is the number of, if that is known. What is before it is as it was
            then: a database that was made anew counts otherwise, and one that lost its end counts
            on from where it was.
    """
    if known and not _is_numbered(db, after, known):
        return Pulled([], 0, more_available=False, renumbered=True)
    rows = db.execute(
        "SELECT event_id, sequence, type, timestamp, origin_daemon, event_json FROM events"
        " WHERE sequence > ? ORDER BY sequence LIMIT ?",
        (after, most + 1),
    )
    events: list[Served] = []
    is_more = False
    for served in _within(rows):
        if served is None or len(events) == most:
            is_more = True
            break
        events.append(served)
    reached = events[-1].sequence if events else 0
    return Pulled(events, reached, more_available=is_more, numbered=bool(known))


def after_number(db: sqlite3.Connection, after: int) -> int:
    """How many events there are after a number; 0 where the number is none."""
    if after < 0:
        return 0
    (count,) = db.execute("SELECT count(*) FROM events WHERE sequence > ?", (after,)).fetchone()
    return int(count)


def told_all(
    db: sqlite3.Connection, peer: Peer, after: int, most: int, known: str, ours: Ours
) -> tuple[Pulled, list[Draft]]:
    """As `told`, with letters for agents of the peer to whom mail went when less crossed."""
    found, drafts = told(db, after, most, known), []
    if proxies.known(db, peer):
        for each in found.events:
            draft = letters.drafted(db, peer, each.type, bytes(each.event_json), ours)
            if draft is not None:
                each.letter, each.reading = draft.letter, draft.reading
                drafts.append(draft)
    return found, drafts


def told_addressed(
    db: sqlite3.Connection, peer: Peer, after: int, most: int, known: str, ours: Ours
) -> tuple[Pulled, list[Draft]]:
    """What concerns agents of the peer of the events after a number; see `told`."""
    roster = proxies.digest(proxies.offered(db, peer))
    if known and not _is_numbered(db, after, known):
        return Pulled([], 0, more_available=False, filtered=True, renumbered=True), []
    found = Pulled([], 0, more_available=False, filtered=True, roster=roster, numbered=bool(known))
    drafts: list[Draft] = []
    size = looked = passed = 0
    for event_id, sequence, kind, timestamp, origin, text in letters.mail(db, peer, after):
        full = len(found.events) == most or size > MOST_BYTES
        if full or looked == SCANNED or passed == PASSED:
            found.more_available = True
            break
        found.next_sequence, found.next_event = sequence, event_id
        passed += 1
        if text is None:
            continue
        looked += 1
        draft = letters.drafted(db, peer, kind, text.encode(), ours)
        raw = b"{}"
        if draft is None:
            if not letters.is_direct(db, peer, kind, text.encode()):
                continue
            raw, draft = text.encode(), Draft()
        drafts.append(draft)
        size += len(text)
        found.events.append(
            Served(
                event_id,
                sequence,
                kind,
                timestamp,
                origin,
                msgspec.Raw(raw),
                draft.letter,
                draft.reading,
            )
        )
    return found, drafts


def _is_numbered(db: sqlite3.Connection, sequence: int, event_id: str) -> bool:
    """Whether an event has that number. One that was purged since has none; then what is known is
    told once more."""
    sql = "SELECT 1 FROM events WHERE sequence = ? AND event_id = ?"
    return db.execute(sql, (sequence, event_id)).fetchone() is not None


def _within(rows: sqlite3.Cursor) -> Iterator[Served | None]:
    """The rows as far as they fit into one answer, the first in any case; then None."""
    size = 0
    for event_id, sequence, kind, timestamp, origin, text in rows:
        raw = text.encode()
        if size and size + len(raw) > MOST_BYTES:
            yield None
            return
        size += len(raw)
        yield Served(event_id, sequence, kind, timestamp, origin, msgspec.Raw(raw))

"""``peer.doctor``: asks every peer how it stands with us."""

from __future__ import annotations

import functools
import sqlite3
import stat
from collections.abc import Sequence

import anyio
import msgspec

from thrum import __version__
from thrum.clock import parse
from thrum.daemon.peers import doctoring, serving
from thrum.daemon.peers.book import FILE
from thrum.daemon.peers.doctoring import PeerFinding, Seen
from thrum.daemon.peers.methods import ago
from thrum.daemon.peers.peer import Peer
from thrum.daemon.peers.scope import ALL
from thrum.daemon.peers.service import Peers
from thrum.daemon.rpc.registry import Call, Params, Rights, method
from thrum.names import is_proxy

SECOND_NS = 1_000_000_000
RETRIED_S = 2.0
"""For so long one that answers, and did not the last time, may show that all is well."""


class PeerHealth(msgspec.Struct, omit_defaults=True):
    """A peer, and how it stands with us.

    `behind` counts events that it has and we have not read, `ahead` those of ours that it has not
    read; they are left out where nobody knows. `clock_s` says how far its clock is ahead, and
    `effective_scope` what crosses: the narrower of what we (`scope`) and it (`their_scope`) give.
    """

    daemon_id: str
    name: str
    address: str
    reachable: bool
    last_sync: str
    findings: list[PeerFinding]
    transport: str = ""
    scope: str = ""
    their_scope: str = ""
    effective_scope: str = ""
    version: str = ""
    behind: int | None = None
    ahead: int | None = None
    clock_s: float = 0.0
    refused: int = 0


class PeerExamination(msgspec.Struct):
    """Every peer; `findings` are about all of them."""

    peers: list[PeerHealth]
    findings: list[PeerFinding]


@method("peer.doctor", rights=Rights.READS, long_poll=True)
async def examine(call: Call, params: Params) -> PeerExamination:
    """Calls every peer, and says how each stands with us and what to do."""
    peers = call.service(Peers)
    book = sorted(peers.book, key=lambda each: each.name)
    seen: dict[str, Seen] = {}

    async def note(peer: Peer) -> None:
        seen[peer.daemon_id] = await _seen(peers, peer)

    async with anyio.create_task_group() as tasks:
        for each in book:
            tasks.start_soon(note, each)
    rows = [_row(peers, seen[each.daemon_id]) for each in book]
    return PeerExamination(rows, _of_file(peers))


def _of_file(peers: Peers) -> list[PeerFinding]:
    path = peers.node.place.var / FILE
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        mode = None
    return doctoring.of_token_file(mode, str(path))


class _Told(msgspec.Struct):
    daemon_id: str = ""
    version: str = ""
    now: str = ""
    waiting: int = 0
    calls: str = ""


async def _seen(peers: Peers, peer: Peer) -> Seen:
    """What there is to be found about a peer."""
    attendant = peers.attendants.get(peer.daemon_id)
    seen = Seen(peer, peers.address_of(peer), own=peers.own_address(peer.transport))
    if attendant is not None:
        seen.refused, seen.trouble = attendant.refused, attendant.trouble
    read_to = peers.read_to.get(peer.daemon_id)
    if read_to is not None:
        after = functools.partial(_after, read_to)
        seen.ahead = await peers.node.store.ask(after)
    if peer.effective == ALL:
        ours = peers.book.ids
        seen.namesakes = await peers.node.store.ask(lambda db: _namesakes(db, ours, peer.ids))
    if seen.where and peer.token:
        await _call(peers, seen, attendant.reached.sequence if attendant else 0)
        if attendant is not None and seen.trouble and not seen.fault:
            seen.trouble = await attendant.retried(RETRIED_S)  # it was away, and is back
    return seen


def _namesakes(db: sqlite3.Connection, ours: Sequence[str], theirs: Sequence[str]) -> list[str]:
    """Agents that began at both sides; one that moved from one to the other is the same."""
    began = (
        "SELECT subject FROM events WHERE type = 'agent.register'"
        " AND coalesce(json_extract(event_json, '$.moves'), 0) = 0"
        " AND json_extract(event_json, '$.kind') = 'agent'"
        " AND origin_daemon IN (SELECT value FROM json_each(?))"
    )
    about = [msgspec.json.encode(each).decode() for each in (ours, theirs)]
    rows = db.execute(f"{began} INTERSECT {began} ORDER BY 1", about)
    return [agent_id for (agent_id,) in rows if not is_proxy(agent_id)]


def _after(number: int, db: sqlite3.Connection) -> int:
    return serving.after_number(db, number)


async def _call(peers: Peers, seen: Seen, reached: int) -> None:
    """Asks the peer itself."""
    # Imported here: it brings a client of WebSocket.
    from thrum.daemon.peers.dialing import Refused, Unreachable, dialed

    try:
        async with dialed(seen.where, token=seen.peer.token) as line:
            raw = await line.call("sync.peer_info", {"after_sequence": reached})
            told = msgspec.json.decode(raw, type=_Told)
            seen.clock_s = _ahead_s(told.now, peers.node.now_ns())
    except Refused as error:
        seen.fault, seen.is_refusal = error.said, True
    except Unreachable as error:
        seen.fault = str(error)
    except (msgspec.DecodeError, ValueError) as error:
        seen.fault = f"{seen.where} answers otherwise than a peer: {error}"
    else:
        seen.said_id, seen.version = told.daemon_id, told.version
        seen.calls = told.calls
        seen.behind = told.waiting if told.version else None


def _ahead_s(moment: str, now_ns: int) -> float:
    """How far a clock is ahead, in seconds.

    Raises:
        ValueError: the moment is none.
    """
    return round((parse(moment) - now_ns) / SECOND_NS, 3) if moment else 0.0


def _row(peers: Peers, seen: Seen) -> PeerHealth:
    peer = seen.peer
    return PeerHealth(
        daemon_id=peer.daemon_id,
        name=peer.name,
        address=seen.where,
        reachable=bool(seen.where and peer.token and not seen.fault),
        last_sync=ago(peer.last_sync, peers.node.now_ns()),
        findings=doctoring.judged(seen, __version__),
        transport=peer.transport,
        scope=peer.scope,
        their_scope=peer.their_scope,
        effective_scope=peer.effective,
        version=seen.version,
        behind=seen.behind,
        ahead=seen.ahead,
        clock_s=seen.clock_s,
        refused=seen.refused,
    )

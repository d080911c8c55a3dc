"""Claims: what is held, by whom, and what became of the others."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from thrum.claims import patterns
from thrum.claims.life import LONGEST_NS, Take, stands_in_the_way
from thrum.claims.patterns import What
from thrum.clock import AHEAD_NS, LAST_NS, format_ns, parse
from thrum.daemon.projection.near import NEAR, near

RELEASED: Final = "released"
GIVEN: Final = "given"
"""Why a claim ended that was given back, or handed over."""

_COLUMNS: Final = f"""
  claim_id, kind, what, agent_id, created_at, until,
  CASE WHEN won_by IS NOT NULL THEN 'lost'
    WHEN ended_at IS NOT NULL THEN iif(end_reason IN ('{RELEASED}', '{GIVEN}'), 'released', 'ended')
    WHEN finish <= :now THEN 'expired' ELSE 'held' END,
  1, session_id, shared, note, given_by, coalesce(ended_at, ''), end_reason, ended_by,
  coalesce(won_by, ''), origin_daemon, event_id
"""
_SELECT: Final = f"SELECT {_COLUMNS} FROM claims"
_IN_FORCE: Final = (
    "INDEXED BY idx_claims_held"
    " WHERE won_by IS NULL AND ended_at IS NULL AND finish > :now AND created_at < :horizon"
)
"""What has ended lasts no more, though it may be a later hour where it was ended.

They are found by their end, for few of all that there were last yet; SQLite would rather be spared
a sort.
"""
_ORDER: Final = "ORDER BY created_at, event_id"
_NEAR: Final = f"{_SELECT} {_IN_FORCE} AND {NEAR} {_ORDER}"
_ENDED: Final = f"""
{_SELECT} INDEXED BY idx_claims_granted
WHERE won_by IS NULL AND finish > :now AND ended_at IS NOT NULL AND created_at <= :now AND {NEAR}
"""


class Claim(msgspec.Struct, omit_defaults=True):
    """Who has a path, a glob or a key for himself, or with others (`shared`), and until when.

    `state` is held, lost (to `won_by`, which was there before), released, expired or ended: with
    its session or its agent, see `end_reason`. `confirmed` is false while other clones may not know
    of it, so that one of an earlier claim may come.
    """

    claim_id: str
    kind: str
    what: str
    agent_id: str
    created_at: str
    until: str
    state: str
    confirmed: bool
    session_id: str = ""
    shared: bool = False
    note: str = ""
    given_by: str = ""
    ended_at: str = ""
    end_reason: str = ""
    ended_by: str = ""
    won_by: str = ""


class Known(msgspec.Struct):
    """A claim, with which daemon it comes from and the event that says it."""

    claim: Claim
    origin_daemon: str
    event_id: str

    @property
    def what(self) -> What:
        """What is claimed."""
        return What.of(self.claim.kind, self.claim.what)


def present(db: sqlite3.Connection, now_ns: int) -> str:
    """The present as events have it: never behind one that is known, see `Origin.present`."""
    (latest,) = db.execute(
        "SELECT max(timestamp) FROM events WHERE timestamp <= ?", (format_ns(now_ns + AHEAD_NS),)
    ).fetchone()
    return max(latest or "", format_ns(now_ns))


def _moment(now: str) -> dict[str, Any]:
    """Values for a moment; what begins a week after it was made up, or a clock is wrong."""
    return {"now": now, "horizon": format_ns(min(parse(now) + LONGEST_NS, LAST_NS))}


def _known(db: sqlite3.Connection, sql: str, values: Mapping[str, Any]) -> list[Known]:
    return [_of(row) for row in db.execute(sql, values)]


def _of(row: Sequence[Any]) -> Known:
    *said, origin_daemon, event_id = row
    claim = Claim(*said)
    claim.confirmed, claim.shared = True, bool(claim.shared)
    return Known(claim, origin_daemon, event_id)


def held(db: sqlite3.Connection, now: str, agent_id: str = "") -> list[Known]:
    """What is in force, of that agent or of all, the earliest first."""
    sql = f"{_SELECT} {_IN_FORCE} AND (:agent_id = '' OR agent_id = :agent_id) {_ORDER}"
    return _known(db, sql, {**_moment(now), "agent_id": agent_id})


def count(db: sqlite3.Connection, now: str, agent_id: str) -> int:
    """How much of an agent's is in force."""
    sql = f"SELECT count(*) FROM claims {_IN_FORCE} AND agent_id = :agent_id"
    (found,) = db.execute(sql, {**_moment(now), "agent_id": agent_id}).fetchone()
    return int(found)


def since(db: sqlite3.Connection, now: str, moment: str, agent_id: str = "") -> list[Known]:
    """What is in force, and what was, or was wanted, since a moment."""
    sql = (
        f"{_SELECT} WHERE (finish > :moment OR won_by IS NOT NULL AND created_at > :moment)"
        f" AND created_at < :horizon AND (:agent_id = '' OR agent_id = :agent_id) {_ORDER}"
    )
    return _known(db, sql, {**_moment(now), "moment": moment, "agent_id": agent_id})


class Contest(msgspec.Struct):
    """A claim that was lost and would still last, and the one that it lost against."""

    lost: Known
    winner: Known


def contests(db: sqlite3.Connection, now: str) -> list[Contest]:
    """What two clones claimed before they heard of each other, the earliest first."""
    sql = f"{_SELECT} WHERE won_by IS NOT NULL AND ended_at IS NULL AND finish > :now {_ORDER}"
    lost = _known(db, sql, _moment(now))
    winners = by_id(db, now, {each.claim.won_by for each in lost})
    return [
        Contest(each, winners[each.claim.won_by]) for each in lost if each.claim.won_by in winners
    ]


def by_id(db: sqlite3.Connection, now: str, claim_ids: Iterable[str]) -> dict[str, Known]:
    """Those of the claims that there are."""
    sql = f"{_SELECT} WHERE claim_id IN (SELECT value FROM json_each(:ids))"
    found = _known(db, sql, {**_moment(now), "ids": json.dumps(list(claim_ids))})
    return {each.claim.claim_id: each for each in found}


def in_the_way(
    db: sqlite3.Connection, now: str, agent_id: str, what: What, *, shared: bool
) -> list[Known]:
    """What others hold that keeps an agent from having something, the earliest first."""
    wanted = Take(("", ""), "", agent_id, what, "", shared)
    return [each for each in _near(db, now, what) if stands_in_the_way(_taken(each), wanted)]


def end_of_ended(
    db: sqlite3.Connection, moment: str, agent_id: str, what: What, *, shared: bool
) -> str:
    """When the last of others' claims ended that stood in the way at that moment, by their times.

    Empty if none did.
    """
    wanted = Take(("", ""), "", agent_id, what, "", shared)
    found = _known(db, _ENDED, {**_moment(moment), **near(what)._asdict()})
    return max(
        (each.claim.ended_at for each in found if stands_in_the_way(_taken(each), wanted)),
        default="",
    )


def _taken(known: Known) -> Take:
    claim = known.claim
    return Take(
        (claim.created_at, known.event_id),
        claim.claim_id,
        claim.agent_id,
        known.what,
        claim.until,
        claim.shared,
    )


def _near(db: sqlite3.Connection, now: str, what: What) -> list[Known]:
    return _known(db, _NEAR, {**_moment(now), **near(what)._asdict()})


def same(db: sqlite3.Connection, now: str, what: What, agent_id: str = "") -> list[Known]:
    """What is in force of exactly that, of that agent or of all."""
    wanted = patterns.fold(what.text)
    return [
        each
        for each in _near(db, now, what)
        if patterns.fold(each.claim.what) == wanted and agent_id in ("", each.claim.agent_id)
    ]


def covering(db: sqlite3.Connection, now: str, path: str) -> list[Known]:
    """What is in force and covers a path, which has no wildcards."""
    found = _near(db, now, patterns.literal(path))
    return [each for each in found if patterns.covers(each.what, path)]

"""Claims: how long each lasts, and which of several was granted, by `thrum.claims.life`.

What comes late changes only claims that begin after it and want the same: each whose share in the
matter is another one than before has those looked at again that it stands, or stood, in the way of.
They are looked at in the order in which they begin, so each is settled once, after all before it.
"""

from __future__ import annotations

import heapq
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from thrum import events
from thrum.claims import patterns
from thrum.claims.life import End, Key, Renewal, Take, life, stands_in_the_way
from thrum.claims.patterns import What
from thrum.daemon.projection.apply.stored import key, stored
from thrum.daemon.projection.near import NEAR, near
from thrum.daemon.projection.tables import NEVER, Tables

SESSION_ENDED: Final = "session ended"
AGENT_DELETED: Final = "agent deleted"
FOREIGN: Final = "not its agent's session"

_TAKE: Final = "created_at, event_id, claim_id, agent_id, kind, what, until, shared"
_BEFORE: Final = f"""
SELECT {_TAKE} FROM claims INDEXED BY idx_claims_granted
WHERE won_by IS NULL AND finish > :at AND (created_at, event_id) < (:at, :event_id)
  AND agent_id != :agent_id AND (NOT :shared OR NOT shared) AND {NEAR}
ORDER BY created_at, event_id
"""
_AFTER: Final = f"""
SELECT {_TAKE} FROM claims
WHERE (created_at, event_id) > (:at, :event_id) AND created_at < :finish
  AND agent_id != :agent_id AND (NOT :shared OR NOT shared) AND {NEAR}
"""
_PUT: Final = """
INSERT OR REPLACE INTO claims (claim_id, agent_id, session_id, kind, what, anchor, shared, note,
  given_by, created_at, event_id, origin_daemon, until, finish, ended_at, end_reason, ended_by,
  won_by)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


class _Share(NamedTuple):
    """What a claim that was granted keeps from others, and until when."""

    take: Take
    finish: str


def settle(tables: Tables, event: events.AboutClaim) -> None:
    """Applies what is said of a claim."""
    _settle(tables, [event.claim_id])


def settle_session(tables: Tables, session_id: str) -> None:
    """Looks again at the claims of a session, which has begun or ended."""
    _settle(tables, _found(tables.db, "session_id", session_id))


def settle_agent(tables: Tables, agent_id: str) -> None:
    """Looks again at the claims of an agent, who was deleted once."""
    if agent_id in tables.cleaned:
        _settle(tables, _found(tables.db, "agent_id", agent_id))


def _found(db: sqlite3.Connection, column: str, value: str) -> list[str]:
    rows = db.execute(f"SELECT claim_id FROM claims WHERE {column} = ?", (value,))
    return [claim_id for (claim_id,) in rows]


def _settle(tables: Tables, claim_ids: Iterable[str]) -> None:
    db = tables.db
    waiting = [(begin, each) for each in claim_ids for begin in _begin(db, each)]
    heapq.heapify(waiting)
    last: tuple[Key, str] | None = None
    while waiting:
        place = heapq.heappop(waiting)
        if place == last:
            continue
        last = place
        for each in _settle_one(tables, *place):
            heapq.heappush(waiting, each)


def _begin(db: sqlite3.Connection, claim_id: str) -> list[Key]:
    """When a claim begins by its events, or began by those that were; none if it never did."""
    query = "SELECT created_at, event_id FROM claims WHERE claim_id = ?"
    known: list[Key] = [(at, event_id) for at, event_id in db.execute(query, (claim_id,))]
    return sorted(known + [key(each) for each in stored(db, claim_id, events.ClaimTake)])[:1]


def _settle_one(tables: Tables, begin: Key, claim_id: str) -> Iterator[tuple[Key, str]]:
    """Settles one claim; those that are to be looked at after it, each with its begin."""
    db = tables.db
    before, after = _share(db, claim_id), None
    history = stored(db, claim_id, events.AboutClaim)
    taken = next((each for each in history if isinstance(each, events.ClaimTake)), None)
    if taken is not None and key(taken) > begin:
        yield key(taken), claim_id  # it begins later than it did, after others that are to settle
        taken = None
    if taken is None:
        db.execute("DELETE FROM claims WHERE claim_id = ?", (claim_id,))
    else:
        after = _write(tables, taken, history)
    if before == after:
        return
    for share in (before, after):
        if share is not None:
            yield from _concerned(db, share)


def _write(
    tables: Tables, taken: events.ClaimTake, history: Sequence[events.AboutClaim]
) -> _Share | None:
    """Writes the row of a claim; what it keeps from others, if it does."""
    db, take = tables.db, _take(taken)
    renewals = [
        each
        for each in history
        if isinstance(each, events.ClaimRenew) and each.agent_id == take.agent_id
    ]
    lasts = life(
        take,
        [Renewal(key(each), each.until) for each in renewals],
        [*_releases(take, history), *_ends(tables, taken, take)],
    )
    winner = next(_in_the_way(db, take), None)
    end = lasts.end or End(NEVER)
    db.execute(
        _PUT,
        (
            take.claim_id,
            take.agent_id,
            taken.session_id,
            take.what.kind,
            take.what.text,
            patterns.anchor(take.what),
            take.shared,
            _note(taken, renewals),
            taken.given_by,
            *take.key,
            taken.origin_daemon,
            lasts.until,
            lasts.finish,
            lasts.end and lasts.finish,
            end.why,
            end.by,
            winner,
        ),
    )
    return None if winner else _Share(take, lasts.finish)


def _take(taken: events.ClaimTake) -> Take:
    what = What.of(taken.kind, taken.what)
    return Take(key(taken), taken.claim_id, taken.agent_id, what, taken.until, taken.shared)


def _note(taken: events.ClaimTake, renewals: Iterable[events.ClaimRenew]) -> str:
    """What was said of it last."""
    later = [each.note for each in renewals if each.note and key(each) > key(taken)]
    return later[-1] if later else taken.note


def _releases(take: Take, history: Sequence[events.AboutClaim]) -> list[End]:
    return [
        End(key(each), each.reason, each.released_by)
        for each in history
        if isinstance(each, events.ClaimRelease) and key(each) > take.key
    ]


def _ends(tables: Tables, taken: events.ClaimTake, take: Take) -> Iterator[End]:
    """What ended whoever made the claim."""
    if taken.session_id:
        yield from _end_of_session(tables.db, taken)
    if take.agent_id in tables.cleaned:
        yield from _end_of_agent(tables.db, take)


def _end_of_session(db: sqlite3.Connection, taken: events.ClaimTake) -> Iterator[End]:
    """The end of the session in which a claim was made; at once where it is not that agent's."""
    said = stored(db, taken.session_id, events.AboutSession)
    began = next((each for each in said if isinstance(each, events.SessionStart)), None)
    if began is not None and began.agent_id != taken.agent_id:
        yield End(NEVER, FOREIGN)
    over = next((each for each in said if isinstance(each, events.SessionEnd)), None)
    if over is not None:
        yield End(key(over), SESSION_ENDED, over.ended_by)


def _end_of_agent(db: sqlite3.Connection, take: Take) -> Iterator[End]:
    """The deletion of the agent; at once where it did not come back before it made the claim."""
    gone = stored(db, take.agent_id, events.AgentCleanup)
    after = next((each for each in gone if key(each) > take.key), None)
    if after is not None:
        yield End(key(after), AGENT_DELETED, after.deleted_by)
    elif gone:
        last = key(gone[-1])
        back = stored(db, take.agent_id, events.AgentRegister)
        if not any(last < key(each) <= take.key for each in back):
            yield End(NEVER, AGENT_DELETED, gone[-1].deleted_by)


def _in_the_way(db: sqlite3.Connection, take: Take) -> Iterator[str]:
    """The claims that keep a claim from being granted, the earliest first."""
    for other in map(_read, db.execute(_BEFORE, _values(take)).fetchall()):
        if stands_in_the_way(other, take):
            yield other.claim_id


def _values(take: Take) -> dict[str, object]:
    """What the questions for other claims need to know of one."""
    at, event_id = take.key
    mine = {"at": at, "event_id": event_id, "agent_id": take.agent_id, "shared": take.shared}
    return {**mine, **near(take.what)._asdict()}


def _share(db: sqlite3.Connection, claim_id: str) -> _Share | None:
    """What a claim keeps from others by its row."""
    row = db.execute(
        f"SELECT finish, {_TAKE} FROM claims WHERE claim_id = ? AND won_by IS NULL", (claim_id,)
    ).fetchone()
    return _Share(_read(row[1:]), row[0]) if row else None


def _concerned(db: sqlite3.Connection, share: _Share) -> Iterator[tuple[Key, str]]:
    """The later claims that stand against what a claim keeps, or kept, from others."""
    take = share.take
    values = {**_values(take), "finish": share.finish}
    for other in map(_read, db.execute(_AFTER, values).fetchall()):
        if stands_in_the_way(take, other):
            yield other.key, other.claim_id


def _read(row: tuple[Any, ...]) -> Take:
    created_at, event_id, claim_id, agent_id, kind, what, until, shared = row
    return Take((created_at, event_id), claim_id, agent_id, What(kind, what), until, bool(shared))

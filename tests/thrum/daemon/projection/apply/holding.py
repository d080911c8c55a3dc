"""What becomes of claims by the pure rules, to hold the table against."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from thrum import events
from thrum.claims.life import End, Renewal, Take, life, settle
from thrum.claims.patterns import What
from thrum.daemon.projection.apply.claims import AGENT_DELETED, FOREIGN, SESSION_ENDED
from thrum.daemon.projection.tables import NEVER

Settled = tuple[str, str, str]
"""When a claim ends, why, and what it lost against."""


def rows(db: sqlite3.Connection) -> dict[str, Settled]:
    """Of each claim when it ends, why, and what it lost against."""
    query = "SELECT claim_id, finish, end_reason, coalesce(won_by, '') FROM claims"
    return {claim_id: tuple(rest) for claim_id, *rest in db.execute(query)}


def expected(history: Iterable[events.Event]) -> dict[str, Settled]:
    """The same by the pure rules, with everything looked at."""
    ordered = sorted(history, key=lambda each: (each.timestamp, each.event_id))
    taken: dict[str, events.ClaimTake] = {}
    for each in ordered:
        if isinstance(each, events.ClaimTake):
            taken.setdefault(each.claim_id, each)
    takes = {name: _take(each) for name, each in taken.items()}
    lives = {
        name: life(takes[name], _renewals(each, ordered), _ends(each, ordered))
        for name, each in taken.items()
    }
    verdicts = settle(takes.values(), lives)
    return {
        name: (lived.finish, lived.end.why if lived.end else "", verdicts[name])
        for name, lived in lives.items()
    }


def _key(event: events.Event) -> tuple[str, str]:
    return event.timestamp, event.event_id


def _take(each: events.ClaimTake) -> Take:
    what = What("key" if each.kind == "key" else "path", each.what)
    return Take(_key(each), each.claim_id, each.agent_id, what, each.until, each.shared)


def _renewals(taken: events.ClaimTake, ordered: Sequence[events.Event]) -> list[Renewal]:
    return [
        Renewal(_key(each), each.until)
        for each in ordered
        if isinstance(each, events.ClaimRenew)
        and (each.claim_id, each.agent_id) == (taken.claim_id, taken.agent_id)
    ]


def _ends(taken: events.ClaimTake, ordered: Sequence[events.Event]) -> list[End]:
    found, began, back, gone = [], None, NEVER, NEVER
    for each in ordered:
        match each:
            case events.ClaimRelease() if each.claim_id == taken.claim_id:
                if _key(each) > _key(taken):
                    found.append(End(_key(each), each.reason, each.released_by))
            case events.SessionStart() if each.session_id == taken.session_id:
                began = began or each.agent_id
            case events.SessionEnd() if each.session_id == taken.session_id:
                found.append(End(_key(each), SESSION_ENDED))
            case events.AgentCleanup() if each.agent_id == taken.agent_id:
                if _key(each) > _key(taken):
                    found.append(End(_key(each), AGENT_DELETED))
                else:
                    gone = _key(each)
            case events.AgentRegister() if each.agent_id == taken.agent_id:
                back = _key(each) if _key(each) < _key(taken) else back
            case _:
                pass
    is_gone_for_good = not any(each.why == AGENT_DELETED for each in found)
    if gone != NEVER and back < gone and is_gone_for_good:
        found.append(End(NEVER, AGENT_DELETED))
    if began not in (None, taken.agent_id):
        found.append(End(NEVER, FOREIGN))
    ends_of_session = [each for each in found if each.why == SESSION_ENDED]
    return [each for each in found if each not in ends_of_session[1:]]

"""Scopes and refs of sessions: what may be one, and keeping them. Local: never an event."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from thrum.daemon.store import Transaction
from thrum.errors import ThrumError
from thrum.events import Pair

MOST: Final = 256
"""Scopes, and as many refs, of one session."""

LONGEST_TYPE: Final = 64
LONGEST_VALUE: Final = 4096


def check(pairs: Iterable[Pair]) -> None:
    """Refuses what could neither be found again nor be written as ``type:value``.

    Raises:
        ThrumError: ``invalid_params``; ``too_large``.
    """
    for pair in pairs:
        if not pair.type or not pair.value or ":" in pair.type:
            raise ThrumError(
                "invalid_params", "a scope or ref has a type without a colon, and a value"
            )
        if len(pair.type) > LONGEST_TYPE or len(pair.value) > LONGEST_VALUE:
            raise ThrumError(
                "too_large",
                f"the type of a scope or ref has at most {LONGEST_TYPE} characters,"
                f" its value {LONGEST_VALUE:,}",
            )


def add(transaction: Transaction, session_id: str, kind: str, pairs: list[Pair]) -> None:
    """Adds scopes or refs to a session, each once; what is added again is the newest.

    Args:
        transaction: where to.
        session_id: whose.
        kind: ``scope`` or ``ref``.
        pairs: what `check` let through.

    Raises:
        ThrumError: ``too_large``, the session would have more than `MOST`.
    """
    transaction.db.executemany(
        f"INSERT INTO session_{kind}s VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET added_at = excluded.added_at",
        [(session_id, pair.type, pair.value, transaction.now) for pair in pairs],
    )
    (count,) = transaction.db.execute(
        f"SELECT count(*) FROM session_{kind}s WHERE session_id = ?", (session_id,)
    ).fetchone()
    if count > MOST:
        raise ThrumError("too_large", f"a session has at most {MOST} {kind}s")


def remove(transaction: Transaction, session_id: str, kind: str, pairs: list[Pair]) -> None:
    """Takes scopes or refs, as `kind` says, away from a session; others are no error."""
    transaction.db.executemany(
        f"DELETE FROM session_{kind}s"
        f" WHERE session_id = ? AND {kind}_type = ? AND {kind}_value = ?",
        [(session_id, pair.type, pair.value) for pair in pairs],
    )

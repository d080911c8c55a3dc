"""The one word for how it stands with the exchange."""

from __future__ import annotations

import pytest

from gitstore import Outcome
from thrum.daemon.sync.status import SyncStatus, state_of


@pytest.mark.parametrize(
    ("status", "outcome", "waiting", "word"),
    [
        (SyncStatus(True, "", last_error="no", reads=True), Outcome.TIMED_OUT, True, "error"),
        (SyncStatus(True, "", local_only=True, last_error="x"), None, True, "local-only"),
        (SyncStatus(False, ""), None, False, "stopped"),
        (SyncStatus(True, "", last_error="no route"), Outcome.UNREACHABLE, True, "offline"),
        (SyncStatus(True, "", last_error="slow"), Outcome.TIMED_OUT, False, "offline"),
        (SyncStatus(True, "", last_error="denied"), Outcome.AUTH_FAILED, True, "error"),
        (SyncStatus(True, "", last_sync_at="t"), Outcome.OK, True, "pending"),
        (SyncStatus(True, "", last_sync_at="t"), Outcome.OK, False, "synced"),
        (SyncStatus(True, ""), None, False, "idle"),
        (SyncStatus(True, "", last_sync_at="t"), Outcome.NO_REMOTE, True, "idle"),
    ],
)
def test_one_word_says_how_it_stands(
    status: SyncStatus, outcome: Outcome | None, waiting: bool, word: str
) -> None:
    assert state_of(status, outcome, waiting) == word

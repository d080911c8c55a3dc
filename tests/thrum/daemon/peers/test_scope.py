"""Of two scopes the narrower one counts."""

from __future__ import annotations

import itertools

import pytest

from thrum.daemon.peers.peer import Peer
from thrum.daemon.peers.scope import ADDRESSED, ALL, NONE, SCOPES, narrower


@pytest.mark.parametrize(("one", "other"), [*itertools.product(SCOPES, SCOPES)])
def test_the_narrower_counts_whoever_says_it(one: str, other: str) -> None:
    found = narrower(one, other)
    assert found == narrower(other, one)
    assert found in {one, other}
    assert (found == ALL) == (one == other == ALL)
    assert (found == NONE) == (NONE in {one, other})


def test_what_is_no_scope_gives_nothing() -> None:
    assert narrower("everything", ALL) == NONE


def test_an_older_peer_gives_all() -> None:
    peer = Peer("docs", "", "d_1")
    assert peer.effective == ALL
    peer.scope = ADDRESSED
    assert peer.effective == ADDRESSED
    peer.their_scope = NONE
    assert peer.effective == NONE

"""What is said of a peer follows from what was found."""

from __future__ import annotations

from typing import Any

import pytest

from thrum.daemon.peers.doctoring import OK, WRONG, Seen, judged, of_token_file
from thrum.daemon.peers.peer import Peer
from thrum.daemon.peers.scope import NONE


def peer(**how: Any) -> Peer:
    return Peer("docs", "127.0.0.1:1", "d_docs", **{"token": "t", **how})


def seen(who: Peer | None = None, **how: Any) -> Seen:
    facts = {"where": "127.0.0.1:1", "said_id": "d_docs", "version": "1", "behind": 0, "ahead": 0}
    return Seen(who or peer(), **{**facts, **how})


def levels(found: Seen) -> set[str]:
    return {each.level for each in judged(found, "1")}


def test_of_a_pair_that_is_well_nothing_is_to_be_done() -> None:
    found = judged(seen(), "1")
    assert [each.level for each in found] == [OK, OK, OK]
    assert not any(each.todo for each in found)


@pytest.mark.parametrize(
    ("found", "text", "todo"),
    [
        (seen(peer(token="")), "no token", "pair again"),
        (seen(fault="nobody is there"), "nobody is there", "daemon start"),
        (seen(fault="Unauthorized", is_refusal=True), "does not know us", "peer remove docs"),
        (
            seen(peer(reconcile_status="drift_reconcile_failed"), fault="No", is_refusal=True),
            "does not know us",
            "peer remove docs",
        ),
        (seen(said_id="d_other"), "somebody else", "pair again"),
        (seen(clock_s=3600.5), "3,600 s ahead of ours", "set the clock"),
        (seen(clock_s=-61.0), "61 s behind ours", "set the clock"),
        (seen(ahead=None, own="h:2", calls="h:3"), "calls us at h:3", "repair NAME --address h:2"),
        (seen(peer(transport="network"), fault="away"), "away", "peer repair docs --address"),
        (seen(refused=1), "1 event of it refused", "logs"),
        (seen(trouble="it goes back"), "it goes back", "logs"),
        (
            seen(peer(reconcile_status="drift_reconcile_failed")),
            "not found again",
            "peer repair docs",
        ),
    ],
)
def test_what_is_wrong_is_said_with_what_to_do(found: Seen, text: str, todo: str) -> None:
    (wrong,) = [each for each in judged(found, "1") if each.level == WRONG]
    assert text in wrong.text
    assert todo in wrong.todo


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (seen(where=""), "only it can call"),
        (seen(behind=1), "1 event of it not read yet"),
        (seen(ahead=1_200), "1,200 events of ours"),
        (seen(ahead=None), "has not asked"),
        (seen(version="2"), "its program is 2, ours 1"),
        (seen(version="", behind=None), "older"),
        (seen(peer(scope=NONE)), "nothing crosses: we give none, it gives all"),
        (seen(peer(scope=NONE, their_scope=NONE)), "nothing crosses"),
        (seen(namesakes=["ann"]), "both sides have @ann, which are one"),
        (seen(namesakes=[*"abcdefg"]), "@d and @e and 2 more"),
        (seen(own="h:2", calls="h:3"), "it calls us at h:3, and we are at h:2; it comes through"),
    ],
)
def test_what_may_be_so_is_noted(found: Seen, text: str) -> None:
    assert WRONG not in levels(found)
    assert any(text in each.text for each in judged(found, "1"))


@pytest.mark.parametrize(
    ("ours", "theirs", "text", "todo"),
    [
        ("all", "", "everything crosses", ""),
        ("addressed", "addressed", "mail between agents of both crosses", ""),
        ("addressed", "all", "and nothing else", "configure docs --scope all"),
        ("all", "addressed", "and nothing else", "there: thrum peer configure NAME"),
        ("all", "none", "nothing crosses", "there: thrum peer configure NAME"),
    ],
)
def test_what_crosses_is_said_with_where_it_could_be_more(
    ours: str, theirs: str, text: str, todo: str
) -> None:
    found = judged(seen(peer(scope=ours, their_scope=theirs)), "1")
    (said,) = [each for each in found if "we give" in each.text]
    assert text in said.text
    assert f"we give {ours}, it gives {theirs or 'all'}" in said.text
    assert todo in said.todo
    assert (said.level == OK) is (not todo)


@pytest.mark.parametrize(("mode", "is_wrong"), [(None, 0), (0o600, 0), (0o640, 1), (0o604, 1)])
def test_tokens_are_for_their_owner(mode: int | None, is_wrong: int) -> None:
    assert len(of_token_file(mode, "peers.json")) == is_wrong

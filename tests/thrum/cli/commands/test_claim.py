"""``thrum claim``, ``release`` and ``claims``."""

from __future__ import annotations

from typing import Any

import pytest

CLAIM = {
    "claim_id": "clm_1",
    "kind": "path",
    "what": "src/a\x1b",
    "agent_id": "nux",
    "created_at": "2026-01-02T03:00:00.000000000Z",
    "until": "2026-01-02T05:04:05.000000000Z",
    "state": "held",
    "confirmed": False,
    "note": "tokens",
}


def test_what_is_claimed_is_told_with_what_others_know(world: Any) -> None:
    world.daemon.answers["claim.take"] = {"claims": [CLAIM], "refused": [], "notice": "not yet"}
    ran = world.run("claim", "src/a", "task:x", "--for", "90m", "--note", "tokens", "--shared")
    assert (ran.code, ran.out) == (0, "✓ src/a\\x1b is yours for 2h\n")
    assert "not yet" in ran.err
    assert world.daemon.params("claim.take") == {
        "what": ["src/a", "task:x"],
        "caller_agent_id": "furiosa",
        "for_seconds": 5400,
        "note": "tokens",
        "shared": True,
    }


def test_a_refusal_names_who_has_it_and_ends_with_1(world: Any) -> None:
    refused = [{"what": "src", "holder": CLAIM}, {"what": "doc", "holder": CLAIM}]
    world.daemon.answers["claim.take"] = {"claims": [], "refused": refused}
    ran = world.run("claim", "src", "doc")
    assert ran.code == 1
    assert "src is not free: @nux has src/a\\x1b for 2h: tokens, and 1 thing more is" in ran.err
    ran = world.run("claim", "src", "doc", "--json")
    assert (ran.error["kind"], ran.error["refused"]) == ("conflict", refused)


@pytest.mark.parametrize(
    "argv",
    [
        ["claim"],
        ["claim", "x", "--for", "soon"],
        ["claim", "x", "--wait", "-5s"],
        ["claim", "x", "--for", "0"],
        ["claim", "x", "--for", "200h"],
        ["claim", "x\udc80"],
        ["release"],
        ["release", "x", "--all"],
        ["claim", "give"],
        ["claim", "give", "@nux"],
    ],
)
def test_what_says_too_little_or_too_much(world: Any, argv: list[str]) -> None:
    ran = world.run(*argv, "--json")
    assert (ran.code, ran.error["kind"]) == (2, "usage")
    assert world.daemon.requests == []


def test_giving_back_and_handing_over(world: Any) -> None:
    ended = {**CLAIM, "state": "released", "ended_by": "furiosa"}
    world.daemon.answers["claim.release"] = {"claims": [ended]}
    assert world.run("release", "src").out == "✓ Released src/a\\x1b, which was @nux's\n"
    world.daemon.answers["claim.release"] = {"claims": []}
    assert world.run("release", "--all").out == "You hold nothing.\n"
    assert world.daemon.params("claim.release") == {"caller_agent_id": "furiosa", "all": True}
    world.daemon.answers["claim.give"] = {"claims": [CLAIM]}
    assert world.run("claim", "give", "@nux", "src").out.startswith("✓ @nux has src/a")
    assert world.daemon.params("claim.give")["to"] == "@nux"
    world.run("claim", "give", "src", "docs", "@nux")
    assert world.daemon.params("claim.give")["to"] == "@nux"
    assert world.daemon.params("claim.give")["what"] == ["src", "docs"]


def test_claims_are_listed(world: Any) -> None:
    lost = {**CLAIM, "state": "lost", "won_by": "clm_0", "shared": True}
    ended = {**CLAIM, "state": "ended", "end_reason": "session ended"}
    world.daemon.answers["claim.list"] = {"claims": [CLAIM, lost, ended]}
    assert world.run("claims").out.splitlines()[0] == "src/a\\x1b @nux 2h tokens"
    member = {"agent_id": "nux", "role": "r", "module": "m", "claims": ["src", "doc\x1b"]}
    world.daemon.answers["team.list"] = {"members": [member]}
    assert "[has src, doc\\x1b]" in world.run("team").out
    assert world.run("claims", "--all", "--mine").out.splitlines() == [
        "src/a\\x1b @nux unconfirmed 2h tokens",
        "src/a\\x1b (shared) @nux lost tokens",
        "src/a\\x1b @nux ended (session ended) tokens",
    ]
    world.daemon.answers["claim.list"] = {"claims": []}
    assert world.run("claims").out == "Nobody holds anything.\n"


def test_who_has_a_file_is_also_who_claimed_it(world: Any) -> None:
    world.daemon.answers["agent.listContext"] = {"contexts": [], "claims": [CLAIM]}
    assert world.run("who-has", "src/a").out.splitlines() == [
        "@nux has src/a\\x1b for 2h: tokens",
        "No agents are currently editing src/a",
    ]

"""How each transport knows who calls."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum.daemon.callers.authenticators import BoundUser, Claims, KernelCredentials, PeerToken
from thrum.daemon.callers.caller import Caller, State
from thrum.errors import ThrumError
from thrum.identity import process

CLAIMS = st.sampled_from(["", "nux", "user:ada", "user:eve", "ada", "d_there"])


def test_the_kernel_says_who_and_a_claim_chooses_among_those(node: Any) -> None:
    node.agent("nux")
    node.stand("nux")
    here = process.look(os.getpid())
    known = KernelCredentials(node.parts.resolver, os.getpid(), here)
    found = anyio.run(known.look)
    caller = known.judge(found, "", ())
    assert (caller.agent_id, caller.state, caller.pid) == ("nux", State.IDENTIFIED, os.getpid())
    assert known.judge(found, "nux", ()) == caller
    with pytest.raises(ThrumError) as refused:
        known.judge(found, "max", ())
    assert refused.value.kind == "identity_mismatch"


def test_a_process_that_is_another_than_the_one_that_connected_is_nobody(node: Any) -> None:
    node.agent("nux")
    node.stand("nux")
    gone = process.Process(os.getpid(), 1, "another start", "x")
    known = KernelCredentials(node.parts.resolver, os.getpid(), gone)
    assert known.judge(anyio.run(known.look), "", ()).state is State.ANONYMOUS


@given(claim=CLAIMS, implied=st.lists(CLAIMS, max_size=3))
def test_a_socket_is_its_users_and_nobody_elses(claim: str, implied: list[str]) -> None:
    bound = BoundUser("user:ada")
    if claim in {"", "user:ada", "ada"}:
        caller = bound.judge(None, claim, implied)
        assert caller == Caller("user:ada", State.IDENTIFIED, "user")
        assert caller.possible == ("user:ada",)
    else:
        with pytest.raises(ThrumError, match="bound to user:ada") as refused:
            bound.judge(None, claim, implied)
        assert refused.value.kind == "identity_mismatch"


@given(claim=CLAIMS, implied=st.lists(CLAIMS, max_size=3))
def test_before_a_socket_is_bound_it_is_nobodys(claim: str, implied: list[str]) -> None:
    bound = BoundUser()
    assert bound.judge(None, claim, implied) == Caller("", State.STRANGER)


def test_a_long_claim_is_told_cut() -> None:
    with pytest.raises(ThrumError) as refused:
        BoundUser("user:ada").judge(None, "x" * 10_000, ())
    assert len(refused.value.message) < 400


TOKENS = {"d_one": "secret", "d_two": "gèheim", "d_empty": ""}


@pytest.mark.parametrize(
    ("shown", "peer"),
    [
        ("secret", "d_one"),
        ("gèheim", "d_two"),
        ("", ""),
        ("Secret", ""),
        ("secre", ""),
        ("secret ", ""),
        ("d_one", ""),
    ],
)
@pytest.mark.parametrize("claim", ["", "nux", "d_one"])
def test_a_peer_is_known_by_its_token_and_is_no_agent(shown: str, peer: str, claim: str) -> None:
    token = PeerToken(TOKENS, shown)
    caller = token.judge(anyio.run(token.look), claim, ["nux"])
    assert (caller.agent_id, caller.peer) == ("", peer)
    assert caller.state is (State.IDENTIFIED if peer else State.ANONYMOUS)


def test_a_peer_whose_token_is_taken_back_is_one_no_longer() -> None:
    tokens: dict[str, str] = dict(TOKENS)
    handed: Mapping[str, str] = tokens
    token = PeerToken(handed, "secret")
    assert anyio.run(token.look) == "d_one"
    del tokens["d_one"]
    assert token.judge(anyio.run(token.look), "", ()).state is State.ANONYMOUS


KNOWN = {"nux": "nux", "ada": "user:ada", "user:ada": "user:ada", "user:eve": "user:eve"}


def claims(user_id: str = "") -> Claims:
    return Claims(user_id, resolved=lambda name: KNOWN.get(name, ""))


@pytest.mark.parametrize(
    ("claim", "caller"),
    [
        ("", Caller("", State.ANONYMOUS)),
        ("nux", Caller("nux", State.IDENTIFIED, "claim")),
        ("ada", Caller("user:ada", State.IDENTIFIED, "user")),
        ("user:eve", Caller("user:eve", State.IDENTIFIED, "user")),
        ("nobody", Caller("", State.ANONYMOUS)),
    ],
)
def test_where_claims_are_believed_one_is_whom_one_names(claim: str, caller: Caller) -> None:
    assert claims().judge(None, claim, ()) == caller


def test_a_person_who_was_named_once_is_meant_where_nobody_is() -> None:
    known = claims()
    known.judge(None, "nux", ())
    assert known.judge(None, "", ()).agent_id == ""
    known.judge(None, "ada", ())
    known.judge(None, "user:eve", ())
    assert known.judge(None, "", ()).agent_id == "user:ada"
    assert known.judge(None, "nux", ()).agent_id == "nux"
    assert claims("user:eve").judge(None, "", ()).agent_id == "user:eve"


def test_what_is_logged_of_a_peer_has_no_token() -> None:
    told = repr(PeerToken({"d_bob": "secret-1"}, "secret-2"))
    assert "secret" not in told

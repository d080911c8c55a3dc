"""The caller of a request."""

from __future__ import annotations

from thrum.daemon.callers.caller import Caller, State


def test_a_claim_could_name_the_caller_or_the_others() -> None:
    caller = Caller("nux", State.IDENTIFIED, "worktree", others=("slit", "toast"))
    assert caller.possible == ("nux", "slit", "toast")

"""Who clashes with whom: laws over any worktrees, claims and names."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from thrum.daemon.clashes import meeting
from thrum.daemon.clashes.meeting import Changed, Form, Held

AGENTS = st.sampled_from(["a", "b", "c"])
PATHS = st.sampled_from(["x", "X", "y", "e\u0301", "\u00e9", "folder/"])
PLACES = st.tuples(st.sampled_from(["d1", "d2"]), st.sampled_from(["/w", "/v"]))
CHANGED = st.lists(st.builds(Changed, AGENTS, PLACES, st.lists(PATHS, max_size=4)), max_size=6)
HELD = st.lists(
    st.builds(lambda agent, path: Held(agent, lambda each: each == path), AGENTS, PATHS),
    max_size=3,
)


@given(CHANGED, HELD)
def test_both_hear_of_it_once_and_nobody_of_himself(
    changed: list[Changed], held: list[Held]
) -> None:
    found = meeting.clashes(changed, held)
    every = [each for some in found.values() for each in some]
    keys = [each.key for each in every]
    assert len(keys) == len({*keys})
    assert all(each.agent != each.other for each in every)
    assert {(other, agent, path) for agent, other, path in keys} == {*keys}
    assert all(each.agent == agent for agent, some in found.items() for each in some)
    assert meeting.clashes(reversed(changed), held).keys() == found.keys()


@given(CHANGED)
def test_whoever_shares_a_worktree_does_not_clash(changed: list[Changed]) -> None:
    together = [each._replace(place=("d", "/w")) for each in changed]
    covers_all = [Held(each.agent, lambda _path: True) for each in together]
    assert meeting.clashes(together, []) == {}
    assert meeting.clashes(together, covers_all) == {}


def test_a_claim_matters_more_than_changes_of_both() -> None:
    changed = [Changed("a", ("d", "/a"), ["x", "y"]), Changed("b", ("d", "/b"), ["X", "y"])]
    found = meeting.clashes(changed, [Held("b", lambda path: path == "x")])
    assert [(each.form, each.path) for each in found["a"]] == [
        (Form.HELD, "x"),
        (Form.CHANGES, "y"),
    ]
    assert [each.form for each in found["b"]] == [Form.HOLDS, Form.CHANGES]


def test_who_holds_need_not_have_changed_anything() -> None:
    found = meeting.clashes([Changed("a", ("d", "/a"), ["x"])], [Held("b", lambda _path: True)])
    assert [each.form for each in found["b"]] == [Form.HOLDS]

"""Whoever is told only what changed of the numbers has all of them right."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.thrum.daemon.push.retold import ADA, emit, note, read, registered, told
from thrum import events
from thrum.daemon.node import Node
from thrum.daemon.projection.queries.badges import Badges, Waiting
from thrum.daemon.projection.queries.badges import badges as numbers
from thrum.daemon.push import badges
from thrum.daemon.push.badges import CountsTold

some = st.integers(1, 3)
names = st.sampled_from(["a", "b", "c"])
each = st.builds(Waiting, st.integers(0, 2), some)
whole = st.builds(
    lambda *them: badges.told(Badges(*them)),
    st.integers(0, 3),
    st.integers(0, 3),
    st.dictionaries(names, some),
    st.dictionaries(names, some),
    st.dictionaries(names, each),
)


def applied(before: CountsTold, told: CountsTold | None) -> Badges:
    """What a page has that knew the numbers of before."""
    if told is None:
        told = before
    return Badges(
        told.inbox,
        told.mentions,
        {k: v for k, v in {**before.groups, **told.groups}.items() if v},
        {k: v for k, v in {**before.partners, **told.partners}.items() if v},
        {k: v for k, v in {**before.agents, **told.agents}.items() if v != Waiting()},
    )


@given(whole, whole)
def test_a_change_makes_the_old_the_new(before: CountsTold, now: CountsTold) -> None:
    change = badges.change(before, now)
    assert applied(before, change) == applied(now, None)
    assert (change is None) == (applied(before, None) == applied(now, None))


def test_one_knows_ones_numbers_after_each_thing_that_changes_them(parts: Node) -> None:
    emit(parts, *registered("nux", "max", ADA))
    made = [
        note("msg_1", "nux", ADA),
        note("msg_2", "nux", "max"),
        *read("max", "msg_2"),
        *read(ADA, "msg_1"),
        events.MessageDelete(message_id="msg_2"),
    ]
    for event in made:
        (push,) = told(parts, CountsTold, emit(parts, event))
        assert applied(push, None) == numbers(parts.store.reader(), ADA)
    quiet = [events.SessionStart(session_id="ses_1", agent_id="nux")]
    assert told(parts, CountsTold, emit(parts, *quiet)) == []

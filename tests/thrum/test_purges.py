"""What purges cover, whatever clocks say."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.laws import examples
from thrum import events
from thrum.clock import format_ns
from thrum.ids import Ids, ulid_text
from thrum.purges import BEYOND, TOP, Purge, Purges, purge_in, sent, stream

DAY_NS = 86_400_000_000_000
NOW_NS = 1_767_225_600_000_000_000
ONE, TWO = f"d_{'A' * 26}", f"d_{'B' * 26}"


def at(day: float) -> str:
    return format_ns(NOW_NS + int(day * DAY_NS))


def create(day: float, number: int, origin: str = ONE, agent: str = "ann") -> events.MessageCreate:
    return events.MessageCreate(
        message_id=f"msg_{number}",
        agent_id=agent,
        body=events.Body(""),
        timestamp=at(day),
        event_id=f"evt_{number:02}",
        origin_daemon=origin,
    )


@pytest.mark.parametrize(
    ("day", "number", "covered"),
    [
        (-2, 5, True),  # older, and seen last
        (-2, 4, True),
        (-2, 6, False),  # older by its clock, and written after what was seen
        (0, 4, False),  # seen, and younger
        (-1, 4, False),  # exactly as old
        (9, 6, False),
    ],
)
def test_what_is_older_and_was_seen(day: float, number: int, covered: bool) -> None:
    purges = Purges([Purge(at(-1), {ONE: "evt_05"})])
    assert purges.cover(create(day, number)) == covered
    assert not purges.cover(create(day, number, origin=TWO)), "of whom nothing was seen"


def test_a_purge_without_marks_counts_by_time() -> None:
    purges = Purges([Purge(at(-1))])
    assert purges.cover(create(-2, 99, origin=TWO))
    assert not purges.cover(create(-1, 1))
    assert not Purges([Purge(at(-1), {})]).cover(create(-2, 1)), "an empty list is one"


def test_no_purge_reaches_past_its_own_time() -> None:
    event = events.PurgeExecuted(cutoff=at(5), timestamp=at(1), marks={})
    assert purge_in(event) == Purge(at(1), {})


def test_purges_add_up_and_none_ends() -> None:
    early, late = Purge(at(-3), {ONE: "evt_09"}), Purge(at(-1), {ONE: "evt_05"})
    purges = Purges([late])
    assert purges.add(early)
    assert not purges.add(early)
    assert not purges.add(Purge(at(-3), {ONE: "evt_09"}))
    assert purges.cover(create(-4, 9))
    assert purges.cover(create(-2, 5))
    assert not purges.cover(create(-2, 6))
    assert purges.mark(ONE) == "evt_09"
    assert purges.mark(TWO) == ""
    assert purges == Purges([early, late])
    assert purges != Purges([late])
    assert not Purges()


def test_what_is_about_a_message_goes_with_it_whenever_it_was_written() -> None:
    purges = Purges([Purge(at(-1), {ONE: "evt_05"})])
    gone, stays = create(-2, 5), create(0, 4)
    for timestamp in (at(-9), at(9)):
        edit = events.MessageEdit(
            message_id="msg_1",
            body=events.Body(""),
            timestamp=timestamp,
            event_id="evt_01",
            origin_daemon=ONE,
        )
        edit.of = sent(gone)
        assert purges.cover(edit)
        edit.of = sent(stays)
        assert not purges.cover(edit)
        edit.of = None
        assert purges.cover(edit) == (timestamp < at(-1)), "an older program does not say of what"


@pytest.mark.parametrize(("days", "covered"), [(-2, True), (0, False), (300_000, False)])
def test_what_older_programs_say_about_a_young_message_stays(days: int, covered: bool) -> None:
    milliseconds = (NOW_NS + days * DAY_NS) // 1_000_000
    delete = events.MessageDelete(
        message_id=f"msg_{ulid_text(milliseconds, 0)}", timestamp=at(-2), event_id="evt_01"
    )
    assert Purges([Purge(at(-1), {"/": "evt_01"})]).cover(delete) == covered


@pytest.mark.parametrize(
    "event",
    [
        events.AgentRegister(agent_id="ann"),
        events.SessionEnd(session_id="ses_1"),
        events.AgentCleanup(agent_id="ann"),
        events.PurgeExecuted(cutoff=at(-5)),
        events.UnknownEvent(type="memory.add", timestamp=at(-9), event_id="evt_01"),
    ],
)
def test_only_mail_is_covered(event: events.Event) -> None:
    event.timestamp, event.event_id = at(-9), "evt_01"
    assert not Purges([Purge(at(-1))]).cover(event)


def test_a_stream_is_a_daemon_or_an_agent_of_one_that_others_are_called_like() -> None:
    assert stream(ONE, "ann") == stream(ONE, "bob") == ONE
    assert stream("", "ann") != stream("", "bob")
    assert stream("d_host12345678", "ann") != stream("d_host12345678", "bob")


def test_ids_that_were_made_up_neither_hide_nor_cover() -> None:
    purges = Purges([Purge(at(-1), {ONE: "evt_05"})])
    forged = create(-2, 1)
    for event_id, covered in ((BEYOND, True), (TOP, True), ("evt_zz", False)):
        forged.event_id = event_id
        assert purges.cover(forged) == covered


# -- nodes whose clocks are wrong by days --


@dataclass
class Node:
    """Writes, and gets what another one has written until then."""

    origin: str
    skew_ns: int = 0
    ids: Ids = field(init=False)
    known: list[events.MessageCreate] = field(default_factory=list)
    true_ns: int = NOW_NS

    def __post_init__(self) -> None:
        self.ids = Ids(lambda: self.true_ns + self.skew_ns)

    def write(self) -> None:
        self.true_ns += 1_000_000_000
        self.known.append(
            events.MessageCreate(
                message_id=f"msg_{len(self.known)}",
                agent_id="ann",
                body=events.Body(""),
                timestamp=format_ns(self.true_ns + self.skew_ns),
                event_id=self.ids.make("evt"),
                origin_daemon=self.origin,
            )
        )


steps = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(0, 2)),
        st.tuples(st.just("jump"), st.integers(0, 2), st.integers(-5, 5)),
        st.tuples(st.just("get"), st.integers(0, 2), st.integers(0, 2)),
        st.tuples(st.just("purge"), st.integers(0, 2), st.integers(-3, 3)),
    ),
    max_size=40,
)


@settings(max_examples=examples(150))
@given(steps)
def test_whatever_clocks_do_what_the_purging_node_had_not_seen_stays(
    taken: list[tuple[str, int, int]],
) -> None:
    nodes = [Node(f"d_{letter * 26}") for letter in "ABC"]
    purges, doomed = Purges(), set()
    for what, number, *more in taken:
        node = nodes[number]
        if what == "write":
            node.write()
        elif what == "jump":
            node.skew_ns = more[0] * DAY_NS
        elif what == "get":
            other = nodes[more[0]].known
            node.known += [event for event in other if event not in node.known]
        else:
            cutoff = format_ns(node.true_ns + node.skew_ns + more[0] * DAY_NS)
            going = [event for event in node.known if event.timestamp < cutoff]
            marks: dict[str, str] = {}
            for event in going:
                marks[event.origin_daemon] = max(marks.get(event.origin_daemon, ""), event.event_id)
            purges.add(Purge(cutoff, marks))
            doomed |= {event.event_id for event in going}
    for node in nodes:
        for event in node.known:
            assert purges.cover(event) == (event.event_id in doomed)

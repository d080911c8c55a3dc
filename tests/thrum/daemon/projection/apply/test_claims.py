"""The table of claims is what `thrum.claims.life` says of the events, whatever their order."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from gitstore import Line, canonical
from tests.laws import examples
from tests.thrum.daemon.projection.apply.holding import expected, rows
from thrum import events
from thrum.claims.life import Take, stands_in_the_way
from thrum.claims.patterns import What
from thrum.clock import format_ns
from thrum.daemon.projection.reading import take
from thrum.daemon.projection.tables import Tables

Empty = Callable[[], Tables]

HOUR_NS = 3600 * 1_000_000_000
BEGIN_NS = 1_700_000_000 * 1_000_000_000
AGENTS = ["ann", "bob", "cy"]
CLAIMS = [f"clm_{n}" for n in range(6)]
SESSIONS = {"ses_ann": "ann", "ses_bob": "bob", "ses_other": "nobody"}


def at(hours: int) -> str:
    return format_ns(BEGIN_NS + hours * HOUR_NS)


times = st.integers(0, 60).map(at)
claimed = st.builds(
    events.ClaimTake,
    timestamp=times,
    claim_id=st.sampled_from(CLAIMS),
    agent_id=st.sampled_from(AGENTS),
    kind=st.just("path"),
    what=st.sampled_from(["src", "src/a.py", "src/*.py", "SRC/A.PY", "doc", "**/b", "."]),
    until=st.integers(61, 400).map(at),
    session_id=st.sampled_from(["", "", *SESSIONS]),
    shared=st.booleans(),
)
about = st.one_of(
    claimed,
    claimed,
    claimed,
    st.builds(
        events.ClaimRenew,
        timestamp=times,
        claim_id=st.sampled_from(CLAIMS),
        agent_id=st.sampled_from(AGENTS),
        until=st.integers(61, 400).map(at),
    ),
    st.builds(
        events.ClaimRelease,
        timestamp=times,
        claim_id=st.sampled_from(CLAIMS),
        reason=st.just("released"),
        released_by=st.sampled_from(["", "cy"]),
    ),
    st.sampled_from([*SESSIONS]).flatmap(
        lambda session: st.builds(
            events.SessionStart,
            timestamp=times,
            session_id=st.just(session),
            agent_id=st.just(SESSIONS[session]),
        )
    ),
    st.builds(events.SessionEnd, timestamp=times, session_id=st.sampled_from([*SESSIONS])),
    st.builds(events.AgentCleanup, timestamp=times, agent_id=st.sampled_from(AGENTS)),
    st.builds(
        events.AgentRegister,
        timestamp=times,
        agent_id=st.sampled_from(AGENTS),
        kind=st.just("agent"),
    ),
)


@st.composite
def histories(draw: st.DrawFn) -> list[events.Event]:
    """Events with ids of their own, as several clones wrote them."""
    found = draw(st.lists(about, min_size=1, max_size=16))
    for number, event in enumerate(found):
        event.event_id = f"evt_{(number * 7) % 23:02}"
        event.v = 1
    return found


def told(tables: Tables, history: Sequence[events.Event]) -> None:
    lines = [Line("events.jsonl", n, canonical(event)) for n, event in enumerate(history)]
    assert take(tables, lines).bad == 0


@given(histories(), st.data())
def test_every_order_and_every_split_gives_what_the_rules_say(
    empty: Empty, history: list[events.Event], data: st.DataObject
) -> None:
    wanted = expected(history)
    at_once = empty()
    told(at_once, history)
    assert rows(at_once.db) == wanted
    one_by_one = empty()
    for event in data.draw(st.permutations(history)):
        told(one_by_one, [event])
    assert rows(one_by_one.db) == wanted
    # Two of three replicas hold a part each, and get the rest in a batch, some of it again.
    cut = data.draw(st.integers(0, len(history)))
    for first, second in ((history[:cut], history), (history[cut:], history)):
        replica = empty()
        told(replica, first)
        told(replica, second)
        assert rows(replica.db) == wanted


@settings(max_examples=examples(50))
@given(histories())
def test_at_most_one_has_a_path_at_a_moment_and_no_dead_agent_any(
    empty: Empty, history: list[events.Event]
) -> None:
    tables = empty()
    told(tables, history)
    query = (
        "SELECT created_at, event_id, claim_id, agent_id, what, finish, shared FROM claims"
        " WHERE won_by IS NULL AND finish > created_at"
    )
    granted = [
        (Take((begin, event_id), claim_id, who, What("path", what), finish, bool(shared)), finish)
        for begin, event_id, claim_id, who, what, finish, shared in tables.db.execute(query)
    ]
    for one, finish in granted:
        for other, _ in granted:
            if one.key < other.key and stands_in_the_way(one, other):
                assert finish <= other.key[0]
    known = {name for (name,) in tables.db.execute("SELECT agent_id FROM agents")}
    cleaned = {name: key[0] for name, key in tables.cleaned.items()}
    for one, finish in granted:
        if one.agent_id in cleaned and one.agent_id not in known:
            assert finish <= cleaned[one.agent_id]


def test_a_clone_that_wakes_after_a_week_settles_what_it_told_late(
    tables: Tables, put: Callable[..., None]
) -> None:
    def claim(number: int, hour: int, who: str, what: str = "src") -> events.ClaimTake:
        return events.ClaimTake(
            timestamp=at(hour),
            event_id=f"evt_{number}",
            v=1,
            claim_id=f"clm_{number}",
            agent_id=who,
            kind="path",
            what=what,
            until=at(hour + 10),
        )

    put(claim(1, 5, "ann"), claim(2, 14, "bob"), claim(3, 16, "cy", "src/a.py"))
    assert [each[2] for each in rows(tables.db).values()] == ["", "clm_1", ""]
    put(claim(0, 1, "dan"))  # a week late: ann's was never granted, so bob's is, and cy's is not
    found = {name: each[2] for name, each in rows(tables.db).items()}
    assert found == {"clm_0": "", "clm_1": "clm_0", "clm_2": "", "clm_3": "clm_2"}


def test_what_ends_before_it_begins_is_set_aside(tables: Tables) -> None:
    good = {
        "type": "claim.take",
        "v": 1,
        "event_id": "evt_1",
        "timestamp": at(1),
        "claim_id": "clm_1",
        "agent_id": "ann",
        "kind": "path",
        "what": "src",
        "until": at(2),
    }
    forged = [
        {**good, "until": at(0)},
        {**good, "what": "../x"},
        {**good, "what": "src/../x"},
        {**good, "kind": "planet"},
        {**good, "what": "["},
        {**good, "note": "x" * 501},
        {**good, "agent_id": "../x"},
        {**good, "until": "tomorrow"},
    ]
    lines = [Line("events.jsonl", n, canonical(each)) for n, each in enumerate(forged)]
    assert take(tables, lines).bad == len(forged)
    for_ever = {**good, "until": "9999-12-31T23:59:59Z", "event_id": "evt_9"}
    assert take(tables, [Line("events.jsonl", 99, canonical(for_ever))]).bad == 0
    assert rows(tables.db)["clm_1"][0] == format_ns(BEGIN_NS + HOUR_NS * (1 + 7 * 24))

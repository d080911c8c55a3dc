"""The table of claims is what `thrum.claims.life` says of the events, whatever their order."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from gitstore import Line, canonical
from tests.laws import examples
from thrum import events
from thrum.claims.life import End, Renewal, Take, life, settle, stands_in_the_way
from thrum.claims.patterns import What
from thrum.clock import format_ns
from thrum.daemon.projection.apply.claims import AGENT_DELETED, FOREIGN, SESSION_ENDED
from thrum.daemon.projection.reading import take
from thrum.daemon.projection.tables import NEVER, Tables

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


def rows(tables: Tables) -> dict[str, tuple[str, str, str]]:
    """Of each claim when it ends, why, and what it lost against."""
    query = "SELECT claim_id, finish, end_reason, coalesce(won_by, '') FROM claims"
    return {claim_id: tuple(rest) for claim_id, *rest in tables.db.execute(query)}


def expected(history: Sequence[events.Event]) -> dict[str, tuple[str, str, str]]:
    """The same by the pure rules, with everything looked at."""
    ordered = sorted(history, key=lambda each: (each.timestamp, each.event_id))
    taken: dict[str, events.ClaimTake] = {}
    for each in ordered:
        if isinstance(each, events.ClaimTake):
            taken.setdefault(each.claim_id, each)
    takes = {name: _take(each) for name, each in taken.items()}
    lives = {
        name: life(takes[name], _renewals(each, ordered), _ends(each, ordered))
        for name, each in taken.items()
    }
    verdicts = settle(takes.values(), lives)
    return {
        name: (lived.finish, lived.end.why if lived.end else "", verdicts[name])
        for name, lived in lives.items()
    }


def _key(event: events.Event) -> tuple[str, str]:
    return event.timestamp, event.event_id


def _take(each: events.ClaimTake) -> Take:
    what = What("path", each.what)
    return Take(_key(each), each.claim_id, each.agent_id, what, each.until, each.shared)


def _renewals(taken: events.ClaimTake, ordered: Sequence[events.Event]) -> list[Renewal]:
    return [
        Renewal(_key(each), each.until)
        for each in ordered
        if isinstance(each, events.ClaimRenew)
        and (each.claim_id, each.agent_id) == (taken.claim_id, taken.agent_id)
    ]


def _ends(taken: events.ClaimTake, ordered: Sequence[events.Event]) -> list[End]:
    found, began, back, gone = [], None, NEVER, NEVER
    for each in ordered:
        match each:
            case events.ClaimRelease() if each.claim_id == taken.claim_id:
                if _key(each) > _key(taken):
                    found.append(End(_key(each), each.reason, each.released_by))
            case events.SessionStart() if each.session_id == taken.session_id:
                began = began or each.agent_id
            case events.SessionEnd() if each.session_id == taken.session_id:
                found.append(End(_key(each), SESSION_ENDED))
            case events.AgentCleanup() if each.agent_id == taken.agent_id:
                if _key(each) > _key(taken):
                    found.append(End(_key(each), AGENT_DELETED))
                else:
                    gone = _key(each)
            case events.AgentRegister() if each.agent_id == taken.agent_id:
                back = _key(each) if _key(each) < _key(taken) else back
            case _:
                pass
    is_gone_for_good = not any(each.why == AGENT_DELETED for each in found)
    if gone != NEVER and back < gone and is_gone_for_good:
        found.append(End(NEVER, AGENT_DELETED))
    if began not in (None, taken.agent_id):
        found.append(End(NEVER, FOREIGN))
    ends_of_session = [each for each in found if each.why == SESSION_ENDED]
    return [each for each in found if each not in ends_of_session[1:]]


@settings(max_examples=examples(50))
@given(histories(), st.data())
def test_every_order_and_every_split_gives_what_the_rules_say(
    empty: Empty, history: list[events.Event], data: st.DataObject
) -> None:
    wanted = expected(history)
    at_once = empty()
    told(at_once, history)
    assert rows(at_once) == wanted
    one_by_one = empty()
    for event in data.draw(st.permutations(history)):
        told(one_by_one, [event])
    assert rows(one_by_one) == wanted
    # Two of three replicas hold a part each, and get the rest in a batch, some of it again.
    cut = data.draw(st.integers(0, len(history)))
    for first, second in ((history[:cut], history), (history[cut:], history)):
        replica = empty()
        told(replica, first)
        told(replica, second)
        assert rows(replica) == wanted


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
    assert [each[2] for each in rows(tables).values()] == ["", "clm_1", ""]
    put(claim(0, 1, "dan"))  # a week late: ann's was never granted, so bob's is, and cy's is not
    found = {name: each[2] for name, each in rows(tables).items()}
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
    assert rows(tables)["clm_1"][0] == format_ns(BEGIN_NS + HOUR_NS * (1 + 7 * 24))

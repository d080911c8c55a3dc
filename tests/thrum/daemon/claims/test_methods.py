"""``claim.*`` on one node: taking, waiting, giving back, handing over, and who may not."""

from __future__ import annotations

import json
import threading
from typing import Any, Final

import pytest

from gitstore import Line, canonical
from tests.thrum.daemon.push.test_pushing import connection
from thrum.claims.life import DAY_NS
from thrum.clock import format_ns, parse
from thrum.daemon.claims import line as claims_line
from thrum.daemon.claims import taking
from thrum.daemon.claims.service import Claims
from thrum.daemon.projection.reading import take as read
from thrum.daemon.push.service import Push

TOLD: Final = "notification.claim"


@pytest.fixture
def crew(node: Any) -> Any:
    for name, role in (("nux", "tester"), ("slit", "tester"), ("boss", "coordinator")):
        node.agent(name, role)
    return node


def take(node: Any, who: str, *what: str, **params: Any) -> Any:
    return node.call(who, "claim.take", what=list(what), **params)


def whats(claims: list[dict[str, Any]]) -> list[str]:
    return [each["what"] for each in claims]


def test_all_of_it_or_nothing_and_again_is_a_renewal(crew: Any) -> None:
    made = take(crew, "nux", "a.py", "../task:x", "./a.py", directory="src", note="mine")
    assert whats(made["claims"]) == ["src/a.py", "task:x"]
    first = made["claims"][0]
    assert (first["state"], first["confirmed"], first["note"]) == ("held", True, "mine")
    refused = take(crew, "slit", "doc", "SRC/*.py")
    assert refused["claims"] == []
    (only,) = refused["refused"]
    assert (only["what"], only["holder"]["agent_id"]) == ("SRC/*.py", "nux")
    assert whats(crew.call("slit", "claim.list")["claims"]) == ["src/a.py", "task:x"]
    again = take(crew, "nux", "src/A.py", note="still", for_seconds=9000)["claims"][0]
    assert (again["claim_id"], again["note"]) == (first["claim_id"], "still")
    assert again["until"] > first["until"]
    assert take(crew, "slit", "src/b.py", shared=True)["claims"]
    assert take(crew, "boss", "src/b.py", shared=True)["claims"]
    assert take(crew, "nux", "src/b.py")["refused"]


def test_only_the_owner_and_those_in_charge_end_one(crew: Any) -> None:
    take(crew, "nux", "src", "task:x")
    assert crew.refused("slit", "claim.release", what=["src"]) == "not_allowed"
    assert crew.refused("slit", "claim.release", what=["doc"]) == "not_found"
    assert crew.refused("nux", "claim.release") == "invalid_params"
    deep = take(crew, "nux", "b.py", "c.py", directory="lib/x")["claims"]
    asked = ["../x/b.py", deep[1]["claim_id"], "lib/x/b.py"]
    gone = crew.call("nux", "claim.release", what=asked, directory="lib/x")["claims"]
    assert whats(gone) == ["lib/x/b.py", "lib/x/c.py"]
    assert crew.refused("nux", "claim.release", what=[deep[0]["claim_id"]]) == "not_found"
    by = crew.call("boss", "claim.release", what=["SRC"])["claims"][0]
    assert (by["state"], by["ended_by"], by["agent_id"]) == ("released", "boss", "nux")
    (told,) = crew.inbox("nux")
    assert "@boss ended your claim to `src`" in told
    assert crew.call("slit", "claim.release", all=True)["claims"] == []
    assert whats(crew.call("nux", "claim.release", all=True)["claims"]) == ["task:x"]
    assert crew.call("nux", "claim.list")["claims"] == []
    ended = crew.call("nux", "claim.list", all=True, mine=True)["claims"]
    assert [each["state"] for each in ended] == ["released"] * 4


def test_it_is_handed_over_with_its_time_and_word_of_it(crew: Any) -> None:
    made = take(crew, "nux", "src", "src/a.py", note="tokens")["claims"]
    assert crew.refused("nux", "claim.give", what=["src"], to="slit") == "conflict"
    assert crew.refused("nux", "claim.give", what=["src"], to="nobody") == "unknown_recipient"
    assert crew.refused("slit", "claim.give", what=["src"], to="slit") == "not_allowed"
    given = crew.call("nux", "claim.give", what=["src", "src/a.py"], to="@slit")["claims"]
    assert [each["agent_id"] for each in given] == ["slit", "slit"]
    assert [each["until"] for each in given] == [each["until"] for each in made]
    assert (given[0]["given_by"], given[0]["note"]) == ("nux", "tokens")
    (told,) = crew.inbox("slit")
    assert "`src`" in told and "tokens" in told and "@nux" in told
    assert take(crew, "nux", "src/a.py")["refused"]


def test_it_ends_with_the_session_and_the_agent(crew: Any, node: Any) -> None:
    session = take(crew, "nux", "src")["claims"][0]["session_id"]
    crew.call("nux", "session.end", session_id=session)
    assert take(crew, "slit", "src")["claims"]
    crew.call("boss", "agent.delete", name="slit")
    assert crew.call("boss", "claim.list")["claims"] == []
    states = [
        (each["state"], each["end_reason"])
        for each in crew.call("boss", "claim.list", all=True)["claims"]
    ]
    assert states == [("ended", "session ended"), ("ended", "agent deleted")]


def test_who_waits_gets_it_in_turn(crew: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    take(crew, "nux", "src")
    slit, boss = crew.connect(), crew.connect()
    crew.stand("slit")
    first = slit.write("claim.take", what=["src/a.py"], wait_seconds=30)
    line = crew.parts.service(Claims).line
    _until(lambda: len(line._waiting) == 1)
    crew.stand("boss")
    second = boss.write("claim.take", what=["src"], wait_seconds=30)
    _until(lambda: len(line._waiting) == 2)
    crew.call("nux", "claim.release", what=["src"])
    answer = slit.read()
    assert (answer["id"], whats(answer["result"]["claims"])) == (first, ["src/a.py"])
    assert len(line._waiting) == 1
    crew.call("slit", "claim.release", all=True)
    answer = boss.read()
    assert (answer["id"], whats(answer["result"]["claims"])) == (second, ["src"])
    # What goes wrong for one who waits is his alone: here he holds all that one may.
    crew.call("boss", "claim.release", all=True)
    take(crew, "nux", "src")
    take(crew, "slit", "doc")
    crew.stand("slit")
    over = slit.write("claim.take", what=["src/a.py"], wait_seconds=30)
    _until(lambda: len(line._waiting) == 1)
    with monkeypatch.context() as patch:
        patch.setattr(taking, "MOST_HELD", 1)
        crew.call("nux", "claim.release", all=True)
        answer = slit.read()
    assert (answer["id"], answer["error"]["data"]["kind"]) == (over, "too_large")
    crew.call("slit", "claim.release", all=True)
    take(crew, "boss", "src")
    with monkeypatch.context() as patch:
        patch.setattr(claims_line, "MOST_WAITING", 0)
        params = {"what": ["src"], "wait_seconds": 9}
        assert crew.refused("nux", "claim.take", **params) == "busy"
    # Who hangs up waits no more, and gets nothing.
    crew.stand("slit")
    slit.write("claim.take", what=["src"], wait_seconds=30)
    _until(lambda: len(line._waiting) == 1)
    slit.close()
    crew.callers.remove(slit)
    _until(lambda: not line._waiting)
    crew.call("boss", "claim.release", all=True)
    assert crew.call("nux", "claim.list")["claims"] == []
    # One that ends by its time is free then, though no event says so.
    take(crew, "nux", "src", for_seconds=1)
    assert take(crew, "boss", "src", wait_seconds=30)["claims"]
    assert take(crew, "nux", "src", wait_seconds=1)["refused"]


def test_pages_are_told_of_each_claim_that_is_another_one(crew: Any) -> None:
    made = take(crew, "nux", "src")["claims"][0]
    push, page = crew.parts.service(Push), connection(crew.parts)
    crew.loop.call_soon_threadsafe(push.feeds.join, "user:ada", page)
    _until(lambda: push.feeds.count == 1)
    crew.begin_again(Claims)
    other = take(crew, "slit", "doc")["claims"][0]
    crew.call("nux", "claim.release", all=True)

    def told() -> list[tuple[str, str]]:
        lines = [json.loads(each) for each in page.pushed]
        claims = [each["params"]["claim"] for each in lines if each["method"] == TOLD]
        return [(each["claim_id"], each["state"]) for each in claims]

    _until(lambda: (made["claim_id"], "released") in told())
    assert (other["claim_id"], "held") in told()
    assert len(told()) == len(set(told()))


def _until(holds: Any) -> None:
    pause = threading.Event()
    for _ in range(2000):
        if holds():
            return
        pause.wait(0.01)
    raise AssertionError("it never came")


def test_what_ended_by_a_clock_that_is_ahead_has_ended(crew: Any) -> None:
    """And who registered by such a clock claims all the same."""
    tomorrow = format_ns(crew.parts.now_ns() + DAY_NS)
    until = format_ns(crew.parts.now_ns() + 2 * DAY_NS)
    lines = [
        {"type": "claim.take", "claim_id": "clm_1", "agent_id": "ahead", "kind": "path"}
        | {"what": "src", "until": until, "timestamp": tomorrow, "event_id": "evt_1", "v": 1},
        {"type": "agent.register", "agent_id": "nux", "kind": "agent", "role": "tester"}
        | {"timestamp": tomorrow, "event_id": "evt_2", "v": 1},
    ]
    released = {"type": "claim.release", "claim_id": "clm_1", "reason": "released", "v": 1}
    told(crew, *lines)
    assert take(crew, "slit", "src/a.py")["refused"]
    later = format_ns(parse(tomorrow) + DAY_NS // 2)
    told(crew, {**released, "timestamp": later, "event_id": "evt_3"})
    assert crew.call("slit", "claim.list", all=True)["claims"][0]["state"] == "released"
    assert take(crew, "nux", "src/a.py", for_seconds=60)["claims"][0]["created_at"] > tomorrow
    assert take(crew, "slit", "src/a.py")["refused"]
    # One of a time that is made up stands in nobody's way, and is not shown.
    made_up = {"timestamp": "9998-01-01T00:00:00Z", "until": "9999-12-31T23:59:59Z"}
    told(crew, {**lines[0], **made_up, "what": "doc", "claim_id": "clm_2", "event_id": "evt_4"})
    assert "doc" not in whats(crew.call("slit", "claim.list", all=True)["claims"])
    assert take(crew, "slit", "doc")["claims"]


def told(node: Any, *found: dict[str, Any]) -> None:
    """What another clone wrote."""
    lines = [Line("events.jsonl", n, canonical(each)) for n, each in enumerate(found)]
    outcome = node.store.transact_blocking(lambda transaction: read(transaction.tables, lines))
    assert outcome.bad == 0


NEVER: list[tuple[str, dict[str, Any], str]] = [
    ("claim.take", {"what": []}, "invalid_params"),
    ("claim.take", {"what": ["x"], "for_seconds": 0}, "invalid_params"),
    ("claim.take", {"what": ["x"], "for_seconds": -5}, "invalid_params"),
    ("claim.take", {"what": ["x"], "for_seconds": 8 * 24 * 3600}, "invalid_params"),
    ("claim.take", {"what": ["x"], "wait_seconds": 10**9}, "invalid_params"),
    ("claim.take", {"what": [f"f{n}" for n in range(10_000)]}, "too_large"),
    ("claim.take", {"what": ["x" * 100_000]}, "too_large"),
    ("claim.take", {"what": ["x"], "note": "n" * 501}, "too_large"),
    ("claim.take", {"what": ["../x"]}, "invalid_params"),
    ("claim.take", {"what": ["x"], "directory": "../.."}, "invalid_params"),
    ("claim.take", {"what": ["["]}, "invalid_params"),
    ("claim.check", {"paths": ["../x"]}, "invalid_params"),
    ("claim.check", {"paths": ["a"] * 1001}, "too_large"),
    ("claim.check", {"paths": ["a" * 5000]}, "too_large"),
]


def test_what_cannot_be_is_refused(crew: Any) -> None:
    for method, params, kind in NEVER:
        assert crew.refused("nux", method, **params) == kind, params


def test_a_check_tells_of_others_claims_and_changes(crew: Any) -> None:
    take(crew, "nux", "src/*.py", "app/\\[id\\]")
    asked = ["src/a.py", "app/[ID]/page.tsx", "doc", "src/x/a.py"]
    held = crew.call("slit", "claim.check", paths=asked)["held"]
    assert [(each["path"], each["claim"]["agent_id"]) for each in held] == [
        ("src/a.py", "nux"),
        ("app/[ID]/page.tsx", "nux"),
    ]
    assert crew.call("nux", "claim.check", paths=asked)["held"] == []
    crew.store.transact_blocking(
        lambda transaction: transaction.db.execute(
            "INSERT INTO agent_work_contexts (session_id, agent_id, uncommitted_files,"
            " git_updated_at) SELECT session_id, agent_id,"
            ' \'["doc", "src/old.py -> src/new.py"]\', ? FROM sessions'
            " WHERE agent_id = 'boss'"
            " ON CONFLICT DO UPDATE SET uncommitted_files = excluded.uncommitted_files,"
            " git_updated_at = excluded.git_updated_at",
            (transaction.now,),
        )
    )
    changed = crew.call("slit", "claim.check", paths=["DOC"], directory=".")["changed"]
    assert [(each["path"], each["agent_id"]) for each in changed] == [("DOC", "boss")]
    assert crew.call("boss", "claim.check", paths=["doc"])["changed"] == []
    renamed = crew.call("slit", "claim.check", paths=["src/old.py", "src/new.py"])["changed"]
    assert {each["path"] for each in renamed} == {"src/old.py", "src/new.py"}


def test_every_view_of_the_team_shows_them(crew: Any) -> None:
    take(crew, "nux", "src", "task:x", note="mine")
    overview = crew.call("slit", "team.overview")["claims"]
    assert [(each["what"], each["note"]) for each in overview] == [
        ("src", "mine"),
        ("task:x", "mine"),
    ]
    members = crew.call("slit", "team.list")["members"]
    claims = {each["agent_id"]: each.get("claims") for each in members}
    assert claims == {"nux": ["src", "task:x"], "slit": None, "boss": None}
    for file, found in (("src/a.py", ["src"]), ("doc", None), ("../x", None)):
        listed = crew.call("slit", "agent.listContext", file=file)
        assert (listed.get("claims") and whats(listed["claims"])) == found

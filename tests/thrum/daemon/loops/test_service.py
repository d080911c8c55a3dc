"""The guard at work in a daemon."""

from __future__ import annotations

import asyncio
import subprocess
from collections import Counter, deque
from typing import Any

import pytest

from tests.thrum.daemon.monitors.conftest import job
from thrum import events
from thrum.daemon.delivery.service import Delivery
from thrum.daemon.loops import service
from thrum.daemon.loops.exchange import HOUR_NS, NEVER_NS, PAUSES, Exchange
from thrum.daemon.loops.kept import Heard
from thrum.daemon.loops.ledger import Ledger, Said
from thrum.daemon.loops.service import IN_A_TURN, LIMIT_KEY, Loops, Portion
from thrum.daemon.monitors.sender import Sender
from thrum.daemon.projection.queries import talk
from thrum.daemon.waiting.service import Waiting
from thrum.events import Body, Pair

LIMIT = 2
HELD = LIMIT + PAUSES + 1
"""Answers with which an exchange is held."""


@pytest.fixture
def pair(node: Any) -> Any:
    """A node with furiosa, nux and max, and an impatient guard."""
    for name in ("furiosa", "nux", "max"):
        node.agent(name)
    guard(node).limit = LIMIT
    return node


def guard(node: Any) -> Loops:
    found: Loops = node.parts.service(Loops)
    return found


def listed(node: Any) -> list[dict[str, Any]]:
    """What everybody is told of loops; by now the guard has heard of everything."""
    return list(node.call("furiosa", "loops.list")["loops"])


def turns(node: Any, answers: int, one: str = "furiosa", other: str = "nux") -> list[str]:
    """One writes, and they answer each other so many times; the ids of the answers."""
    names = (one, other)
    last = node.send(one, "ping 0", to=other)["message_id"]
    ids = []
    for number in range(1, answers + 1):
        to = {"to": names[(number + 1) % 2], "reply_to": last}
        last = node.send(names[number % 2], f"ping {number}", **to)["message_id"]
        ids.append(last)
    listed(node)
    return ids


def brought(node: Any, agent: str, session: str = "s1") -> list[str]:
    """What a hook brings to a session of the agent now; none of it gets through."""
    node.stand(agent)
    caller = node.connect()
    params = {"runtime": "claude", "session": session, "boundary": "tools", "can_tell": True}
    answer = caller.call("delivery.ask", **params)
    caller.close()
    return [each["message_id"] for each in answer.get("messages") or ()]


def notices(node: Any, agent: str) -> list[str]:
    found = node.call(agent, "message.list", for_agent=agent, page_size=100)["messages"]
    texts = (row["body"]["content"] for row in found)
    return [text for text in texts if "answered each other" in text]


def test_what_goes_round_is_not_brought_and_stands_in_the_inbox(pair: Any) -> None:
    ids = turns(pair, HELD)
    mine = ids[::2]
    got = brought(pair, "furiosa")
    assert [each for each in mine if each in got] == mine[: LIMIT // 2]
    unread = pair.call("furiosa", "message.list", for_agent="furiosa", unread=True)
    assert unread["unread"] == len(mine) + 1, "the notice, too"
    (loop,) = listed(pair)
    assert (loop["parties"], loop["stage"], loop["answers"]) == (["furiosa", "nux"], "held", HELD)
    assert loop["waiting"] == HELD - LIMIT
    other = pair.send("max", "hello", to="furiosa")["message_id"]
    assert other in brought(pair, "furiosa")


def test_the_sender_is_told_and_sending_goes_on(pair: Any) -> None:
    turns(pair, HELD)
    answer = pair.send("nux", "and again", to="furiosa")
    (told,) = answer["recipients"]
    assert (told["held"], bool(told["held_since"])) == ("loop", True)
    (row,) = pair.call("nux", "message.outbox", page_size=1)["messages"]
    assert row["recipients"] == answer["recipients"]
    (told,) = pair.send("nux", "for another", to="max")["recipients"]
    assert told.get("held") == "looks"


def test_both_and_somebody_in_charge_are_told_once(pair: Any) -> None:
    pair.agent("boss", role="coordinator")
    turns(pair, HELD + 2)
    loop = listed(pair)[0]
    for name in ("furiosa", "nux", "boss"):
        (text,) = notices(pair, name)
        assert f"thrum loops release {loop['id']}" in text
        assert "@furiosa and @nux" in text
    assert notices(pair, "max") == []
    asyncio.run(guard(pair).tick())
    turns(pair, 3)
    assert len(notices(pair, "boss")) == 1
    (row,) = pair.call("boss", "message.list", for_agent="boss")["messages"]
    assert row["agent_id"].startswith("supervisor_")
    assert row["message_id"] in brought(pair, "furiosa"), "the notice itself is brought"


def test_words_that_go_round_are_held_though_none_is_an_answer(pair: Any) -> None:
    names, ids = ("furiosa", "nux", "max"), []
    for number in range(2 + HELD):
        author, to = names[number % 3], names[(number + 1) % 3]
        ids.append(pair.send(author, f"pass it on {number}", to=to)["message_id"])
    (loop,) = listed(pair)
    assert (loop["parties"], loop["stage"], loop["answers"]) == (sorted(names), "held", HELD)
    assert "thread" not in loop or not loop["thread"]
    last = names[(2 + HELD) % 3]
    assert ids[-1] not in brought(pair, last)
    for name in names:
        (text,) = notices(pair, name)
        assert all(f"@{each}" in text for each in names)
    told = pair.send(last, "and on", to=names[(HELD + 3) % 3])["recipients"]
    assert told[0]["held"] == "loop"


@pytest.mark.parametrize("way", ["one", "all"])
def test_who_is_in_charge_releases_it_and_who_takes_part_does_not(pair: Any, way: str) -> None:
    pair.agent("boss", role="coordinator")
    pair.agent("chief", role="coordinator")
    ids = turns(pair, HELD, "chief", "nux")
    (loop,) = listed(pair)
    what = {"all": True} if way == "all" else {"id": loop["id"]}
    for name in ("nux", "chief"):
        assert pair.refused(name, "loops.release", **what) == "not_allowed"
    assert pair.refused("boss", "loops.release", id="nope") == "not_found"
    assert pair.refused("boss", "loops.release") == "invalid_params"
    assert pair.call("boss", "loops.release", **what) == {"released": [loop["id"]]}
    assert listed(pair) == []
    assert ids[-1] in brought(pair, "chief")
    assert guard(pair).next_due_ns("chief") == NEVER_NS


def test_who_waits_looks_again_when_something_is_free(pair: Any, wait_until: Any) -> None:
    pair.agent("boss", role="coordinator")
    turns(pair, HELD)
    waiting, told = pair.parts.service(Waiting), []
    for name in ("nux", "max"):
        pair.stand(name)
        pair.connect().write("message.wait", timeout_ms=20_000, after="999999")
        wait_until(lambda name=name: waiting.listens(name))
    for waiter in waiting._waiters:
        name = waiter.wanted.agent_id
        waiter.missed = lambda name=name: told.append(name)
    pair.call("boss", "loops.release", all=True)
    assert told == ["nux"]


def test_an_idle_session_is_woken_by_what_is_free_again(pair: Any, wait_until: Any) -> None:
    pair.agent("boss", role="coordinator")
    turns(pair, HELD)
    listed_ids = pair.call("nux", "message.list", for_agent="nux", page_size=100)["messages"]
    pair.call("nux", "message.markRead", message_ids=[row["message_id"] for row in listed_ids])
    waker, delivery = pair.connect(), pair.parts.service(Delivery)
    waker.write("delivery.wait", runtime="claude", session="s1", timeout_ms=20_000)
    wait_until(lambda: delivery.wakes("nux"))
    (sitting,) = delivery.sittings("nux")
    kept = pair.send("furiosa", "again", to="nux")["message_id"]
    assert brought(pair, "nux", "s2") == []
    assert sitting.on_the_way == set()
    pair.call("boss", "loops.release", all=True)
    (row,) = waker.read()["result"]["messages"]
    assert row["message_id"] == kept


def test_a_person_ends_it_and_what_a_person_wrote_is_brought(pair: Any) -> None:
    turns(pair, HELD)

    def write(transaction: Any) -> None:
        transaction.emit(
            events.MessageCreate(
                message_id=pair.parts.ids.make("msg"),
                agent_id="user:ann",
                body=Body("stop it"),
                refs=[Pair("mention", "nux")],
                recipients=["nux"],
            )
        )

    pair.store.transact_blocking(write)
    assert listed(pair) == []
    assert len(brought(pair, "nux")) > 1


def work(node: Any, name: str, *words: str) -> None:
    """Git, as the agent uses it at home."""
    us = ("-c", "user.name=T", "-c", "user.email=t@example.org")
    subprocess.run(["git", *us, *words], cwd=node.homes[name], check=True, capture_output=True)


def commits(node: Any, name: str) -> None:
    """The agent commits something at home."""
    work(node, name, "commit", "-q", "--allow-empty", "-m", f"by {name}")


@pytest.mark.parametrize("branch", ["work", "master", ""])
def test_a_commit_ends_it(pair: Any, branch: str) -> None:
    """On whatever branch, the base branch too."""
    work(pair, "nux", "checkout", "-q", "--detach")
    base = subprocess.check_output(["git", "symbolic-ref", "--short", "HEAD"], cwd=pair.repository)
    if branch:
        name = base.decode().strip() if branch == "master" else branch
        work(pair, "nux", "checkout", "-q", "--ignore-other-worktrees", "-B", name)
    commits(pair, "nux")
    *_, last = turns(pair, HELD)
    assert len(listed(pair)) == 1
    commits(pair, "max")
    work(pair, "nux", "checkout", "-q", "--detach", "HEAD~1")
    assert len(listed(pair)) == 1, "that was another agent's, and no commit"
    work(pair, "nux", "commit", "-q", "--allow-empty", "-m", "another one")
    work(pair, "nux", "checkout", "-q", "--detach", "HEAD~1")
    assert listed(pair) == []
    assert last in brought(pair, "furiosa")


def test_a_commit_in_another_clone_ends_it_where_it_is_not_merged(pair: Any) -> None:
    def says(sha: str) -> None:
        def decide(transaction: Any) -> None:
            transaction.db.execute("UPDATE sessions SET origin_daemon = 'd_far'")
            transaction.db.execute(
                "INSERT INTO agent_work_contexts (session_id, agent_id, unmerged_commits,"
                " git_updated_at) SELECT session_id, agent_id, ?, 'x' FROM sessions"
                " WHERE agent_id = 'nux' ON CONFLICT DO UPDATE SET"
                " unmerged_commits = excluded.unmerged_commits, git_updated_at = 'x'",
                (f'[{{"sha": "{sha}"}}]',),
            )

        pair.store.transact_blocking(decide)

    says("1")
    turns(pair, HELD)
    assert len(listed(pair)) == 1
    says("2")
    assert listed(pair) == []


def test_an_hour_ends_it(pair: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    turns(pair, HELD)
    now = pair.parts.now_ns()
    monkeypatch.setattr(guard(pair).node.setting.clock, "now_ns", lambda: now + HOUR_NS)
    assert listed(pair) == []


def test_it_goes_on_after_a_restart_and_hears_what_came_meanwhile(pair: Any) -> None:
    ids = turns(pair, HELD - 1)
    asyncio.run(guard(pair).tick())
    # The one that ended heard nothing of the last answer.
    before = guard(pair)
    before.limit = 0
    pair.send("nux", "the last", to="furiosa", reply_to=ids[-1])
    again = Loops(pair.parts)
    again.limit = LIMIT

    async def begin() -> list[Any]:
        await again.start()
        await again.catch_up()
        return again.strained()

    ((found, waiting),) = asyncio.run(begin())
    assert (found.answers, found.stage.value, waiting) == (HELD, "held", HELD - LIMIT)
    assert before._ledger.exchanges[found.key].answers == HELD - 1
    # Both tell of it, as a daemon that was killed in between would; it is told once.
    before.limit = LIMIT
    listed(pair)
    assert len(notices(pair, "furiosa")) == 1


def test_what_was_said_before_there_was_a_guard_does_not_count(pair: Any) -> None:
    turns(pair, HELD)
    first = Loops(pair.parts)
    first.limit = LIMIT
    # As it is where its tables are new.
    asyncio.run(first.tables.write(lambda db: db.execute("DELETE FROM loops_heard")))
    asyncio.run(first.tables.write(lambda db: db.execute("DELETE FROM loops_exchanges")))
    asyncio.run(first.start())
    first._news += 1
    before = guard(pair).limit
    guard(pair).limit = 0
    turns(pair, LIMIT + 1)  # nobody has looked yet
    guard(pair).limit = before
    asyncio.run(first.catch_up())
    assert [each.answers for each, _ in first.strained()] == [LIMIT + 1]


def test_a_database_that_was_built_anew_is_heard_from_the_same_event_on(pair: Any) -> None:
    turns(pair, LIMIT)
    asyncio.run(guard(pair).tick())

    def renumber(transaction: Any) -> None:
        transaction.db.execute("UPDATE events SET sequence = sequence + 100000")

    pair.store.transact_blocking(renumber)
    pair.parts.service(Loops).missed()
    pair.send("nux", "again", to="furiosa")
    found = guard(pair)._ledger
    listed(pair)
    assert {each.answers for each in found.exchanges.values()} <= {0, LIMIT, LIMIT + 1}
    assert listed(pair)[0]["answers"] == LIMIT + 1


def test_others_have_their_turn_while_a_history_is_heard(
    pair: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where another clone's comes in: who asks something meanwhile does not wait for its end."""
    for number in range(3):
        pair.send("furiosa", f"ping {number}", to="nux")
    rows = pair.store.reader().execute("SELECT message_id FROM messages").fetchall()
    listed(pair)
    turn, heard = [0], list[int]()

    def hear(*_about: object) -> list[Exchange]:
        heard.append(turn[0])
        return []

    monkeypatch.setattr(Ledger, "hear", hear)

    async def told() -> None:
        loop = asyncio.get_running_loop()

        def next_turn() -> None:
            turn[0] += 1
            loop.call_soon(next_turn)

        next_turn()
        said = map(service._said, talk.since(pair.store.reader(), 0, "", 500) * 10 * IN_A_TURN)
        found = deque(each for each in said if each is not None)
        await guard(pair)._hear(Portion(found, {}, Heard(0, ""), is_full=False))

    asyncio.run(told())
    assert len(heard) == len(rows) * 10 * IN_A_TURN
    assert max(Counter(heard).values()) == IN_A_TURN


def test_who_gives_up_does_not_have_a_word_counted_twice(
    pair: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns(pair, 0)
    pair.send("nux", "again", to="furiosa")
    pair.send("furiosa", "and again", to="nux")
    loops, heard = guard(pair), list[str]()

    def hear(_: Ledger, said: Said, *_about: object) -> list[Exchange]:
        heard.append(said.author)
        return []

    monkeypatch.setattr(service, "IN_A_TURN", 1)
    monkeypatch.setattr(Ledger, "hear", hear)
    loops.missed()

    async def gives_up() -> None:
        asked = asyncio.ensure_future(loops.catch_up())
        while not heard:
            await asyncio.sleep(0)
        asked.cancel()
        await asyncio.wait([asked])

    asyncio.run(gives_up())
    asyncio.run(loops.catch_up())
    assert heard == ["nux", "furiosa"]


def test_nothing_is_slowed_where_there_is_no_guard(pair: Any) -> None:
    guard(pair).limit = 0
    ids = turns(pair, 7)
    got = brought(pair, "nux") + brought(pair, "furiosa")
    assert set(ids) <= set(got)
    assert pair.call("furiosa", "loops.list") == {"loops": [], "limit": 0}
    assert guard(pair).next_due_ns("nux") == NEVER_NS


def test_the_limit_follows_the_configuration(pair: Any) -> None:
    config = pair.parts.config
    for value, limit in ((30, 30), (0, 0), (-4, 0)):
        config.set(LIMIT_KEY, value)
        guard(pair).changed(config)
        assert guard(pair).limit == limit


def test_what_a_monitor_says_is_no_persons_word(pair: Any) -> None:
    turns(pair, HELD)
    (loop,) = listed(pair)
    assert loop["stage"] == "held"
    of = Sender(pair.parts, job(target="@furiosa"))
    asyncio.run_coroutine_threadsafe(of.say("ERROR"), pair.loop).result(60)
    assert [each["stage"] for each in listed(pair)] == ["held"]
    assert "ERROR" in pair.inbox("furiosa")

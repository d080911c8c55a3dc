"""Mail between repositories that are paired and share no log."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from wsproto.connection import Connection, ConnectionType
from wsproto.events import TextMessage

from tests.contract.story import FIXTURES, recorded
from tests.integration.conftest import configure, eventually
from tests.integration.test_peers import Street, facts, street
from tests.thrum.daemon.peers.test_dialing import accept
from tests.websocket import Socket

__all__ = ["street"]


def inbox(street: Street, where: Path) -> list[dict[str, Any]]:
    """What lies with who is in charge there, the oldest first; nothing is marked by looking."""
    found = json.loads(street.thrum(where, "inbox", "--json", "--unread"))
    rows: list[dict[str, Any]] = found["messages"]
    return rows[::-1]


def texts(street: Street, where: Path) -> list[str]:
    return [each["body"]["content"] for each in inbox(street, where)]


def outbox(street: Street, where: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(street.thrum(where, "sent", "--json"))["messages"]
    return rows


def team(street: Street, where: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(street.thrum(where, "team", "--all", "--json"))[
        "members"
    ]
    return rows


def is_known(street: Street, where: Path, agent: str) -> bool:
    return f'"{agent}"' in street.thrum(where, "agent", "list", "--json")


@pytest.fixture
def bridged(street: Street) -> Street:
    """Two that are paired, of which each knows the other's agents."""
    street.pair(scope="")
    eventually(lambda: is_known(street, street.one, "two:two_lead"))
    eventually(lambda: is_known(street, street.two, "one:one_lead"))
    return street


def test_a_conversation_crosses_with_replies_edits_and_deletions(bridged: Street) -> None:
    one, two = bridged.one, bridged.two
    (row,) = json.loads(bridged.thrum(one, "peer", "status", "--json"))
    assert (row["scope"], row["effective_scope"]) == ("addressed", "addressed")
    assert "Behind peers: 1 agent as @two:NAME; --all" in bridged.thrum(one, "team")
    (other,) = [each for each in team(bridged, one) if each["agent_id"] == "two:two_lead"]
    assert (other["origin_daemon"], other.get("is_local")) == (row["daemon_id"], None)
    bridged.thrum(one, "send", "not for others", "--to", "@one_lead")
    bridged.thrum(one, "send", "hello over there", "--to", "@two:two_lead")
    eventually(lambda: texts(bridged, two) == ["hello over there"])
    (came,) = inbox(bridged, two)
    assert came["agent_id"] == "one:one_lead"
    bridged.thrum(two, "reply", came["message_id"], "hello back")
    eventually(lambda: "hello back" in texts(bridged, one))
    answer = next(each for each in inbox(bridged, one) if each["agent_id"] == "two:two_lead")
    sent = next(each for each in outbox(bridged, one) if "over there" in each["body"]["content"])
    assert answer["reply_to"] == sent["message_id"]
    assert answer["thread_id"] == sent["thread_id"] != ""
    bridged.thrum(one, "reply", answer["message_id"], "and again")
    eventually(lambda: "and again" in texts(bridged, two))
    again = next(each for each in inbox(bridged, two) if each["body"]["content"] == "and again")
    assert again["thread_id"]
    bridged.thrum(one, "message", "edit", sent["message_id"], "hello, over there")
    eventually(lambda: "hello, over there" in str(facts(two)))
    shown = bridged.thrum(two, "message", "get", came["message_id"])
    assert "hello, over there" in shown
    bridged.thrum(one, "message", "delete", sent["message_id"], "--yes")
    eventually(
        lambda: json.loads(bridged.thrum(two, "message", "get", came["message_id"], "--json"))[
            "message"
        ]["deleted"]
    )
    assert "not for others" not in str(facts(two))
    assert json.loads(bridged.thrum(one, "peer", "status", "--json"))[0].get("trouble") is None


def test_who_sent_learns_that_it_was_read(bridged: Street) -> None:
    one, two = bridged.one, bridged.two
    bridged.thrum(one, "send", "read me", "--to", "@two:two_lead")
    eventually(lambda: texts(bridged, two) == ["read me"])
    bridged.thrum(two, "inbox")

    def is_read() -> bool:
        (row,) = outbox(bridged, one)
        return [each.get("state") for each in row["recipients"]] == ["read"]

    eventually(is_read)


def waits_for(street: Street, where: Path) -> str:
    (row,) = outbox(street, where)[:1]
    return str(row["recipients"][0].get("held", ""))


def test_who_sent_learns_what_it_waits_for(bridged: Street) -> None:
    one, two = bridged.one, bridged.two
    bridged.thrum(one, "send", "take your time", "--to", "@two:two_lead")
    eventually(lambda: texts(bridged, two) == ["take your time"])
    bridged.thrum(two, "session", "end")
    eventually(lambda: waits_for(bridged, one) == "asleep")
    bridged.thrum(two, "daemon", "stop")
    bridged.thrum(one, "send", "nobody there", "--to", "@two:two_lead")
    eventually(lambda: waits_for(bridged, one) == "peer")
    bridged.thrum(two, "daemon", "start")
    eventually(lambda: "nobody there" in str(facts(two)))
    bridged.thrum(one, "peer", "configure", "two", "--scope", "none")
    bridged.thrum(one, "send", "nothing crosses", "--to", "@two:two_lead")
    assert waits_for(bridged, one) == "closed"
    hint = bridged.world.thrum(one, "send", "x", "--to", "@two_lead", check=False).err
    assert "did you mean @two:two_lead?" in hint


def look(street: Street, where: Path) -> bool:
    """Has a daemon look at its peers now, also at those that did not answer a moment ago."""
    return bool(street.thrum(where, "rpc", "call", "tsync.force"))


def test_who_sent_is_told_once_what_the_peer_does_not_take(bridged: Street) -> None:
    one, two = bridged.one, bridged.two
    configure(two, max_message_body_bytes=1_000)
    bridged.thrum(two, "daemon", "restart")
    bridged.thrum(one, "send", "x" * 1_001, "--to", "@two:two_lead")
    eventually(lambda: look(bridged, one) and waits_for(bridged, one) == "large")
    bridged.world.settle(two, "helper", "--role", "tester")
    eventually(lambda: is_known(bridged, one, "two:helper"))
    bridged.thrum(one, "send", "are you there", "--to", "@two:helper")
    eventually(lambda: got(two, "helper") == ["are you there"])
    bridged.thrum(two, "agent", "delete", "helper", "--yes")

    def notices() -> list[str]:
        return [each for each in texts(bridged, one) if each.startswith("Your message")]

    eventually(lambda: len(notices()) == 2)
    assert "to @two:two_lead did not arrive: it is longer" in " ".join(notices())
    assert "(are you there) to @two:helper will not be read" in " ".join(notices())
    for where in (one, two):
        bridged.thrum(where, "daemon", "stop")
    bridged.thrum(one, "daemon", "start")
    shown = bridged.thrum(one, "sent", "--verbose")
    assert "@two:two_lead (did not arrive: it is longer than the peer takes)" in shown
    assert "@two:helper (will not be read: the peer has nobody of that name)" in shown
    bridged.thrum(two, "daemon", "start")
    bridged.thrum(one, "send", "short", "--to", "@two:two_lead")
    eventually(lambda: look(bridged, one) and got(two, "two_lead") == ["short"])
    sent = next(each for each in outbox(bridged, one) if "xxx" in each["body"]["content"])
    assert sent["recipients"][0]["held"] == "large"
    bridged.thrum(one, "message", "edit", sent["message_id"], "shorter")
    eventually(lambda: "shorter" in got(two, "two_lead"))
    bridged.thrum(two, "inbox")
    eventually(lambda: outbox(bridged, one)[-1]["recipients"][0]["state"] == "read")
    assert len(notices()) == 2


def become(street: Street, where: Path, daemon_id: str) -> None:
    """Has a daemon begin under another id, as where its configuration was lost."""
    street.world.thrum(where, "daemon", "stop", check=False)
    file = where / ".thrum/config.json"
    tree = json.loads(file.read_text())
    tree["identity"]["daemon_id"] = daemon_id
    file.write_text(json.dumps(tree))
    street.thrum(where, "daemon", "start")


def test_a_talk_goes_on_under_other_ids(bridged: Street) -> None:
    """Both sides become others, with mail on its way. Nobody becomes who others are at home with,
    and so is given what these are sent."""
    one, two = bridged.one, bridged.two
    home = json.loads((one / ".thrum/config.json").read_text())["identity"]["daemon_id"]
    bridged.thrum(one, "send", "hello", "--to", "@two:two_lead")
    eventually(lambda: got(two, "two_lead") == ["hello"])
    (came,) = inbox(bridged, two)
    bridged.thrum(two, "daemon", "stop")
    bridged.thrum(one, "send", "while you are away", "--to", "@two:two_lead")
    (sent,) = [each for each in outbox(bridged, one) if each["body"]["content"] == "hello"]
    become(bridged, one, "d_01M8NK0WYMEYDPJBHXC7A6AONE")
    become(bridged, two, "d_01M8NK0WYMEYDPJBHXC7A6ATWO")
    eventually(lambda: got(two, "two_lead") == ["hello", "while you are away"])
    bridged.thrum(two, "reply", came["message_id"], "hello back")
    eventually(lambda: got(one, "one_lead") == ["hello back"])
    (answer,) = [each for each in inbox(bridged, one) if each["agent_id"] == "two:two_lead"]
    assert answer["reply_to"] == sent["message_id"]
    bridged.thrum(one, "message", "edit", sent["message_id"], "hello over there")
    eventually(lambda: got(two, "two_lead")[0] == "hello over there")
    for where in (one, two):
        (row,) = json.loads((where / ".thrum/var/peers.json").read_text())["peers"]
        assert [row["daemon_id"][:3], len(row["former_ids"])] == ["d_0", 1]
        assert trouble(bridged, where) == ""
    bridged.thrum(one, "quickstart", "one_lead", "--role", "coordinator", "--module", "m")
    assert home_of(one, "one_lead") == "d_01M8NK0WYMEYDPJBHXC7A6AONE"
    token = bridged.token(one)
    peer = Socket.open(bridged.port(one), authorization=f"Bearer {token}")
    assert peer.refused("peer.repair", token=token, daemon_id=home) == "conflict"
    peer.close()
    bridged.thrum(one, "peer", "remove", "two", "--yes")
    assert not is_known(bridged, one, "two:two_lead")


def home_of(where: Path, agent: str) -> str:
    """The daemon at which an agent is at home."""
    with closing(sqlite3.connect(where / ".thrum/var/messages.db")) as db:
        sql = "SELECT origin_daemon FROM agents WHERE agent_id = ?"
        return str(db.execute(sql, (agent,)).fetchone()[0])


def got(where: Path, agent: str) -> list[str]:
    """The texts of all that lies or lay in an inbox, in its order."""
    db = sqlite3.connect(f"file:{where / '.thrum/var/messages.db'}?mode=ro", uri=True)
    try:
        sql = (
            "SELECT body_content FROM message_deliveries d JOIN messages m USING (message_id)"
            " WHERE d.recipient_agent_id = ? AND d.inbox = 1 ORDER BY m.created_at, m.message_id"
        )
        return [row[0] for row in db.execute(sql, (agent,))]
    finally:
        db.close()


def test_nothing_is_lost_doubled_or_out_of_order_whoever_is_killed(bridged: Street) -> None:
    one, two, count = bridged.one, bridged.two, 150
    victims = {30: two, 70: one, 110: two, 111: one}
    for number in range(count):
        bridged.thrum(one, "send", f"one says {number}", "--to", "@two:two_lead")
        bridged.thrum(two, "send", f"two says {number}", "--to", "@one:one_lead")
        if number in victims:
            os.kill(bridged.world.pid(victims[number]), signal.SIGKILL)
            bridged.thrum(victims[number], "daemon", "start")
    eventually(lambda: len(got(one, "one_lead")) >= count, 60)
    eventually(lambda: len(got(two, "two_lead")) >= count, 60)
    assert got(one, "one_lead") == [f"two says {number}" for number in range(count)]
    assert got(two, "two_lead") == [f"one says {number}" for number in range(count)]


def test_what_is_sent_while_scopes_change_arrives_once(bridged: Street) -> None:
    one, two = bridged.one, bridged.two
    sent: dict[Path, list[str]] = {one: [], two: []}

    def speak(where: Path, to: str) -> None:
        text = f"from {where.name} {len(sent[where])}"
        sent[where].append(text)
        bridged.thrum(where, "send", text, "--to", to)

    for scope in ("all", "addressed", "none", "all", "none", "addressed", "all", "addressed"):
        for where, to, peer in ((one, "@two:two_lead", "two"), (two, "@one:one_lead", "one")):
            speak(where, to)
            bridged.thrum(where, "peer", "configure", peer, "--scope", scope)
            speak(where, to)
            speak(where, to)
    for _ in range(2):
        eventually(lambda: sorted(got(one, "one_lead")) == sorted(sent[two]))
        eventually(lambda: sorted(got(two, "two_lead")) == sorted(sent[one]))
        # All crosses once more, and is known.
        bridged.thrum(one, "peer", "configure", "two", "--scope", "all")
        bridged.thrum(two, "peer", "configure", "one", "--scope", "all")
        eventually(lambda: _share_all(one, two))
    for where in (one, two):
        # Nobody is shown by two names, though those who stood for others may have mail yet.
        names = {each["agent_id"] for each in team(bridged, where)}
        assert names & {"one_lead", "two_lead", "one:one_lead", "two:two_lead"} == {
            "one_lead",
            "two_lead",
        }


def _share_all(one: Path, two: Path) -> bool:
    return facts(one) == facts(two)


def test_of_its_agents_those_that_are_named_are_known(bridged: Street) -> None:
    one, two = bridged.one, bridged.two
    bridged.world.settle(two, "helper", "--role", "tester")  # from now on who speaks there
    eventually(lambda: is_known(bridged, one, "two:helper"))
    done = bridged.thrum(one, "peer", "configure", "two", "add-agent", "two_lead")
    assert "added two_lead" in done
    eventually(lambda: not is_known(bridged, one, "two:helper"))
    refused = bridged.world.thrum(one, "send", "x", "--to", "@two:helper", check=False)
    assert (refused.code, "unknown recipient: @two:helper" in refused.err) == (1, True)
    assert "peer" in refused.err
    bridged.thrum(two, "send", "I am here all the same", "--to", "@one:one_lead")
    eventually(lambda: "I am here all the same" in texts(bridged, one))
    assert is_known(bridged, one, "two:helper")
    done = bridged.thrum(one, "peer", "configure", "two", "remove-agent", "@two:two_lead")
    assert "removed" in done
    bridged.thrum(two, "agent", "delete", "helper", "--yes")
    eventually(lambda: not is_known(bridged, one, "two:helper"))
    assert is_known(bridged, one, "two:two_lead")
    bridged.thrum(one, "peer", "remove", "two", "--yes")
    assert not is_known(bridged, one, "two:two_lead")
    refused = bridged.world.thrum(one, "send", "x", "--to", "@two:two_lead", check=False)
    assert "unknown recipient" in refused.err
    for words, said in (
        (("nobody", "--scope", "all"), "peer not found: nobody"),
        (("nobody",), "nothing is said"),
        (("nobody", "add-agent"), "wants an agent's name"),
        (("nobody", "--scope", "some"), "some"),
        (("nobody", "drop-agent", "x"), "drop-agent"),
    ):
        refused = bridged.world.thrum(one, "peer", "configure", *words, check=False)
        assert (refused.code != 0, said in refused.err) == (True, True), refused.err


def test_a_ring_of_three_has_no_echo(bridged: Street) -> None:
    """Each is paired with each; two repositories have one name."""
    world, one, two = bridged.world, bridged.one, bridged.two
    (world.root / "else").mkdir()
    three = world.root / "else" / "two"
    world.repository(three)
    world.settle(three, "three_lead", "--role", "coordinator", shares=False)
    for other in (one, two):
        code = Street(world, other, three).code(scope="")
        assert "Paired" in bridged.thrum(three, "peer", "join", code)
    eventually(lambda: is_known(bridged, one, "two-2:three_lead"))
    eventually(lambda: is_known(bridged, two, "two:three_lead"))
    eventually(lambda: is_known(bridged, three, "one:one_lead"))
    eventually(lambda: is_known(bridged, three, "two:two_lead"))
    for where in (one, two, three):
        named = [each for each in known_to(bridged, where) if each.count(":")]
        assert len(named) == 2, named
    both = ("--to", "@two:two_lead", "--to", "@two-2:three_lead")
    bridged.thrum(one, "send", "to both", *both)
    eventually(lambda: got(two, "two_lead") == ["to both"])
    eventually(lambda: got(three, "three_lead") == ["to both"])
    (came,) = inbox(bridged, three)
    bridged.thrum(three, "reply", came["message_id"], "from the third")
    eventually(lambda: got(one, "one_lead") == ["from the third"])
    bridged.thrum(two, "send", "round", "--to", "@two:three_lead")
    eventually(lambda: got(three, "three_lead") == ["to both", "round"])
    assert got(one, "one_lead") == ["from the third"]
    assert got(two, "two_lead") == ["to both"]
    for where in (one, two, three):
        for row in json.loads(bridged.thrum(where, "peer", "list", "--json")):
            assert (row.get("trouble"), row.get("refused")) == (None, None)


def known_to(street: Street, where: Path) -> list[str]:
    found = street.thrum(where, "agent", "list", "--json")
    return re.findall(r'"agent_id": ?"([^"]+)"', found)


def test_mail_crosses_by_group_and_role_and_not_to_everyone(bridged: Street) -> None:
    one, two = bridged.one, bridged.two
    bridged.thrum(one, "group", "create", "crew")
    bridged.thrum(one, "group", "add", "crew", "two:two_lead")
    bridged.thrum(one, "send", "to everyone", "--broadcast")
    bridged.thrum(one, "send", "to the crew", "--to", "@crew")
    eventually(lambda: got(two, "two_lead") == ["to the crew"])
    bridged.thrum(two, "send", "hello @one:one_lead, who is here", "--to", "@one:one_lead")
    eventually(lambda: len(got(one, "one_lead")) == 1)
    # A purge stays where it is said, and what it took does not come back.
    bridged.thrum(two, "purge", "--all", "--yes")
    bridged.thrum(one, "send", "after it", "--to", "@two:two_lead")
    eventually(lambda: got(two, "two_lead") == ["after it"])
    assert "to the crew" in str(facts(one))


def test_a_token_opens_what_is_for_peers_and_as_much_as_the_scope_gives(bridged: Street) -> None:
    one = bridged.one
    bridged.thrum(one, "send", "for nobody of yours", "--to", "@one_lead")
    bridged.thrum(one, "send", "for you", "--to", "@two:two_lead")
    peer = Socket.open(bridged.port(one), authorization=f"Bearer {bridged.token(one)}")
    try:
        told = peer.call("sync.pull", after_sequence=0, scope="all")
        assert told["filtered"]
        assert [each["letter"]["content"] for each in told["events"]] == ["for you"]
        assert "for nobody" not in json.dumps(told)
        names = [each["name"] for each in peer.call("peer.agents")["agents"]]
        assert names == ["one_lead"]
        # An older program says no scope, and would not know what to do with a letter.
        assert peer.call("sync.pull", after_sequence=0)["events"] == []
        assert peer.call("peer.standing", messages=[{"origin": "x", "message_id": "y"}]) == {
            "waiting": []
        }
        bridged.thrum(one, "peer", "configure", "two", "--scope", "none")
        assert peer.call("sync.pull", after_sequence=0, scope="all")["events"] == []
        assert peer.call("peer.agents")["agents"] == []
    finally:
        peer.close()


def test_mail_for_an_older_peer_goes_as_a_user_there_would_write_it(bridged: Street) -> None:
    """It answers as programs did that know no scopes, and tells every event that it has."""
    one, two = bridged.one, bridged.two
    port = bridged.port(two)
    bridged.thrum(two, "daemon", "stop")
    with Older.at(port) as older:
        eventually(lambda: look(bridged, one) and is_known(bridged, one, "two:bob"))
        assert trouble(bridged, one) == ""
        assert not is_known(bridged, one, "two:user:rec")
        assert [each["name"] for each in older.asked("agent.register")] == ["one:one_lead"]
        bridged.thrum(one, "send", "are you there", "--to", "@two:bob")
        eventually(lambda: look(bridged, one) and older.asked("message.send") != [])
        (sent,) = older.asked("message.send")
        assert sent["mentions"] == ["@bob"]
        assert (sent["content"], sent["caller_agent_id"]) == ("are you there", "user:peer-one")
        assert sent["structured"]["author_id"] == "one_lead"
        (mine,) = outbox(bridged, one)
        remote = RECORDED["message.send"]["message_id"]
        mention = [{"type": "mention", "value": "user:peer-one"}]
        reply = {"type": "reply_to", "value": remote}
        older.tell("message.create", "msg_there", agent_id="bob", refs=[*mention, reply])
        older.tell("message.create", "msg_other", agent_id="bob", refs=mention)
        older.tell("message.create", "msg_named", agent_id="user:Rec", recipients=["one:one_lead"])
        older.tell("message.receipt", remote, agent_id="bob", receipt_type="read", read_at="")
        eventually(lambda: look(bridged, one) and len(got(one, "one_lead")) == 2)
        (named, came) = sorted(inbox(bridged, one), key=lambda row: row["body"]["content"])
        assert (came["agent_id"], came["reply_to"]) == ("two:bob", mine["message_id"])
        assert (named["agent_id"], named.get("reply_to")) == ("two:rec", None)
        assert outbox(bridged, one)[0]["recipients"][0]["state"] == "read"
        older.tell("message.edit", "msg_there", body={"content": "mended"})
        eventually(lambda: look(bridged, one) and "mended" in got(one, "one_lead"))
        bridged.thrum(one, "message", "edit", mine["message_id"], "are you there, bob")
        bridged.thrum(one, "reply", came["message_id"], "good")
        eventually(lambda: look(bridged, one) and len(older.asked("message.send")) == 2)
        assert older.asked("message.send")[1]["reply_to"] == "msg_there"
        (edit,) = older.asked("message.edit")
        assert (edit["message_id"], edit["content"]) == (remote, "are you there, bob")
        older.refused.add("message.send")
        bridged.thrum(one, "send", "no", "--to", "@two:bob")
        eventually(lambda: look(bridged, one) and waits_for(bridged, one) == "refused")
        older.refused.clear()
        (refused,) = outbox(bridged, one)[:1]
        bridged.thrum(one, "message", "edit", refused["message_id"], "yes")
        eventually(lambda: look(bridged, one) and waits_for(bridged, one) == "")
        bridged.thrum(one, "daemon", "restart")
        assert look(bridged, one)
        assert len(got(one, "one_lead")) == 3  # and the notice; nothing comes or goes again
        assert [each["content"] for each in older.asked("message.send")[2:]] == ["no", "no", "yes"]
        older.is_cut = True
        bridged.thrum(one, "send", "once", "--to", "@two:bob")
        eventually(lambda: look(bridged, one) and not older.is_cut)
        bridged.thrum(one, "message", "edit", outbox(bridged, one)[0]["message_id"], "mended")
        eventually(lambda: look(bridged, one) and len(older.asked("message.edit")) == 2)
        assert older.asked("message.edit")[1]["message_id"] == "msg_once"
        assert [each["content"] for each in older.asked("message.send")[5:]] == ["once"]


def trouble(street: Street, where: Path) -> str:
    (row,) = json.loads(street.thrum(where, "peer", "list", "--json"))
    return str(row.get("trouble", ""))


def _recorded() -> dict[str, dict[str, Any]]:
    """What a daemon of an older program answered, by methods: the first time that it did."""
    found: dict[str, dict[str, Any]] = {}
    known = recorded(FIXTURES / "ws") | recorded(FIXTURES / "peers", "sync.notify.jsonl")
    for name, rows in known.items():
        for row in rows:
            if "result" in (row.get("response") or {}):
                found.setdefault(name, row["response"]["result"])
    return found


RECORDED = _recorded()


class Older:
    """A daemon of an older program, with events of its own; else it answers as one did.

    Attributes:
        refused: methods to which it says no.
        is_cut: whether it takes the next message, and hangs up before it says so.
    """

    def __init__(self, port: int) -> None:
        self.is_cut = False
        self._port = port
        self._stopping = threading.Event()
        self._calls: list[tuple[str, dict[str, Any]]] = []
        self._events: list[dict[str, Any]] = []
        self.refused: set[str] = set()
        self._open: set[asyncio.StreamWriter] = set()

    @classmethod
    @contextmanager
    def at(cls, port: int) -> Iterator[Older]:
        """Listens at a port for the length of the context."""
        made = cls(port)
        listener = threading.Thread(target=lambda: asyncio.run(made._listen()))
        listener.start()
        try:
            yield made
        finally:
            made._stopping.set()
            listener.join()

    def asked(self, method: str) -> list[dict[str, Any]]:
        """With what a method was called, in order."""
        return [params for name, params in self._calls if name == method]

    def tell(self, kind: str, message_id: str, **fields: Any) -> None:
        """Has it one more event."""
        number = len(self._events) + 1
        event = {
            "type": kind,
            "event_id": f"evt_{number}",
            "timestamp": f"2026-11-30T00:00:{number:02}Z",
            "origin_daemon": "d_older",
            "message_id": message_id,
            **({"body": {"content": f"text of {message_id}"}} if kind == "message.create" else {}),
            **fields,
        }
        row = {key: event[key] for key in ("event_id", "type", "timestamp", "origin_daemon")}
        self._events.append({**row, "sequence": number, "event_json": event})

    def _answer(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        self._calls.append((method, params))
        if method in self.refused:
            return {"error": {"code": -32000, "message": "no"}}
        if method not in {"sync.pull", *RECORDED}:
            return {"error": {"code": -32601, "message": "no such method"}}
        if method != "sync.pull":
            return {"result": RECORDED[method]}
        rows = [row for row in self._events if row["sequence"] > params["after_sequence"]]
        rows = rows[: params["max_batch"]]
        reached = rows[-1]["sequence"] if rows else 0
        return {"result": {"events": rows, "next_sequence": reached, "more_available": False}}

    def _take_cut(self, params: dict[str, Any]) -> None:
        self._calls.append(("message.send", params))
        body = {"content": params["content"], "structured": json.dumps(params["structured"])}
        author = params["caller_agent_id"]
        self.tell("message.create", f"msg_{params['content']}", agent_id=author, body=body)
        self.is_cut = False

    async def _listen(self) -> None:
        server = await asyncio.start_server(self._speak, "127.0.0.1", self._port)
        async with server:
            while not self._stopping.is_set():
                await asyncio.sleep(0.05)
        # Who calls keeps its connection for the next time.
        for each in self._open:
            each.close()
        while self._open:
            await asyncio.sleep(0.01)

    async def _speak(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            await self._serve(reader, writer)
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
            self._open.discard(writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await accept(reader, writer)
        frames = Connection(ConnectionType.SERVER)
        while data := await reader.read(65_536):
            frames.receive_data(data)
            for event in frames.events():
                if isinstance(event, TextMessage):
                    asked = json.loads(event.data)
                    if self.is_cut and asked["method"] == "message.send":
                        self._take_cut(asked["params"])
                        return
                    told = self._answer(asked["method"], asked.get("params") or {})
                    answer = {"jsonrpc": "2.0", "id": asked["id"], **told}
                    writer.write(frames.send(TextMessage(json.dumps(answer))))

"""The same message asked for again: whoever repeats a key sends nothing twice."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest

from thrum import events
from thrum.clock import format_ns
from thrum.daemon.projection.queries import messages as queries
from thrum.daemon.rpc.dispatch import Deadlines
from thrum.ids import ending_of

HOUR_NS = 3600 * 1_000_000_000


@pytest.fixture
def pair(node: Any) -> Any:
    """A node with furiosa and nux, and the user cy at home beside furiosa."""
    node.agent("furiosa")
    node.agent("nux")
    return node


def stored(node: Any) -> int:
    (count,) = node.store.reader().execute("SELECT count(*) FROM messages").fetchone()
    return int(count)


def test_what_is_known_of_a_retry_comes_from_the_log(pair: Any, database: Any) -> None:
    sent = pair.send("furiosa", "one", to="nux", idempotency_key="k")
    assert pair.send("furiosa", "other words", idempotency_key="k") == sent
    lines = [json.loads(line.raw) for line in pair.store.log.since(None).lines]
    (line,) = [line for line in lines if line["type"] == "message.create"]
    assert line["idempotency_key"] == "k"


def test_a_retry_is_warned_as_the_first_was(pair: Any) -> None:
    pair.call("furiosa", "group.create", name="crew")
    lonely = pair.send("furiosa", "one", mentions=["crew"], idempotency_key="k")
    assert len(lonely["warnings"]) == 2
    pair.call("furiosa", "group.delete", name="crew")
    assert pair.send("furiosa", "one", mentions=["crew"], idempotency_key="k") == lonely
    pair.call("furiosa", "group.create", name="pair")
    member = {"group": "pair", "member_type": "agent", "member_value": "nux"}
    pair.call("furiosa", "group.member.add", **member)
    sent = pair.send("furiosa", "two", mentions=["pair"], idempotency_key="m")
    assert len(sent["warnings"]) == 1
    assert pair.send("furiosa", "two", mentions=["pair"], idempotency_key="m") == sent


def test_a_rebuilt_database_knows_the_key(pair: Any, open_store: Any, tmp_path: Any) -> None:
    sent = pair.send("furiosa", "one", to="nux", idempotency_key="k")
    rebuilt = open_store(database=tmp_path / "again.db")
    early = format_ns(0)
    found = queries.by_idempotency_key(rebuilt.reader(), "furiosa", "k", early)
    assert found == sent["message_id"]


def test_many_at_once_are_one_message(pair: Any) -> None:
    pair.stand("furiosa")
    callers = [pair.connect() for _ in range(8)]
    for _ in range(5):
        before = stored(pair)
        for caller in callers:
            caller.write("message.send", content="x", to="nux", idempotency_key=f"k{before}")
        ids = {caller.read()["result"]["message_id"] for caller in callers}
        assert len(ids) == 1
        assert stored(pair) == before + 1


def of_long_ago(node: Any, message_id: str, hours: float) -> None:
    """A message of furiosa with the key k, as it was sent so long ago."""
    made = time.time_ns() - int(hours * HOUR_NS)
    event = {
        "type": "message.create",
        "event_id": f"evt_{message_id[4:]}",
        "timestamp": format_ns(made),
        "v": 1,
        "message_id": message_id,
        "agent_id": "furiosa",
        "body": {"content": "long ago", "format": "markdown"},
        "idempotency_key": "k",
    }
    node.store.log.append([[("messages/furiosa.jsonl", json.dumps(event).encode())]])
    node.store.catch_up()


@pytest.mark.parametrize(("hours", "again"), [(0.1, True), (23.9, True), (24.1, False)])
def test_a_key_counts_for_a_day(pair: Any, hours: float, again: bool) -> None:
    first = "msg_01ARZ3NDEKTSV4RRFFQ69G5FAV"
    of_long_ago(pair, first, hours)
    sent = pair.send("furiosa", "now", to="nux", idempotency_key="k")
    assert (sent["message_id"] == first) is again
    assert stored(pair) == (1 if again else 2)


def identify(node: Any, agent_id: str) -> None:
    """Writes the identity file by which furiosa's home knows the agent without a session."""
    folder = node.homes["furiosa"] / ".thrum" / "identities"
    folder.mkdir(parents=True, exist_ok=True)
    file = {"version": 5, "agent": {"name": agent_id}}
    (folder / f"{agent_id.replace(':', '_')}.json").write_text(json.dumps(file))


def test_a_key_counts_after_its_session_ended_and_its_message_was_deleted(pair: Any) -> None:
    (session,) = pair.call("furiosa", "session.list", agent_id="furiosa")["sessions"]
    identify(pair, "furiosa")
    sent = pair.send("furiosa", "one", to="nux", idempotency_key="k")
    pair.call("furiosa", "message.delete", message_id=sent["message_id"])
    pair.call("furiosa", "session.end", session_id=session["session_id"])
    again = pair.send("furiosa", "one", to="nux", idempotency_key="k")
    assert again["message_id"] == sent["message_id"]
    refused = pair.refused("furiosa", "message.send", content="new", idempotency_key="l")
    assert refused == "no_session"


@pytest.fixture
def person(pair: Any) -> Any:
    """The same node with the user cy, who works where furiosa does."""
    register = events.AgentRegister(agent_id="user:cy", kind="user", role="cy", module="ui")
    pair.store.transact_blocking(lambda transaction: transaction.emit(register))
    home = pair.homes["furiosa"]
    identify(pair, "user:cy")
    refs = [{"type": "worktree", "value": str(home)}]
    claim = {"caller_agent_id": "user:cy"}
    pair.call("furiosa", "session.start", agent_id="user:cy", refs=refs, **claim)
    return pair


@pytest.mark.parametrize("disclose", [True, False])
def test_who_speaks_for_others_has_keys_of_their_own(person: Any, disclose: bool) -> None:
    mine = person.send("furiosa", "mine", to="nux", idempotency_key="k", caller_agent_id="furiosa")
    wanted = {
        "to": "nux",
        "acting_as": "furiosa",
        "disclose": disclose,
        "idempotency_key": "k",
        "caller_agent_id": "user:cy",
    }
    spoken = person.send("furiosa", "spoken", **wanted)
    assert spoken["message_id"] != mine["message_id"]
    assert person.send("furiosa", "spoken", **wanted)["message_id"] == spoken["message_id"]
    # Whom it is spoken for makes no difference to who chose the key.
    elsewhere = person.send("furiosa", "spoken", **{**wanted, "acting_as": "nux"})
    assert elsewhere["message_id"] == spoken["message_id"]
    again = person.send("furiosa", "x", idempotency_key="k", caller_agent_id="furiosa")
    assert again["message_id"] == mine["message_id"]
    got = person.call("furiosa", "message.get", message_id=spoken["message_id"])["message"]
    assert (got["author"]["agent_id"], got["authored_by"]) == ("furiosa", "user:cy")
    assert got.get("disclosed", False) is disclose


@pytest.mark.parametrize("key", ["0" * 32, "a7" * 16, "x" * 200, "\u00e9" * 40])
def test_who_chose_a_long_key_knows_how_the_id_ends(pair: Any, key: str) -> None:
    others = [pair.send("furiosa", "another", to="nux")["message_id"] for _ in range(3)]
    sent = pair.send("furiosa", "this", to="nux", idempotency_key=key)["message_id"]
    assert sent.endswith(ending_of(key))
    assert sent > max(others)
    for written in (ending_of(key), ending_of(key).lower(), f"msg_{ending_of(key)}"):
        got = pair.call("furiosa", "message.get", message_id=written)
        assert got["message"]["message_id"] == sent


def test_a_key_has_a_bound(pair: Any) -> None:
    key = "k" * 201
    assert pair.refused("furiosa", "message.send", content="x", idempotency_key=key) == (
        "invalid_params"
    )
    assert pair.send("furiosa", "x", to="nux", idempotency_key=key[:200])


@pytest.mark.parametrize("deep", [2_000, 100_000])
def test_a_structure_that_is_nested_too_deeply_is_refused(pair: Any, deep: int) -> None:
    text = "[" * deep + "]" * deep
    params = f'{{"content":"x","to":"nux","structured":{{"a":{text}}}}}'
    line = f'{{"jsonrpc":"2.0","id":1,"method":"message.send","params":{params}}}\n'
    pair.stand("furiosa")
    caller = pair.connect()
    caller.socket.sendall(line.encode())
    answer = caller.read()
    assert "error" in answer
    assert answer["error"]["data"]["kind"] in {"invalid_params", "parse_error"}
    sent = pair.send("furiosa", "x", to="nux")["message_id"]
    as_text = '{"a":' + text + "}"
    edit = {"message_id": sent, "structured": as_text}
    assert pair.refused("furiosa", "message.edit", **edit) == "invalid_params"
    assert stored(pair) == 1


class TestStall:
    """A disk that takes longer than anybody waits."""

    @pytest.fixture
    def deadlines(self) -> Deadlines:
        return Deadlines(handler=1.0)

    def test_a_message_that_came_through_late_is_there_once(
        self, pair: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        moves, append = threading.Event(), pair.store.log.append

        def stalled(lines: Any) -> None:
            assert moves.wait(20)
            append(lines)

        monkeypatch.setattr(pair.store.log, "append", stalled)
        asked = {"content": "once", "to": "nux", "idempotency_key": "k" * 32}
        for _ in range(2):
            error = pair.stand("furiosa").ask("message.send", **asked)["error"]
            assert error["data"]["kind"] == "timed_out"
            assert error["data"]["may_be_done"] is True
        moves.set()
        sent = None
        while sent is None:
            sent = pair.stand("furiosa").ask("message.send", **asked).get("result")
        assert stored(pair) == 1
        assert sent["message_id"].endswith(ending_of("k" * 32))
        assert pair.inbox("nux") == ["once"]
        assert pair.send("furiosa", "once", to="nux", idempotency_key="k" * 32) == sent

"""The one door: its steps, their order, and what a method may do that was let through."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import anyio
import anyio.lowlevel
import pytest
from msgspec import structs

from thrum import events
from thrum.daemon.callers.authenticators import Authenticator, BoundUser, PeerToken
from thrum.daemon.callers.caller import Caller, State
from thrum.daemon.node import Node
from thrum.daemon.rpc import dispatch, registry, rights
from thrum.daemon.rpc.dispatch import Deadlines, Dispatch
from thrum.daemon.rpc.registry import Call, Method, Params, Rights, Transport
from thrum.daemon.transaction import Transaction
from thrum.errors import ThrumError

ALL = Transport.UNIX | Transport.WEBSOCKET | Transport.PEER


@dataclass
class Vouched:
    """An authenticator that knows who calls, and remembers what it was asked."""

    caller: Caller
    asked: list[Any] = field(default_factory=list)

    async def look(self) -> str:
        self.asked.append("look")
        return "known"

    def judge(self, found: object, claim: str, implied: Sequence[str]) -> Caller:
        assert found == "known"
        self.asked.append((claim, *implied))
        chosen = claim or next((each for each in implied if each in self.caller.possible), "")
        if chosen and chosen not in self.caller.possible:
            raise ThrumError("identity_mismatch", f"you are not {chosen}")
        return structs.replace(self.caller, agent_id=chosen or self.caller.agent_id)


@dataclass
class Memory:
    """A connection without a socket below."""

    authenticator: Authenticator
    transport: Transport = Transport.UNIX
    gone: bool = False
    pushed: list[bytes] = field(default_factory=list)
    on_close: list[Callable[[], None]] = field(default_factory=list)

    def push(self, line: bytes) -> None:
        self.pushed.append(line)

    def abort(self) -> None:
        self.gone = True

    def is_gone(self) -> bool:
        return self.gone


def unix(name: str = "nux", *others: str, state: State = State.IDENTIFIED) -> Memory:
    """A connection of an agent that could also be others."""
    return Memory(Vouched(Caller(name, state, others=others)))


def stranger() -> Memory:
    """A connection of somebody who is no agent."""
    return unix("", state=State.ANONYMOUS)


class Wanted(Params):
    """Params with something of each kind."""

    needs: ClassVar = ("what",)
    what: str = ""
    number: int = 0
    agent_id: str = ""


class Row(Params):
    """What methods of this file answer."""

    caller: str = ""


began: list[str] = []
"""The handlers that have begun."""


def declare(name: str, handler: Any = None, /, **policy: Any) -> Method[Any, Any]:
    """A method that answers who calls, or does what the handler does first."""

    async def answer(call: Call, params: Wanted) -> Row:
        began.append(name)
        if handler is not None:
            await handler(call)
        return Row(caller=call.caller.agent_id)

    return registry.method(name, **{"rights": Rights.CALLER, "transports": ALL, **policy})(answer)


async def emits(call: Call) -> None:
    register = events.AgentRegister(agent_id="written", role="dev", module="m")
    await call.transact(lambda transaction: transaction.emit(register))


async def looks(call: Call) -> None:
    await call.transact(lambda transaction: transaction.db.execute("SELECT 1").fetchone())


async def writes_apart(call: Call) -> None:
    def decide(transaction: Transaction) -> None:
        transaction.db.execute("INSERT INTO session_refs VALUES ('s', 'worktree', '/w', '')")

    await call.transact(decide)


async def asks_and_emits(call: Call) -> None:
    def decide(transaction: Transaction) -> None:
        rights.demand_own(call, transaction.db, "nux", "a thing")
        transaction.emit(events.AgentRegister(agent_id="written", role="dev", module="m"))

    await call.transact(decide)


async def hangs(call: Call) -> None:
    await anyio.sleep_forever()


def raising(error: Exception) -> Callable[[Call], Any]:
    async def handler(call: Call) -> None:
        raise error

    return handler


@pytest.fixture
def methods() -> dict[str, Method]:
    """The methods of this file, which every transport serves."""
    began.clear()
    return registry.table(
        [
            declare("plain", speaks_for=("agent_id",)),
            declare("open", rights=Rights.READS, anonymous=True),
            declare("exact", exact=True),
            declare("decides", decides=True),
            declare("here", transports=Transport.UNIX),
            declare("reads.looks", looks, rights=Rights.READS),
            declare("reads.emits", emits, rights=Rights.READS),
            declare("owner.asks", asks_and_emits, rights=Rights.OWNER),
            declare("owner.emits", emits, rights=Rights.OWNER),
            declare("owner.writes", writes_apart, rights=Rights.OWNER),
            declare("owner.nothing", rights=Rights.OWNER),
            declare("charge", emits, rights=Rights.CHARGE, about="this"),
            declare("hangs", hangs),
            declare("reads.hangs", hangs, rights=Rights.READS),
            declare("waits", hangs, long_poll=True),
            declare("waits.well", looks, long_poll=True),
            declare("defect", raising(ZeroDivisionError("the secret is 42"))),
            declare("waits.defect", raising(ZeroDivisionError("the secret is 42")), long_poll=True),
            declare("own timeout", raising(TimeoutError("the secret is 42"))),
            declare("group", raising(ExceptionGroup("the secret", [ValueError("42")]))),
            declare("refuses", raising(ThrumError("conflict", "no", "wait"))),
            declare("waits.refuses", raising(ThrumError("conflict", "no", "wait")), long_poll=True),
        ]
    )


@pytest.fixture
def door(parts: Node) -> Dispatch:
    """The door; the agents nux and the coordinator furiosa are known."""
    for name, role in (("nux", "tester"), ("furiosa", "coordinator")):
        register = events.AgentRegister(agent_id=name, role=role, module="m")
        parts.store.transact_blocking(lambda transaction, each=register: transaction.emit(each))  # type: ignore[misc]
    return Dispatch(parts, parts.methods, Deadlines())


def mode(door: Dispatch, word: str) -> None:
    """Sets what becomes of callers of whom the system says nothing."""
    text = json.dumps({"identity_guard": {"unauthenticated_rpc": word}})
    (door.node.place.shared / "config.json").write_text(text)


def ask(door: Dispatch, line: Memory, method: str, params: Any = None) -> Any:
    """The whole answer to a request."""
    wanted = {"what": "x"} if params is None else params
    request = {"jsonrpc": "2.0", "id": 7, "method": method, "params": wanted}
    answer = json.loads(anyio.run(door.answer, json.dumps(request).encode(), line))
    assert answer["id"] == 7
    return answer


def refused(door: Dispatch, line: Memory, method: str, params: Any = None) -> str:
    """The kind with which a request is refused."""
    kind: str = ask(door, line, method, params)["error"]["data"]["kind"]
    return kind


def written(door: Dispatch) -> bool:
    """Whether a method of this file has written anything."""
    db = door.node.store.reader()
    counts = "SELECT (SELECT count(*) FROM agents WHERE agent_id = 'written'), count(*)"
    return any(db.execute(f"{counts} FROM session_refs").fetchone())


def test_who_looks_waits_until_what_was_acknowledged_can_be_seen(door: Dispatch) -> None:
    """But not whose decision alone asks for it."""
    store, answers = door.node.store, []
    goes_on = threading.Event()

    async def call(method: str) -> None:
        request = {"jsonrpc": "2.0", "id": 7, "method": method, "params": {"what": "x"}}
        answers.append((method, await door.answer(json.dumps(request).encode(), unix())))

    def slow(news: object) -> None:
        """What is committed counts as seen once everybody was told of it."""
        assert goes_on.wait(60)

    async def run() -> None:
        store._writer.tell = slow
        with anyio.fail_after(60):
            register = events.AgentRegister(agent_id="first", role="dev", module="m")
            await store.transact(lambda transaction: transaction.emit(register), early=True)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(call, "open")
                tasks.start_soon(call, "decides")
                await anyio.wait_all_tasks_blocked()
                assert [method for method, _ in answers] == ["decides"]
                goes_on.set()
        assert [method for method, _ in answers] == ["decides", "open"]

    anyio.run(run)


@pytest.mark.parametrize(
    ("request_", "kind"),
    [
        (b"{", "parse_error"),
        (b'{"jsonrpc":"1.0","id":1,"method":"plain"}', "invalid_request"),
        (b'{"jsonrpc":"2.0","id":1,"method":"no.such"}', "method_not_found"),
    ],
)
def test_what_is_no_request_asks_nobody_who_calls(
    door: Dispatch, request_: bytes, kind: str
) -> None:
    line = unix()
    answer = json.loads(anyio.run(door.answer, request_, line))
    assert answer["error"]["data"]["kind"] == kind
    assert line.authenticator.asked == []  # type: ignore[attr-defined]


def test_a_stranger_learns_nothing_of_params_and_transports(door: Dispatch) -> None:
    wrong: tuple[Any, ...] = ([], {"number": "x"}, {}, None)
    for params in wrong:
        assert refused(door, stranger(), "plain", params) == "anonymous_caller"
    line = replace(stranger(), transport=Transport.WEBSOCKET)
    assert refused(door, line, "here", []) == "anonymous_caller"
    assert began == []


def test_a_stranger_may_call_what_is_open_and_is_told_of_its_params(door: Dispatch) -> None:
    assert ask(door, stranger(), "open")["result"] == {"caller_agent_id": "", "caller": ""}
    assert refused(door, stranger(), "open", []) == "invalid_params"
    assert refused(door, stranger(), "open", {}) == "invalid_params"


def test_a_stranger_becomes_nobody_by_what_it_claims(door: Dispatch) -> None:
    claim = {"what": "x", "caller_agent_id": "nux"}
    assert refused(door, stranger(), "plain", claim) == "anonymous_caller"
    assert refused(door, stranger(), "open", claim) == "identity_mismatch"


def test_the_wrong_transport_is_told_before_params_are_read(door: Dispatch) -> None:
    line = replace(unix(), transport=Transport.WEBSOCKET)
    answer = ask(door, line, "here", [])
    assert answer["error"]["data"]["kind"] == "wrong_transport"
    assert answer["error"]["message"] == "here is served over the Unix socket only"


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"number": "x"}, "$.number"),
        ({"number": 1.5}, "$.number"),
        ({"what": {}}, "$.what"),
        ({"caller_agent_id": 7}, "$.caller_agent_id"),
        ([1], "params must be an object"),
        ("x", "params must be an object"),
        ({}, "what is required"),
        ({"what": None}, "what is required"),
        ({"what": ""}, "what is empty"),
        ({"what": "", "number": None}, "what is empty"),
    ],
)
def test_params_of_another_type_are_told_by_name(door: Dispatch, params: Any, words: str) -> None:
    error = ask(door, unix(), "plain", params)["error"]
    assert error["data"]["kind"] == "invalid_params"
    assert words in error["message"]
    assert began == []


def test_unknown_params_are_ignored(door: Dispatch) -> None:
    assert ask(door, unix(), "plain", {"what": "x", "new": [1]})["result"]["caller"] == "nux"


@pytest.mark.parametrize(
    ("params", "caller", "asked"),
    [
        ({}, "nux", []),
        ({"caller_agent_id": "nux"}, "nux", []),
        ({"caller_agent_id": "max"}, "max", [("max",)]),
        ({"agent_id": "max"}, "max", [("", "max")]),
        ({"agent_id": "somebody"}, "nux", [("", "somebody")]),
        ({"agent_id": ""}, "nux", []),
        ({"caller_agent_id": "ace", "agent_id": "max"}, "ace", [("ace", "max")]),
        ({"caller_agent_id": "nux", "agent_id": "max"}, "nux", []),
    ],
)
def test_a_claim_chooses_among_those_it_may_be_then_whom_it_is_for(
    door: Dispatch, params: Any, caller: str, asked: list[Any]
) -> None:
    line = unix("nux", "max", "ace")
    assert ask(door, line, "plain", {"what": "x", **params})["result"]["caller"] == caller
    assert line.authenticator.asked == ["look", ("",), *asked]  # type: ignore[attr-defined]


def test_only_where_it_is_declared_other_params_say_for_whom_it_is(door: Dispatch) -> None:
    line = unix("nux", "max")
    answer = ask(door, line, "here", {"what": "x", "agent_id": "max"})
    assert answer["result"]["caller"] == "nux"


def test_a_claim_that_contradicts_is_refused_before_what_is_missing_is_told(door: Dispatch) -> None:
    assert refused(door, unix(), "plain", {"caller_agent_id": "ace"}) == "identity_mismatch"
    assert began == []


@pytest.mark.parametrize("word", ["strict", "warn", "off"])
def test_who_acts_is_known_whatever_the_guard_says(door: Dispatch, word: str) -> None:
    mode(door, word)
    unknown = unix("", state=State.UNKNOWN)
    assert refused(door, unknown, "plain") == "anonymous_caller"
    assert refused(door, unknown, "owner.asks") == "anonymous_caller"
    assert refused(door, unknown, "charge") == "anonymous_caller"
    assert began == []
    reads = ask(door, unknown, "reads.looks")
    assert ("result" in reads) is (word != "strict")


def lines() -> dict[str, Memory]:
    """A connection of each transport, of somebody who is known there."""
    return {
        "unix": unix(),
        "websocket": Memory(BoundUser("user:ada"), Transport.WEBSOCKET),
        "peer": Memory(PeerToken({"d_there": "secret"}, "secret"), Transport.PEER),
    }


@pytest.mark.parametrize("transport", ["unix", "websocket", "peer"])
def test_a_method_that_reads_writes_no_event_wherever_it_is_called(
    door: Dispatch, transport: str, caplog: pytest.LogCaptureFixture
) -> None:
    mode(door, "warn")
    line = lines()[transport]
    assert "result" in ask(door, line, "reads.looks")
    assert refused(door, line, "reads.emits") == "internal"
    assert began == ["reads.looks", "reads.emits"]
    assert not written(door)


@pytest.mark.parametrize("transport", ["unix", "websocket"])
@pytest.mark.parametrize("method", ["owner.emits", "owner.writes", "owner.nothing"])
def test_who_does_not_ask_whose_it_is_changes_nothing(
    door: Dispatch, method: str, transport: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert refused(door, lines()[transport], method) == "internal"
    assert began == [method]
    assert not written(door)


def test_who_asks_whose_it_is_changes_what_it_may(door: Dispatch) -> None:
    assert refused(door, unix("max"), "owner.asks") == "not_allowed"
    assert not written(door)
    assert "result" in ask(door, unix("nux"), "owner.asks")
    assert written(door)


@pytest.mark.parametrize("name", ["furiosa", "user:ada"])
def test_the_owner_is_not_the_only_one(door: Dispatch, name: str) -> None:
    assert "result" in ask(door, unix(name), "owner.asks")


def test_what_is_for_those_in_charge_is_not_begun_for_others(door: Dispatch) -> None:
    error = ask(door, unix("nux"), "charge")["error"]
    assert error["data"]["kind"] == "not_allowed"
    assert error["message"] == "this is for people and coordinators, and you are nux"
    assert refused(door, stranger(), "charge") == "anonymous_caller"
    mode(door, "off")
    assert refused(door, lines()["peer"], "charge") == "anonymous_caller"
    assert began == []
    assert "result" in ask(door, unix("furiosa"), "charge")
    assert "result" in ask(door, lines()["websocket"], "charge")


def test_a_peer_is_no_agent_and_no_token_no_peer(door: Dispatch) -> None:
    mode(door, "off")
    assert refused(door, lines()["peer"], "plain") == "anonymous_caller"
    assert "result" in ask(door, lines()["peer"], "reads.looks")
    liar = Memory(PeerToken({"d_there": "secret"}, "other"), Transport.PEER)
    assert refused(door, liar, "reads.looks") == "anonymous_caller"


def test_a_socket_that_is_not_bound_is_nobodys(door: Dispatch) -> None:
    line = Memory(BoundUser(), Transport.WEBSOCKET)
    assert refused(door, line, "plain") == "anonymous_caller"
    assert isinstance(line.authenticator, BoundUser)
    line.authenticator.user_id = "user:ada"
    assert ask(door, line, "plain")["result"]["caller"] == "user:ada"
    claim = {"what": "x", "caller_agent_id": "nux"}
    assert refused(door, line, "plain", claim) == "identity_mismatch"


@pytest.mark.parametrize(
    ("method", "limit"), [("hangs", "0.1"), ("waits", "0.2"), ("reads.hangs", "0.1")]
)
def test_each_has_its_time(door: Dispatch, method: str, limit: str) -> None:
    hurried = structs.replace(door, deadlines=Deadlines(handler=0.1, long_poll=0.2))
    error = ask(hurried, unix(), method)["error"]
    assert error["data"]["kind"] == "timed_out"
    assert error["message"].startswith(f"{method} did not end within {limit} s")
    writes = not method.startswith("reads")
    assert error["data"].get("may_be_done", False) is writes, "what a writer began it ends"


def test_a_long_wait_ends_with_its_client(door: Dispatch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "LOOK_S", 0.001)
    patient = structs.replace(door, deadlines=Deadlines(long_poll=600))
    line = unix()

    async def run() -> bytes:
        request = b'{"jsonrpc":"2.0","method":"waits","params":{"what":"x"}}'
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(leave)
            with anyio.fail_after(20):
                return await patient.answer(request, line)
        raise AssertionError("the group ends by the return")

    async def leave() -> None:
        while not began:
            await anyio.lowlevel.checkpoint()
        line.gone = True

    assert json.loads(anyio.run(run))["error"]["data"]["kind"] == "shutting_down"


@pytest.mark.parametrize("method", ["defect", "waits.defect", "own timeout", "group"])
def test_a_defect_is_logged_and_its_text_is_not_the_clients(
    door: Dispatch, method: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer = ask(door, unix(), method)
    assert answer["error"]["data"]["kind"] == "internal"
    assert answer["error"]["message"] == f"{method} failed inside the daemon"
    assert "secret" not in json.dumps(answer)
    assert "the secret" in caplog.text


@pytest.mark.parametrize("method", ["refuses", "waits.refuses"])
def test_a_refusal_is_told_as_it_is(door: Dispatch, method: str) -> None:
    error = ask(door, unix(), method)["error"]
    assert (error["message"], error["data"]) == ("no", {"kind": "conflict", "hint": "wait"})


def test_a_long_wait_that_ends_well_is_answered(door: Dispatch) -> None:
    assert ask(door, unix(), "waits.well")["result"]["caller"] == "nux"


def test_the_line_may_end_with_a_newline_or_not(door: Dispatch, tmp_path: Path) -> None:
    request = b'{"jsonrpc":"2.0","method":"plain","params":{"what":"x"}}'
    answers = [anyio.run(door.answer, request + end, unix()) for end in (b"", b"\n", b"\r\n")]
    assert len(set(answers)) == 1
    assert answers[0].endswith(b"}\n")


@pytest.mark.parametrize(
    ("params", "warnings"),
    [
        ({"what": "x"}, None),
        ({"what": "x", "other": None}, None),
        ({"what": "x", "nubmer": 3}, ["plain takes no 'nubmer'; did you mean number?"]),
        ({"what": "x", "recipients": ["a"]}, ["plain takes no 'recipients'"]),
        ({"what": "x", "What": 1, "": 2}, ["plain takes no 'What'; did you mean what?"]),
    ],
)
def test_a_param_that_nobody_knows_is_named_in_the_result(
    door: Dispatch, params: dict[str, Any], warnings: list[str] | None
) -> None:
    found = ask(door, unix(), "plain", params)["result"].get("warnings")
    assert (found[: len(warnings)] if warnings else found) == warnings


def test_many_unknown_params_and_long_ones_are_named_within_a_bound(door: Dispatch) -> None:
    many = {"what": "x"} | {f"{number}{'x' * 1000}": number for number in range(1000)}
    found = ask(door, unix(), "plain", many)["result"]["warnings"]
    assert len(found) == 8
    assert all(len(each) < 200 for each in found)


def test_a_method_that_is_exact_refuses_what_it_does_not_know(door: Dispatch) -> None:
    answer = ask(door, unix(), "exact", {"what": "x", "numbr": 3})
    assert answer["error"]["data"]["kind"] == "invalid_params"
    assert answer["error"]["message"] == "exact takes no 'numbr'; did you mean number?"
    assert began == []
    assert ask(door, unix(), "exact", {"what": "x", "number": 3})["result"]["caller"] == "nux"

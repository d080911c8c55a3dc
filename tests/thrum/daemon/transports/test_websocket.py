"""Frames in and out: what a connection may take, and how it ends."""

from __future__ import annotations

import json
import random
import socket
import struct
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import anyio
import pytest
from wsproto.events import BytesMessage, CloseConnection, Ping, Pong, TextMessage

from tests.thrum.daemon.web.conftest import Town, town
from tests.websocket import Socket, upgrade
from thrum.daemon.rpc import registry
from thrum.daemon.rpc.registry import EVERYWHERE, Call, Method, Params, Rights
from thrum.daemon.transports.websocket import LIMITS, WebSocketLine

__all__ = ["town"]

HEALTH = '{"jsonrpc":"2.0","id":7,"method":"health"}'


class Gate:
    """Holds a method up until it is opened, and counts who is held."""

    def __init__(self) -> None:
        self.held = 0
        self.most = 0
        self.is_open = False


GATE = Gate()


class Size(Params):
    """How much to say."""

    bytes: int = 0


class Text(registry.Params):
    """So much."""

    text: str = ""


@registry.method("gate.pass", rights=Rights.READS, transports=EVERYWHERE)
async def hold(call: Call, params: Params) -> Params:
    """Waits until the gate is open."""
    GATE.held += 1
    GATE.most = max(GATE.most, GATE.held)
    try:
        while not GATE.is_open:
            await anyio.sleep(0.005)
    finally:
        GATE.held -= 1
    return params


@registry.method("much.say", rights=Rights.READS, transports=EVERYWHERE)
async def say(call: Call, params: Size) -> Text:
    """Says much."""
    return Text(text="x" * params.bytes)


@pytest.fixture
def methods() -> dict[str, Method[Any, Any]]:
    """What the daemon has, and methods of ours."""
    from thrum.daemon.services import METHODS

    GATE.held = GATE.most = 0
    GATE.is_open = False
    return {**METHODS, "gate.pass": hold, "much.say": say}


def line_of(town: Town) -> WebSocketLine:
    """The newest connection, as the daemon has it."""
    return list(town.web.lines)[-1]


def test_a_request_is_answered_whichever_frames_carry_it(town: Town) -> None:
    person = town.person()
    parts = [HEALTH[:10], "", HEALTH[10:]]
    person.send(BytesMessage(HEALTH.encode()))
    for part in parts:
        person.send(TextMessage(part, message_finished=part is parts[-1]))
    assert [person.read()["id"], person.read()["id"]] == [7, 7]


def test_requests_are_worked_on_beside_each_other_up_to_a_bound(
    town: Town, wait_until: Callable[..., None]
) -> None:
    person = town.person()
    count = LIMITS.at_once + 5
    ids = {person.write("gate.pass") for _ in range(count)}
    wait_until(lambda: GATE.held == LIMITS.at_once)
    GATE.is_open = True
    assert {person.read()["id"] for _ in range(count)} == ids
    assert GATE.most == LIMITS.at_once


def test_a_slow_request_does_not_hold_up_others(town: Town) -> None:
    person = town.person()
    slow = person.write("gate.pass")
    assert person.call("health")["status"]
    GATE.is_open = True
    assert person.read()["id"] == slow


def test_a_batch_is_one_answer(town: Town) -> None:
    person = town.person()
    person.send(TextMessage(f"[{HEALTH},{HEALTH}]"))
    assert [each["id"] for each in person.read()] == [7, 7]
    person.send(TextMessage("[]"))
    assert person.read()["error"]["code"] == -32600


def test_what_is_no_request_is_answered_and_nothing_ends(town: Town) -> None:
    person = town.person()
    for text, code in (("", -32700), ("no", -32700), ('{"id":1}', -32600), ("3", -32700)):
        person.send(TextMessage(text))
        assert person.read()["error"]["code"] == code
    assert person.call("health")


def test_pings_are_answered(town: Town) -> None:
    person = town.person()
    person.send(Ping(b"there?"))
    while not isinstance(event := person.event(), Pong):
        assert event is not None
    assert event == Pong(b"there?")


def test_who_is_cut_off_is_no_defect(
    town: Town, caplog: pytest.LogCaptureFixture, wait_until: Callable[..., None]
) -> None:
    person = town.person()
    person.raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    person.close()
    wait_until(lambda: not town.web.lines)
    assert town.person().call("health")
    assert not [each for each in caplog.records if each.exc_info]


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"\xff\xff\xff\xff\xff\xff", 1002),
        (b"\x81\x05hello", 1002),  # a client has to mask
        (b"\x81\x82\0\0\0\0\xff\xfe", 1007),
        (b"\x80\x80\0\0\0\0", 1002),
        (b"\xc1\x80\0\0\0\0", 1002),
    ],
)
def test_what_are_no_frames_ends_the_connection_with_a_word(
    town: Town, frame: bytes, code: int
) -> None:
    person = town.person()
    person.raw.sendall(frame)
    assert person.read() == code
    assert town.person().call("health")


@pytest.mark.parametrize("seed", range(3))
def test_whatever_comes_the_daemon_lives(town: Town, seed: int) -> None:
    chance = random.Random(seed)
    cookie = town.cookie()
    for _ in range(30):
        person = town.socket(cookie)
        frame = chance.choice(
            [b"\x81\xfe\x00\x80", b"\x81\x85", b"\x01\x80", b"\x89\x82", b"\x88\x81"]
        )
        person.raw.sendall(frame + chance.randbytes(chance.randrange(200)))
        if chance.random() < 0.5:
            person.close()
    assert town.person().call("health")


def test_a_message_over_the_bound_is_not_kept(town: Town) -> None:
    """A hundred megabytes in one frame: the head says so, and the rest goes nowhere."""
    person = town.person()
    person.raw.sendall(b"\x81\xff" + (100_000_000).to_bytes(8, "big") + b"\0\0\0\0")
    line = line_of(town)
    sent = 0
    try:
        while sent < 100_000_000:
            person.raw.sendall(b"x" * 1_000_000)
            sent += 1_000_000
            assert len(line._message) <= 8_388_608 + 65_536
    except ConnectionError:
        pass
    assert person.read() in {1009, None}
    assert line.closing
    assert town.person().call("health")


def test_a_message_in_parts_over_the_bound_is_not_kept(town: Town) -> None:
    """A hundred megabytes, each part of them far below the bound, and none the last."""
    person = town.person()
    line, part = line_of(town), b"x" * 1_000_000
    head = (len(part)).to_bytes(8, "big") + b"\0\0\0\0"
    try:
        person.raw.sendall(b"\x01\xff" + head + part)
        for _ in range(99):
            person.raw.sendall(b"\x00\xff" + head + part)
            assert len(line._message) <= 8_388_608 + 65_536
    except ConnectionError:
        pass
    assert person.read() in {1009, None}
    assert town.person().call("health")


@pytest.mark.parametrize("pieces", [1, 3])
def test_of_who_is_nobody_little_is_kept(town: Town, pieces: int) -> None:
    """Thousands of them with the beginning of a long message each would fill the memory."""
    text = "x" * (LIMITS.stranger // pieces + 1)
    stranger = town.socket()
    for number in range(pieces):
        frame = TextMessage(text, message_finished=number == pieces - 1)
        stranger.send(frame)
    assert stranger.read() == 1009
    person, program = town.person(), town.socket()
    assert person.call("health", text=text * pieces)
    token = person.call("user.register", username="dana")["token"]
    assert program.call("user.register", token=token)
    assert program.call("health", text=text * pieces)


def test_who_asks_and_does_not_read_the_answer_is_hung_up_on(
    town: Town, wait_until: Callable[..., None]
) -> None:
    """It is not waited for, and what else it asks is not kept either."""
    person = town.person()
    line = line_of(town)
    line.limits = replace(LIMITS, reading=0.05)
    for _ in range(4):
        person.write("much.say", bytes=20_000_000)
    wait_until(lambda: line.closing)
    assert town.person().call("health")


def test_who_sends_pings_and_reads_nothing_is_hung_up_on(
    town: Town, wait_until: Callable[..., None]
) -> None:
    person = town.person()
    line = line_of(town)
    line.limits = replace(LIMITS, unread=100_000)
    many = b"".join(person.frames.send(Ping(b"x" * 125)) for _ in range(1000))
    try:
        for _ in range(200):
            person.raw.sendall(many)
            if line.closing:
                break
    except OSError:
        pass
    wait_until(lambda: line.closing)
    assert town.person().call("health")


@pytest.mark.parametrize("is_stranger", [True, False])
def test_with_who_is_nobody_little_lies_unread(
    town: Town, wait_until: Callable[..., None], is_stranger: bool
) -> None:
    who = town.socket() if is_stranger else town.person()
    who.ask("health")
    line = line_of(town)
    push = json.dumps({"method": "x", "params": "y" * 10_000}).encode()
    most = LIMITS.stranger if is_stranger else LIMITS.unread
    unsent = []

    def fill() -> None:
        while not line.closing:
            line.push(push)
            unsent.append(line.stream.unsent)

    town.soon(fill)
    assert most - 20_000 < max(unsent) <= most + 20_000


def test_who_takes_leave_gets_leave(town: Town, wait_until: Callable[..., None]) -> None:
    person = town.person()
    person.send(CloseConnection(1000, "bye"))
    assert person.read() == 1000
    assert person.event() is None
    wait_until(lambda: not town.web.lines)


def test_who_is_gone_is_forgotten_and_what_was_due_at_the_end_is_done(
    town: Town, wait_until: Callable[..., None]
) -> None:
    person = town.person()
    done: list[str] = []
    line_of(town).on_close.append(lambda: done.append("left"))
    person.write("gate.pass")
    wait_until(lambda: GATE.held == 1)
    person.close()
    wait_until(lambda: done == ["left"] and not town.web.lines and GATE.held == 0)


def test_answers_wait_for_a_client_that_reads_late(town: Town) -> None:
    person = town.person()
    ids = {person.write("much.say", bytes=3_000_000) for _ in range(6)}
    answers = [person.read() for _ in range(6)]
    assert {each["id"] for each in answers} == ids
    assert {len(each["result"]["text"]) for each in answers} == {3_000_000}


def test_who_does_not_read_pushes_is_hung_up_on_with_a_word(town: Town) -> None:
    person = town.person()
    line, push = line_of(town), json.dumps({"method": "x", "params": "y" * 100_000}).encode()
    for _ in range(200):
        town.soon(lambda: line.push(push))
    assert line.closing
    heard = [person.heard()]
    while isinstance(heard[-1], dict):
        heard.append(person.heard())
    assert heard[-1] == 1013
    assert 0 < len(heard) < 200
    assert town.person().call("health")


def test_who_does_not_answer_pings_is_cut_off(town: Town, wait_until: Callable[..., None]) -> None:
    lives, silent = town.person(), town.person()
    silent.answers_pings = False
    lines = list(town.web.lines)
    for _ in range(2):
        town.soon(lambda: [each.ping() for each in lines])  # type: ignore[func-returns-value]
        assert lives.call("health")  # by now it has answered the ping,
        assert lives.call("health")  # and by now the daemon has read that
    assert silent.read() is None
    wait_until(lambda: list(town.web.lines) == lines[:1])


@pytest.mark.parametrize("way", ["in a batch", "in its turn", "in frames"])
def test_what_is_not_begun_when_its_person_is_logged_out_is_not_done(
    town: Town, wait_until: Callable[..., None], way: str
) -> None:
    person = town.person()
    wait = '{"jsonrpc":"2.0","id":1,"method":"gate.pass"}'
    make = '{"jsonrpc":"2.0","id":2,"method":"group.create","params":{"name":"late"}}'
    if way == "in a batch":
        person.send(TextMessage(f"[{wait},{make}]"))
    else:
        person.send(TextMessage(wait))
    wait_until(lambda: GATE.held == 1)
    if way == "in its turn":
        for _ in range(LIMITS.at_once):
            person.send(TextMessage(wait))
        person.send(TextMessage(make))
        wait_until(lambda: GATE.held == LIMITS.at_once)
    town.soon(lambda: town.web.turn_out("user:dana"))
    if way == "in frames":
        person.send(TextMessage(make))
    GATE.is_open = True
    assert person.read() == 1008
    wait_until(lambda: GATE.held == 0)
    person.send(CloseConnection(1000))
    wait_until(lambda: not town.web.lines)
    assert "late" not in {each["name"] for each in town.person().call("group.list")["groups"]}


@pytest.mark.parametrize("more", [1, 2, 40])
def test_whose_requests_wait_for_each_other_is_not_taken_for_dead(
    town: Town, wait_until: Callable[..., None], more: int
) -> None:
    person = town.person()
    line = line_of(town)
    ids = {person.write("gate.pass") for _ in range(LIMITS.at_once + more)}
    wait_until(lambda: line._is_held)
    for _ in range(3):
        town.soon(line.ping)
    GATE.is_open = True
    assert {person.read()["id"] for _ in ids} == ids
    for _ in range(2):  # by then it has answered the pings, and that was read
        assert person.call("health")
    person.answers_pings = False
    for _ in range(2):
        town.soon(line.ping)
    assert person.read() is None, "who is silent is cut off all the same"


def test_what_is_pushed_after_the_end_goes_nowhere(town: Town) -> None:
    person = town.person()
    line = line_of(town)
    town.soon(line.abort)
    town.soon(lambda: line.push(b"{}\n"))
    assert person.read() == 1013
    assert line.is_gone()


def test_many_sockets_cost_nobody_anything(town: Town, wait_until: Callable[..., None]) -> None:
    cookie = town.cookie()
    many = [town.socket(cookie) for _ in range(300)]
    wait_until(lambda: len(town.web.lines) == 300)
    assert many[0].call("health")
    assert many[-1].call("health")


def test_more_than_may_be_are_told_so(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(town.web, "_most", 2)
    first, _second = town.person(), town.person()
    with socket.create_connection(("127.0.0.1", town.port), 20) as raw:
        assert raw.recv(100).startswith(b"HTTP/1.1 503")
    assert first.call("health")


@pytest.mark.parametrize("strangers", ["silent", "begun", "upgraded"])
def test_who_has_no_login_keeps_nobody_out(
    town: Town, monkeypatch: pytest.MonkeyPatch, wait_until: Callable[..., None], strangers: str
) -> None:
    """However many of them there are, and whatever they are at."""
    sent = {"silent": b"", "begun": b"GET / HT", "upgraded": upgrade(town.port)}[strangers]
    cookie = town.cookie()
    first = town.socket(cookie)
    monkeypatch.setattr(town.web, "_most", 4)
    with ExitStack() as opened:
        for _ in range(9):
            raw = opened.enter_context(socket.create_connection(("127.0.0.1", town.port), 20))
            raw.sendall(sent)
            if strangers == "upgraded":
                assert raw.recv(100).startswith(b"HTTP/1.1 101")
        wait_until(lambda: len(town.web.speakers) == 4)
        second = town.socket(cookie)
        for each in (first, second):
            assert each.call("health")
        assert len(town.web.speakers) == 4


def test_a_socket_that_says_nothing_at_all_is_let_be(town: Town) -> None:
    quiet: Socket = town.person()
    others = [town.person() for _ in range(3)]
    assert [each.call("health")["status"] for each in (*others, quiet)]

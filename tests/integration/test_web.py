"""The web page of a real daemon: where it is, who stays logged in, and how many may come."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import World, eventually
from tests.integration.own_port import with_own_port
from tests.websocket import Refused, Socket, come_in, fetch, link

MANY = 5_000


def begun(world: World) -> Path:
    """A repository with a daemon."""
    where = world.root / "one"
    world.git("init", "-q", "-b", "main", str(where), cwd=world.root)
    world.git("config", "user.name", "Dana", cwd=where)
    world.git("commit", "-q", "--allow-empty", "-m", "first", cwd=where)
    if "THRUM_WS_PORT" in world.environment:
        world.thrum(where, "init", "--non-interactive")
        return where
    with_own_port(world).thrum(where, "init", "--non-interactive")
    return where


def port_of(where: Path) -> int:
    """Where it says that its page is."""
    return int((where / ".thrum/var/ws.port").read_text())


def test_a_browser_stays_logged_in_and_the_address_stays(world: World) -> None:
    where = begun(world)
    port, var = port_of(where), where / ".thrum/var"
    address = f"http://localhost:{port}"
    assert f"Web page: {address}\n" in world.thrum(where, "daemon", "status").out
    assert f"Web page: {address}" in world.thrum(where, "overview").out
    cookie = come_in(port, link(var / "thrum.sock"))
    page = Socket.open(port, cookie=cookie)
    assert page.call("user.register")["user_id"] == "user:dana"
    world.thrum(where, "daemon", "stop")
    assert page.read() == 1001
    assert not (var / "ws.port").exists()
    started = world.thrum(where, "daemon", "start").out
    assert f"Web page: {address}" in started
    world.kill(where)
    world.thrum(where, "daemon", "start")
    assert port_of(where) == port
    again = Socket.open(port, cookie=cookie)
    assert again.call("agent.whoami")["agent_id"] == "user:dana"
    log = (var / "daemon.log").read_text()
    assert cookie.partition("=")[2] not in log
    for each in (page, again):
        each.close()


def test_a_port_that_is_anothers_is_not_replaced_and_taken_once_it_is_free(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        world.environment["THRUM_WS_PORT"] = str(port)
        where = begun(world)
        status = world.thrum(where, "daemon", "status").out
        assert f"port {port}" in status
        assert "Web page" not in status
        assert not (where / ".thrum/var/ws.port").exists()
    eventually((where / ".thrum/var/ws.port").exists)
    assert port_of(where) == port
    assert fetch(port, "/").status == 200


def opened(where: Path) -> Socket:
    """A connection of the person."""
    port = port_of(where)
    page = Socket.open(port, cookie=come_in(port, link(where / ".thrum/var/thrum.sock")))
    page.call("user.register")
    return page


def test_log_and_doctor_are_asked_from_a_page(world: World) -> None:
    where = begun(world)
    page = opened(where)
    page.call("session.start", agent_id="user:dana")
    sent = page.call("message.send", content="hello", to="everyone")

    def told(**asked: Any) -> list[str]:
        events = page.call("log.list", types=["message"], **asked)["events"]
        return [each["event"]["message_id"] for each in events]

    for asked in ({}, {"limit": 1}, {"agent": "user:dana", "since": "2h", "limit": 500}):
        assert told(**asked) == [sent["message_id"]]
    (newest,) = page.call("log.list", types=["message"], limit=1)["events"]
    assert told(before=newest["event_id"]) == []
    for wrong, kind in (
        ({"limit": 0}, "invalid_params"),
        ({"limit": 501}, "invalid_params"),
        ({"at": "--follow"}, "usage"),
        ({"agent": "nobody"}, "not_found"),
        ({"before": "evt_of_nobody"}, "not_found"),
        ({"before": "--follow"}, "not_found"),
        ({"types": ["--follow"]}, "usage"),
        ({"since": "yesterday, or so"}, "usage"),
    ):
        assert page.refused("log.list", **wrong) == kind, wrong
    examined = page.call("doctor.examine")
    assert {each["level"] for each in examined["findings"]} <= {"ok", "note"}
    assert examined["clean"]
    assert page.call("doctor.examine") == examined
    page.close()


def test_a_page_is_told_of_commits_and_files_without_asking(world: World) -> None:
    where = begun(world)
    world.thrum(where, "quickstart", "nux", "--role", "tester", "--module", "x")
    page = opened(where)
    cursor = page.call("now.list")["cursor"]

    def until(**wanted: Any) -> dict[str, Any]:
        """The push after which the agent works on that."""
        while True:
            (context,) = page.told("notification.work")["contexts"]
            if all(context[key] == value for key, value in wanted.items()):
                return dict(context)

    (where / "draft.py").write_text("x\n")
    until(uncommitted_files=["draft.py"], branch="main")
    world.git("checkout", "-qb", "valves", cwd=where)
    until(branch="valves")
    world.git("add", "draft.py", cwd=where)
    world.git("commit", "-qm", "Draft it", cwd=where)
    world.git("update-ref", "refs/remotes/origin/main", "HEAD~1", cwd=where)
    told = until(uncommitted_files=[], changed_files=["draft.py"])
    assert [each["message"] for each in told["unmerged_commits"]] == ["Draft it"]
    world.thrum(where, "session", "set-intent", "Weld the valve")
    told = until(intent="Weld the valve")
    assert page.call("agent.listContext")["contexts"][0] | {"git_updated_at": ""} == told | {
        "git_updated_at": ""
    }
    pushes = page.call("events.since", cursor=cursor)["pushes"]
    works = [each["params"] for each in pushes if each["method"] == "notification.work"]
    assert [(each["agent_id"], len(each["contexts"])) for each in works] == [("nux", 1)]
    page.close()


@pytest.mark.soak
def test_thousands_of_sockets_that_say_nothing(world: World) -> None:
    where = begun(world)
    port = port_of(where)
    with ExitStack() as stack:
        cookie = come_in(port, link(where / ".thrum/var/thrum.sock"))
        many = [Socket.open(port, cookie=cookie) for _ in range(MANY)]
        for each in many:
            stack.callback(each.close)
        with pytest.raises(Refused):
            Socket.open(port, cookie=cookie)
        assert many[0].call("health")["status"] == "ok"
        assert many[-1].call("health")["status"] == "ok"
        assert world.thrum(where, "daemon", "status").code == 0
        world.thrum(where, "quickstart", "nux", "--role", "tester", "--module", "x")
        world.thrum(where, "send", "hello", "--to", "@everyone")
        assert {each.told("notification.message")["preview"] for each in many} == {"hello"}

    def is_free() -> bool:
        try:
            Socket.open(port, cookie=cookie).close()
        except Refused:
            return False
        return True

    eventually(is_free)
    assert world.thrum(where, "daemon", "stop").code == 0

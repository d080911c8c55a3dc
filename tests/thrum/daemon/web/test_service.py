"""Pages and WebSocket of a daemon: who comes in, and what becomes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.websocket import Refused, Socket, fetch
from thrum.clock import format_ns


def test_a_page_is_served_where_the_file_says(town: Any) -> None:
    place = town.node.parts.place
    assert place.ws_port.read_text() == f"{town.port}\n" == place.ws_port_before.read_text()
    answer = fetch(town.port, "/")
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert b"<title>Thrum</title>" in answer.body
    assert town.node.call("nobody", "health")["address"] == f"http://localhost:{town.port}"


@pytest.mark.parametrize("method", ["health", "user.identify", "agent.list", "message.list"])
def test_who_comes_without_a_login_gets_nothing(town: Any, method: str) -> None:
    assert town.socket().refused(method) == "anonymous_caller"
    assert town.socket("thrum_d_here=guessed").refused(method) == "anonymous_caller"


def test_a_link_leads_in_once(town: Any) -> None:
    found = town.node.call("nobody", "user.link")
    assert found["user_id"] == "user:dana"
    path = found["url"].removeprefix(found["address"])
    answer = fetch(town.port, path)
    assert (answer.status, answer.headers["location"]) == (303, "/")
    assert "HttpOnly; SameSite=Strict" in answer.headers["set-cookie"]
    assert fetch(town.port, path).status == 403
    cookie = answer.headers["set-cookie"].partition(";")[0]
    person = town.socket(cookie)
    assert person.call("user.register", username="dana")["status"] == "existing"
    assert person.call("agent.whoami")["agent_id"] == "user:dana"


def test_a_token_binds_another_connection(town: Any) -> None:
    token = town.person().call("user.register", username="dana")["token"]
    program = town.socket()
    assert program.refused("user.register", token="tok_guessed") == "anonymous_caller"
    assert program.call("user.register", token=token)["user_id"] == "user:dana"
    assert program.call("agent.whoami")["agent_id"] == "user:dana"


def test_a_connection_is_told_of_mail_from_when_it_is_somebodys(town: Any) -> None:
    town.node.agent("nux")
    person = town.person()
    program, stranger = town.socket(), town.socket()
    token = person.call("user.register", username="dana")["token"]
    assert program.call("user.register", token=token)["user_id"] == "user:dana"
    town.node.send("nux", "to everyone")
    for each in (person, program):
        assert each.told("notification.message")["preview"] == "to everyone"
    assert stranger.refused("health") == "anonymous_caller"
    assert stranger.pushes == []


def test_pages_of_a_person_share_a_session(town: Any) -> None:
    first, second = town.person(), town.person()
    begun = first.call("session.start", agent_id="user:dana")
    assert second.call("session.start", agent_id="user:dana") == begun
    first.call("session.end", session_id=begun["session_id"])
    again = second.call("session.start", agent_id="user:dana")
    assert again["session_id"] != begun["session_id"]


def test_another_page_may_be_served(
    town: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "index.html").write_text("<title>another</title>")
    monkeypatch.setitem(town.node.parts.setting.environment, "THRUM_UI_DEV", str(tmp_path))
    answer = fetch(town.port, "/somewhere")
    assert answer.body == b"<title>another</title>"
    assert "style-src 'self' 'unsafe-inline'" in answer.headers["content-security-policy"]


def test_a_person_is_nobody_else(town: Any) -> None:
    town.node.agent("nux")
    person = town.person()
    assert person.refused("user.register", username="eve") == "not_allowed"
    assert person.refused("agent.list", caller_agent_id="nux") == "identity_mismatch"
    assert person.call("agent.list", caller_agent_id="dana")["agents"]


def test_older_programs_are_believed_if_that_is_wanted(town: Any) -> None:
    town.node.agent("nux")
    town.web.is_compatible = True
    bridge = town.socket()
    assert bridge.call("user.identify")["username"] == "dana"
    assert bridge.refused("message.send", content="x", to="everyone") == "anonymous_caller"
    assert bridge.refused("user.register") == "invalid_params"
    registered = bridge.call("user.register", username="bridge", token="tok_any")
    assert (registered["user_id"], registered["token"][:4]) == ("user:bridge", "tok_")
    assert bridge.call("agent.whoami")["agent_id"] == "user:bridge"
    sent = bridge.call("message.send", content="x", to="everyone", caller_agent_id="nux")
    assert bridge.told("notification.message")["message_id"] == sent["message_id"]
    town.web.is_compatible = False
    assert town.socket().refused("user.identify") == "anonymous_caller"


NOT_LET_IN: list[tuple[dict[str, str], str, int]] = [
    ({"origin": "http://evil.example"}, "/ws", 403),
    ({"origin": "null"}, "/ws", 403),
    ({"origin": "http://localhost:1"}, "/ws", 403),
    ({"host": "evil.example:9999"}, "/ws", 403),
    ({"host": "localhost"}, "/ws", 403),
    ({"sec_websocket_version": "12"}, "/ws", 400),
    ({"sec_websocket_key": "short"}, "/ws", 400),
    ({}, "/other", 404),
    ({"sec_websocket_key": "schlüssel"}, "/ws", 400),
    ({"sec_websocket_key": "dGhlIHNhbXBsZSBub25jZQ=€"}, "/ws", 400),
    ({"sec_websocket_key": "\u2028"}, "/ws", 400),
    ({"sec_websocket_version": "１３"}, "/ws", 400),
    ({}, "/ws?pairing_code=1", 401),
    ({"origin": "http://evil.example"}, "/", 403),
    ({"origin": "https://localhost:{port}"}, "/ws", 403),
    ({"origin": "http://localhost:{port}.evil.example"}, "/ws", 403),
    ({"origin": "http://localhost:{port}@evil.example"}, "/ws", 403),
    ({"origin": "http://localhost:{port}, http://evil.example"}, "/ws", 403),
    ({"origin": "http://127.0.0.2:{port}"}, "/ws", 403),
    ({"origin": "file://"}, "/ws", 403),
    ({"host": "evil.example:{port}"}, "/", 403),
    ({"host": "localhost.:{port}"}, "/ws", 403),
    ({"host": "0.0.0.0:{port}"}, "/ws", 403),
    ({"host": "localhost:{port}@evil.example"}, "/ws", 403),
    ({"host": "localhost:{port}", "x_forwarded_host": "h", "origin": "http://h"}, "/ws", 403),
]
"""Requests for WebSocket: headers, path, and what is answered."""


@pytest.mark.parametrize("shows_login", [False, True])
def test_who_is_not_let_in(town: Any, shows_login: bool) -> None:
    """Not by a browser that has a login either, which it shows to whatever name leads here."""
    cookie = town.cookie() if shows_login else ""
    for headers, path, status in NOT_LET_IN:
        told = {name: text.replace("{port}", str(town.port)) for name, text in headers.items()}
        with pytest.raises(Refused) as refused:
            Socket.open(town.port, path, cookie=cookie, **told)
        assert refused.value.answer.status == status, (headers, path)
    assert fetch(town.port, "/").status == 200


@pytest.mark.parametrize(
    "others",
    [
        "{ours}",
        "theme=dark; {ours}",
        'state={"a": 1}; {ours}; b=2',
        "a[b]=c d; =; {ours}",
        'quoted="one; two; {ours}',
        "näme=wért;{ours};",
        "flag; {ours}",
    ],
)
def test_what_others_on_this_machine_put_into_cookies_keeps_nobody_out(
    town: Any, others: str
) -> None:
    ours = town.cookie()
    name, _, _ = ours.partition("=")
    found = town.socket(others.replace("{ours}", ours))
    assert found.call("user.register", username="dana")["user_id"] == "user:dana"
    for forged in (f"x{ours}", f"x={ours}", f"{name}x{ours}", f"{name}=", name):
        stranger = town.socket(others.replace("{ours}", forged))
        assert stranger.refused("health") == "anonymous_caller"


@pytest.mark.parametrize("scheme", ["http", "ws"])
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
@pytest.mark.parametrize("path", ["/ws", "/"])
def test_our_own_pages_are(town: Any, scheme: str, host: str, path: str) -> None:
    name = f"{host}:{town.port}"
    Socket.open(town.port, path, origin=f"{scheme}://{name}", host=name).close()


def test_a_name_that_was_made_lead_here_gets_no_page(town: Any) -> None:
    for name in (f"evil.example:{town.port}", "evil.example", f"127.0.0.1.nip.io:{town.port}"):
        for path in ("/", "/login?t=x", "/assets/x.js", "/anything"):
            answer = fetch(town.port, path, host=name)
            assert (answer.status, b"Thrum" in answer.body) == (403, False), (name, path)
            assert "set-cookie" not in answer.headers


def test_a_link_does_not_lead_in_by_another_name(town: Any) -> None:
    """And still counts for the person whose it is."""
    path = f"/login?t={town.web.logins.link('user:dana')}"
    assert fetch(town.port, path, host=f"evil.example:{town.port}").status == 403
    assert fetch(town.port, path, origin="http://evil.example").status == 403
    assert fetch(town.port, path).status == 303


@pytest.mark.parametrize("over", [1, 3])
def test_strangers_make_room_for_strangers_and_nobody_else_does(town: Any, over: int) -> None:
    person = town.person()
    token = person.call("user.register", username="dana")["token"]
    town.web.most_strangers = 3
    program = town.socket()
    program.call("user.register", token=token)
    strangers = [town.socket() for _ in range(3 + over)]
    for each in strangers[:over]:
        assert each.read() == 1008
    for each in strangers[over:]:
        assert each.refused("health") == "anonymous_caller"
    for each in (person, program):
        assert each.call("agent.whoami")["agent_id"] == "user:dana"
    # Who shows a token is a stranger no more, and leaves its room to another.
    assert strangers[-1].call("user.register", token=token)["user_id"] == "user:dana"
    last = town.socket()
    assert [each.refused("health") for each in (*strangers[over:-1], last)] == [
        "anonymous_caller"
    ] * 3


def test_bare_requests_for_websocket_are_told_so(town: Any) -> None:
    assert fetch(town.port, "/ws").status == 400


def test_who_stays_is_told_that_the_daemon_stops(town: Any) -> None:
    person = town.person()
    for line in tuple(town.web.lines):
        town.soon(lambda line=line: line.close(1001, "the daemon stops"))
    assert person.read() == 1001


@pytest.mark.parametrize("way", ["a cookie", "a token"])
def test_a_connection_ends_with_the_login_that_it_came_by(town: Any, way: str) -> None:
    """However long before that it was opened; others stay, and one may come in anew."""
    first, stays = town.person(), town.person()
    token = first.call("user.register", username="dana")["token"]
    ends = first
    if way == "a token":
        ends = town.socket()
        ends.call("user.register", token=token)
    line = list(town.web.lines)[-1 if way == "a token" else 0]
    assert line.authenticator.until > format_ns(town.node.parts.now_ns())
    town.run(town.web.look_after())
    assert ends.call("health")
    assert stays.call("health"), "it answered the ping"
    line.authenticator.until = format_ns(town.node.parts.now_ns())
    town.run(town.web.look_after())
    assert ends.read() == 1008
    assert stays.call("agent.whoami")["agent_id"] == "user:dana"
    assert town.person().call("health")

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from gitstore.child import Owner
from tests.served import served
from thrum.config import Config
from thrum.daemon import services
from thrum.daemon.sync import exposure
from thrum.daemon.sync.exposure import Exposure

Git = Callable[..., str]


@pytest.mark.parametrize(
    ("url", "public", "canonical"),
    [
        ("git@GitHub.com:a/b.git", ["https://github.com/a/b.git"], "github.com/a/b"),
        ("https://x:y@github.com/a/b.git", ["https://github.com/a/b.git"], "github.com/a/b"),
        ("ssh://git@host:22/a/b", ["https://host/a/b"], "host/a/b"),
        ("https://host:8443/a/b.git/", ["https://host:8443/a/b.git/"], "host/a/b"),
        ("git+ssh://host/a", ["https://host/a"], "host/a"),
        ("ssh://[::1]:22/a", ["https://[::1]/a"], "[::1]/a"),
        ("helper::https://host/a", ["https://host/a"], "host/a"),
        ("http://host/a", ["http://host/a", "https://host/a"], "host/a"),
        ("http://u:p@host:81/a.git", ["http://host:81/a.git", "https://host/a.git"], "host/a"),
        ("HTTP://Host/a", ["http://host/a", "https://host/a"], "host/a"),
        ("helper::http://u@host/a", ["http://host/a", "https://host/a"], "host/a"),
        ("git://host:9419/a", ["git://host:9419/a", "https://host/a"], "host/a"),
        ("https://u:secret@host:port/a", ["https://host:port/a"], "host:port/a"),
        ("http://u:secret@host:port/a", ["http://host:port/a"], "host:port/a"),
        ("http://u:sec@ret@host:port/a", ["http://host:port/a"], "host:port/a"),
        ("https://u:sec@ret@host/a", ["https://host/a"], "host/a"),
        ("/srv/git/b.git", [], "/srv/git/b"),
        ("file:///srv/git/b.git", [], "file:///srv/git/b"),
        ("../b.git", [], "../b"),
    ],
)
def test_a_remote_has_public_addresses_or_none(url: str, public: list[str], canonical: str) -> None:
    assert list(exposure.public_urls(url)) == public
    assert exposure.canonical(url) == canonical


@pytest.mark.parametrize(
    ("status", "words", "expected"),
    [
        (0, "", "public"),
        (128, "fatal: Could not resolve host: x", "undetectable"),
        (128, "fatal: could not read Username for 'https://x'", "private"),
        (128, "remote: Repository not found.", "private"),
        (128, "Failed to connect: not found", "undetectable"),
        (1, "something else", "undetectable"),
    ],
)
def test_what_a_stranger_hears(status: int, words: str, expected: str) -> None:
    assert exposure.classify(status, words) == expected


def config(tmp_path: Path, **sync: str) -> Config:
    tree = {"daemon": {"sync": dict(sync)}}
    return Config(tmp_path / "config.json", tree, {}, services.keys())


def test_a_public_remote_is_refused_unless_it_is_named(tmp_path: Path) -> None:
    found = Exposure("public", "github.com/a/b")
    assert "public" in exposure.reason_against(config(tmp_path), found)
    other = config(tmp_path, public_exposure_override="github.com/a/c")
    assert exposure.reason_against(other, found)
    named = config(tmp_path, public_exposure_override="github.com/a/b")
    assert exposure.reason_against(named, found) == ""


def test_what_was_determined_counts_when_nothing_can_be_seen(tmp_path: Path) -> None:
    settings = config(tmp_path)
    unseen = Exposure("undetectable", "github.com/a/b")
    assert "cannot be seen" in exposure.reason_against(settings, unseen)
    exposure.remember(settings, unseen)
    assert not settings.path.exists()
    exposure.remember(settings, Exposure("private", "github.com/a/b"))
    assert exposure.reason_against(settings, unseen) == ""
    elsewhere = Exposure("undetectable", "github.com/a/other")
    assert exposure.reason_against(settings, elsewhere)
    exposure.remember(settings, Exposure("public", "github.com/a/b"))
    assert "public" in exposure.reason_against(settings, unseen)


def test_an_override_counts_also_when_nothing_can_be_seen(tmp_path: Path) -> None:
    named = config(tmp_path, public_exposure_override="github.com/a/b")
    assert exposure.reason_against(named, Exposure("undetectable", "github.com/a/b")) == ""
    assert exposure.reason_against(named, Exposure("undetectable", "github.com/a/c"))


def test_remembering_keeps_what_the_user_wrote_meanwhile(tmp_path: Path) -> None:
    settings = config(tmp_path)
    settings.path.write_text('{"mine": 1, "daemon": {"log_level": "debug"}}')
    exposure.remember(settings, Exposure("private", "github.com/a/b"))
    tree = json.loads(settings.path.read_text())
    assert tree["mine"] == 1
    assert tree["daemon"]["log_level"] == "debug"
    assert tree["daemon"]["sync"]["detected_visibility"] == "private"
    before = settings.path.stat().st_ino
    exposure.remember(settings, Exposure("private", "github.com/a/b"))
    assert settings.path.stat().st_ino == before  # nothing new, nothing written


class World:
    """Remotes as a stranger sees them, and a clock."""

    def __init__(self, tmp_path: Path, answers: dict[str, tuple[int, str]], **sync: str) -> None:
        self.answers = answers
        self.asked: list[str] = []
        self.now = 0.0
        self.urls: tuple[str, ...] = tuple(answers)
        self.gate = exposure.Gate(
            config(tmp_path, **sync), lambda: self.urls, self.probe, lambda: self.now
        )

    def probe(self, url: str) -> tuple[int, str]:
        self.asked.append(url)
        return self.answers[url]


PRIVATE = (128, "Authentication failed")
OFFLINE = (128, "Could not resolve host")
PUBLIC = (0, "")


def test_the_gate_looks_once_as_long_as_the_address_is_the_same(tmp_path: Path) -> None:
    world = World(tmp_path, {"https://h/a": PRIVATE})
    assert world.gate.refused() == world.gate.refused() == (False, "")
    assert world.asked == ["https://h/a"]
    world.answers["https://h/b"] = PUBLIC
    world.urls = ("https://h/b",)
    refused, reason = world.gate.refused()
    assert refused
    assert "set daemon.sync.public_exposure_override to h/b" in reason


def test_a_private_place_to_push_to_does_not_excuse_a_public_one(tmp_path: Path) -> None:
    world = World(tmp_path, {"https://h/mine": PRIVATE, "https://h/everybodys": PUBLIC})
    refused, reason = world.gate.refused()
    assert refused
    assert "h/everybodys is public" in reason
    assert world.gate.config.get("daemon.sync.detected_remote") == "h/mine"


def test_what_was_private_is_looked_at_again_each_day(tmp_path: Path) -> None:
    world = World(tmp_path, {"https://h/a": PRIVATE})
    assert world.gate.refused() == (False, "")
    world.answers["https://h/a"] = PUBLIC
    world.now += exposure.DAY_S - 1
    assert world.gate.refused() == (False, "")
    world.now += 1
    assert world.gate.refused()[0]
    world.answers["https://h/a"] = OFFLINE
    world.now += exposure.DAY_S
    assert world.gate.refused()[0], "what was seen last counts"


def test_an_address_that_comes_back_is_looked_at_again(tmp_path: Path) -> None:
    world = World(tmp_path, {"https://h/a": PRIVATE, "https://h/b": PRIVATE})
    for urls in (("https://h/a",), ("https://h/b",), ("https://h/a",), ("https://h/a",)):
        world.urls = urls
        assert world.gate.refused() == (False, "")
    assert world.asked == ["https://h/a", "https://h/b", "https://h/a"]


def test_every_one_of_several_places_is_looked_at(tmp_path: Path) -> None:
    places = {f"https://h/{name}": PRIVATE for name in "abc"}
    world = World(tmp_path, places)
    assert world.gate.refused() == (False, "")
    assert world.asked == list(places)
    world.urls = (*world.urls, "https://h/d")
    world.answers["https://h/d"] = PUBLIC
    assert "h/d is public" in world.gate.refused()[1]


def test_what_told_nothing_is_asked_again_after_a_while(tmp_path: Path) -> None:
    world = World(tmp_path, {"https://h/a": OFFLINE})
    assert world.gate.refused()[0]
    world.answers["https://h/a"] = PRIVATE
    world.now += exposure.AGAIN_S / 2
    assert world.gate.refused()[0]
    world.now += exposure.AGAIN_S
    assert world.gate.refused() == (False, "")
    assert len(world.asked) == 2


def test_local_only_asks_nobody_and_a_change_of_it_counts_at_once(tmp_path: Path) -> None:
    world = World(tmp_path, {"https://h/a": PRIVATE})
    world.gate.config.set("daemon.local_only", True)
    refused, reason = world.gate.refused()
    assert refused
    assert "daemon.local_only is true in" in reason
    assert "run `thrum sync on`" in reason
    world.gate.config.environment = {"THRUM_LOCAL_ONLY": "yes"}
    assert "THRUM_LOCAL_ONLY says so" in world.gate.refused()[1]
    world.gate.config.environment = {}
    assert world.asked == []
    world.gate.config.set("daemon.local_only", False)
    assert world.gate.refused() == (False, "")


def test_without_a_remote_nothing_is_refused(tmp_path: Path) -> None:
    assert World(tmp_path, {}).gate.refused() == (False, "")


def test_a_configuration_that_broke_meanwhile_does_not_stop_the_gate(tmp_path: Path) -> None:
    world = World(tmp_path, {"https://h/a": PRIVATE})
    world.gate.config.path.write_text("{")
    assert world.gate.refused() == (False, "")
    assert world.gate.config.path.read_text() == "{"


def test_a_path_is_private_without_asking(tmp_path: Path) -> None:
    def never(_url: str) -> tuple[int, str]:
        raise AssertionError("nobody is asked")

    assert exposure.look(str(tmp_path), never).visibility == "private"


def test_the_real_question_is_asked_with_nothing_of_the_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "git"
    fake.write_text(f'#!/bin/sh\nenv > "{tmp_path}/seen"; echo "$@" >> "{tmp_path}/seen"\nexit 0\n')
    fake.chmod(0o755)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "GITHUB_TOKEN": "s3cret", "HOME": "/root"}
    probe = exposure.ask_as_stranger(environment, Owner())
    assert exposure.look("https://github.com/a/b", probe).visibility == "public"
    seen = (tmp_path / "seen").read_text()
    assert "s3cret" not in seen
    assert "HOME=/root" not in seen
    assert "https://github.com/a/b" in seen


@pytest.mark.parametrize(
    ("itself", "other", "expected"),
    [
        (PUBLIC, PRIVATE, "public"),
        (PRIVATE, PUBLIC, "public"),
        (OFFLINE, PUBLIC, "public"),
        (PRIVATE, PRIVATE, "private"),
        (PRIVATE, OFFLINE, "private"),
        (OFFLINE, PRIVATE, "undetectable"),
        (OFFLINE, OFFLINE, "undetectable"),
    ],
)
@pytest.mark.parametrize("scheme", ["http", "git"])
def test_the_address_itself_counts_unless_strangers_read_at_the_other(
    scheme: str, itself: tuple[int, str], other: tuple[int, str], expected: str
) -> None:
    answers = {f"{scheme}://h:8/a": itself, "https://h/a": other}
    assert exposure.look(f"{scheme}://u:p@h:8/a", answers.__getitem__).visibility == expected


class _Elsewhere(BaseHTTPRequestHandler):
    """Sends everybody on, and remembers what they brought."""

    to = ""
    headers_seen: ClassVar[list[str]] = []

    def log_message(self, format: str, *arguments: Any) -> None:
        """Tests need no log."""

    def do_GET(self) -> None:
        """Any question."""
        self.headers_seen.append(str(self.headers))
        self.send_response(302)
        self.send_header("Location", f"{self.to}{self.path}")
        self.send_header("Content-Length", "0")
        self.end_headers()


@contextmanager
def sending_on(to: str) -> Iterator[str]:
    """A server that redirects to another one."""
    handler = type("Handler", (_Elsewhere,), {"to": to, "headers_seen": _Elsewhere.headers_seen})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://ada:s3cret@127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def bare(tmp_path: Path, git: Git) -> Path:
    git("init", "-q", "--bare", "r.git", cwd=tmp_path)
    return tmp_path


def stranger() -> exposure.Probe:
    return exposure.ask_as_stranger(os.environ, Owner())


def test_a_server_that_strangers_read_over_http_is_public(bare: Path) -> None:
    with served(bare) as address:
        secret = address.replace("://", "://ada:s3cret@")
        assert exposure.look(f"{secret}/r.git", stranger()).visibility == "public"
        assert exposure.look(f"{address}/none.git", stranger()).visibility == "private"
        with sending_on(address) as before:
            assert exposure.look(f"{before}/r.git", stranger()).visibility == "public"
    assert _Elsewhere.headers_seen
    assert not any("authorization" in each.lower() for each in _Elsewhere.headers_seen)
    assert exposure.look(f"{address}/r.git", stranger()).visibility == "undetectable"


def test_a_server_that_asks_for_a_password_is_private(bare: Path) -> None:
    with served(bare, "ada:s3cret") as address, sending_on(address) as before:
        secret = address.replace("://", "://ada:s3cret@")
        assert exposure.look(f"{secret}/r.git", stranger()).visibility == "private"
        assert exposure.look(f"{before}/r.git", stranger()).visibility == "private"


@pytest.mark.parametrize("to", ["file:///srv", "ext::sh -c true", "ftp://127.0.0.1:9"])
def test_nobody_is_sent_where_no_stranger_would_go(to: str) -> None:
    with sending_on(to) as before:
        assert exposure.look(f"{before}/r.git", stranger()).visibility == "undetectable"


def test_a_server_that_does_not_answer_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exposure, "LIMIT_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/r.git"
        assert exposure.look(url, stranger()).visibility == "undetectable"

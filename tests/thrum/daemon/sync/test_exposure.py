from __future__ import annotations

import json
from pathlib import Path

import pytest

from gitstore.child import Owner
from thrum.config import Config
from thrum.daemon import services
from thrum.daemon.sync import exposure
from thrum.daemon.sync.exposure import Exposure


@pytest.mark.parametrize(
    ("url", "public", "canonical"),
    [
        ("git@GitHub.com:a/b.git", "https://github.com/a/b.git", "github.com/a/b"),
        ("https://x:y@github.com/a/b.git", "https://github.com/a/b.git", "github.com/a/b"),
        ("ssh://git@host:22/a/b", "https://host/a/b", "host/a/b"),
        ("https://host:8443/a/b.git/", "https://host:8443/a/b.git/", "host/a/b"),
        ("git+ssh://host/a", "https://host/a", "host/a"),
        ("ssh://[::1]:22/a", "https://[::1]/a", "[::1]/a"),
        ("helper::https://host/a", "https://host/a", "host/a"),
        ("https://u:secret@host:port/a", "https://u:secret@host:port/a", "host:port/a"),
        ("/srv/git/b.git", None, "/srv/git/b"),
        ("file:///srv/git/b.git", None, "file:///srv/git/b"),
        ("../b.git", None, "../b"),
    ],
)
def test_a_remote_has_one_public_address_or_none(
    url: str, public: str | None, canonical: str
) -> None:
    assert exposure.public_url(url) == public
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

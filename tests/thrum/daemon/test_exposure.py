from __future__ import annotations

from pathlib import Path

import pytest

from thrum.config import Config
from thrum.daemon import exposure
from thrum.daemon.exposure import Exposure


@pytest.mark.parametrize(
    ("url", "public", "canonical"),
    [
        ("git@GitHub.com:a/b.git", "https://github.com/a/b.git", "github.com/a/b"),
        ("https://x:y@github.com/a/b.git", "https://github.com/a/b.git", "github.com/a/b"),
        ("ssh://git@host:22/a/b", "https://host/a/b", "host/a/b"),
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
    return Config(tmp_path / "config.json", {"daemon": {"sync": dict(sync)}}, {})


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
    assert exposure.reason_against(settings, Exposure("private", "github.com/a/b")) == ""
    assert exposure.reason_against(settings, unseen) == ""
    elsewhere = Exposure("undetectable", "github.com/a/other")
    assert exposure.reason_against(settings, elsewhere)


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
    probe = exposure.ask_as_stranger(environment)
    assert exposure.look("https://github.com/a/b", probe).visibility == "public"
    seen = (tmp_path / "seen").read_text()
    assert "s3cret" not in seen
    assert "HOME=/root" not in seen
    assert "https://github.com/a/b" in seen

"""Whatever is started instead of a server, setup says what it saw, and does not wait for ever."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from thrum.runtimes import registry
from thrum.setup import verifying

THRUM = Path(sys.executable).with_name("thrum")
HELLO = '{"jsonrpc":"2.0","id":0,"result":{"serverInfo":{"name":"thrum"}}}'


def program(folder: Path, text: str) -> Path:
    path = folder / "program"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_the_real_server_answers_outside_of_any_repository(tmp_path: Path) -> None:
    env = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "CI": "true"}
    seen = verifying.server(THRUM, tmp_path, env, seconds=60)
    assert seen.works, seen.said
    assert "send_message" in seen.tools
    assert f"{len(seen.tools)} tools" in seen.said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("exit 3", "ended with 3 and said nothing"),
        ("echo >&2 'no such module'; exit 1", "no such module"),
        ("echo nonsense; echo '[]'; echo '{\"id\": 0}'", "said nothing"),
        (f"echo '{HELLO}'", "does not answer"),
        ("exec cat", "does not answer"),
        ("exec sleep 60", "did not answer within 1 s"),
        ("printf '\\377\\376\\n'; yes '{' | head -c 100000", "does not answer"),
    ],
)
def test_anything_else_is_told_of(tmp_path: Path, text: str, words: str) -> None:
    seen = verifying.server(program(tmp_path, text), tmp_path, {"PATH": "/usr/bin:/bin"}, 1)
    assert not seen.works
    assert words in seen.said
    assert "\n" not in seen.said


def test_a_program_that_cannot_be_started_is_named(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("x")
    for missing in (tmp_path / "none", tmp_path / "plain"):
        seen = verifying.server(missing, tmp_path, {})
        assert not seen.works
        assert str(missing) in seen.said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("echo '{}'", ""),
        ("echo hello", "instead of '{}'"),
        ("echo why >&2; exit 3", "ended with 3: why"),
        ("exit 3", "ended with 3: and said nothing"),
        ("exec sleep 60", "did not answer within 1 s"),
    ],
)
def test_a_hook_gives_the_empty_reply(tmp_path: Path, text: str, words: str) -> None:
    codex = registry.adapter("codex")
    env = {"PATH": os.environ["PATH"]}
    folder = tmp_path / "it's a folder"
    folder.mkdir()
    said = verifying.hook(codex, program(folder, text), tmp_path, env, seconds=1)
    assert words in said
    assert bool(words) == bool(said)

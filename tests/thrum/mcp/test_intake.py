"""Lines are read before anybody asks for them, whole or not at all."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from thrum.mcp import intake
from thrum.mcp.intake import Intake


def lines(text: bytes) -> list[bytes]:
    found = Intake(io.BytesIO(text))
    return [*iter(found.next, None)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (b"", []),
        (b"a\nb\n", [b"a\n", b"b\n"]),
        (b"a\ncut", [b"a\n", b"cut"]),
        (b"\n\n", [b"\n", b"\n"]),
    ],
)
def test_lines_come_in_their_order(text: bytes, wanted: list[bytes]) -> None:
    assert lines(text) == wanted


def test_the_end_stays_the_end() -> None:
    found = Intake(io.BytesIO(b""))
    assert [found.next(), found.next()] == [None, None]


def test_a_line_that_is_too_long_is_passed_over_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "LONGEST", 10)
    assert lines(b"x" * 35 + b"\nb\n" + b"y" * 9 + b"\n") == [b"", b"b\n", b"y" * 9 + b"\n"]


def test_a_stream_that_fails_has_ended() -> None:
    class Failing(io.BytesIO):
        def readline(self, size: int | None = -1, /) -> bytes:
            raise OSError(5, "no")

    assert Intake(Failing()).next() is None


PROGRAM = """
import os, subprocess, sys
from thrum.mcp import intake
streams = intake.taken(0, 1)
print("printed by anybody", flush=True)
heard = subprocess.run([sys.executable, "-c", "import sys; print(repr(sys.stdin.read()))"])
streams.outgoing.write(streams.incoming.readline())
streams.outgoing.flush()
"""


def test_what_others_print_and_read_does_not_get_between_the_lines() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input="ours\n",
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )
    assert done.stdout == "ours\n"
    assert done.stderr == "printed by anybody\n''\n"

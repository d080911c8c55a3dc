"""Files, devices and pipes that commands read from."""

from __future__ import annotations

import os
import threading
from typing import Any

import pytest

from tests import descriptors
from thrum.cli.steps import source
from thrum.errors import ThrumError


def test_a_pipe_is_read_to_its_end_and_not_beyond_the_bound(world: Any) -> None:
    os.mkfifo(world.root / "pipe")
    for content, most in ((b"notes\n", 6), (b"", 6), (b"x" * 200_000, 200_000)):
        writer = threading.Thread(target=(world.root / "pipe").write_bytes, args=(content,))
        writer.start()
        assert source.of_file(world.context([]), "pipe", most) == content
        writer.join()
    with pytest.raises(ThrumError, match="more than 9 bytes"):
        source.of_file(world.context([]), "/dev/zero", 9)


def test_a_pipe_without_a_writer_is_given_up(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(world.root / "pipe")
    monkeypatch.setattr(source, "WRITER_LIMIT_S", 0.01)
    with pytest.raises(ThrumError, match="nobody writes") as caught:
        source.of_file(world.context([]), "pipe", 9)
    assert caught.value.kind == "timed_out"


@pytest.mark.parametrize("file", ["none", ".", "pipe\0", "unreadable/x", "~nobody-here/x"])
def test_what_cannot_be_read_is_told(world: Any, file: str) -> None:
    (world.root / "unreadable").touch()
    with pytest.raises(ThrumError, match="cannot be read") as caught:
        source.of_file(world.context([]), file, 9)
    assert caught.value.kind == "not_found"


@descriptors.listed
def test_what_cannot_be_read_does_not_stay_open(world: Any) -> None:
    (world.root / "large").write_bytes(b"x" * 10)
    before = descriptors.files()
    for file in (".", "/dev/zero", "large", "none"):
        with pytest.raises(ThrumError):
            source.of_file(world.context([]), file, 9)
    assert descriptors.files() == before


def test_a_file_may_be_named_like_nobodys_home(world: Any) -> None:
    (world.root / "~nobody-here").write_bytes(b"notes")
    assert source.of_file(world.context([]), "~nobody-here", 9) == b"notes"


def test_standard_input_is_bounded_too(world: Any) -> None:
    assert source.of_stdin(world.context([], stdin="ünï"), 5) == "ünï".encode()
    with pytest.raises(ThrumError, match="standard input holds more than 4"):
        source.of_stdin(world.context([], stdin="ünï"), 4)

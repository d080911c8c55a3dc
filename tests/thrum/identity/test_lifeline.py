"""Being told that another process has ended."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from thrum.identity import lifeline, process
from thrum.identity.lifeline import Came, Lifeline
from thrum.identity.process import Process

SYSTEMS = ("descriptors", "looks")


@pytest.fixture(params=SYSTEMS)
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """With descriptors of processes, and without them."""
    if request.param == "looks":
        monkeypatch.delattr(os, "pidfd_open", raising=False)
        monkeypatch.setattr(lifeline, "LOOK_S", 0.05)
    elif not hasattr(os, "pidfd_open"):
        pytest.skip("this system has no descriptors of processes")
    return str(request.param)


@pytest.fixture
def other() -> Iterator[subprocess.Popen[str]]:
    """A process that runs until its stdin ends."""
    line = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    with subprocess.Popen(line, stdin=subprocess.PIPE, text=True) as found:
        yield found


def of(found: subprocess.Popen[str]) -> Process:
    known = process.look(found.pid)
    assert known
    return known


def test_who_sleeps_is_told_of_the_end(system: str, other: subprocess.Popen[str]) -> None:
    with Lifeline(of(other)) as life:
        assert life.sleep(0.01) is Came.TIME
        threading.Timer(0.1, other.kill).start()
        assert life.sleep(60) is Came.END
        assert life.sleep(0) is Came.END, "also the next time"


def test_one_that_has_ended_is_told_of_at_once(system: str, other: subprocess.Popen[str]) -> None:
    known = of(other)
    other.kill()
    other.wait()
    with Lifeline(known) as life:
        assert life.sleep(60) is Came.END


def test_another_of_the_same_number_is_not_the_one(
    system: str, other: subprocess.Popen[str]
) -> None:
    with Lifeline(of(other)._replace(started="1@another")) as life:
        assert life.sleep(60) is Came.END


def test_news_are_told_of_and_the_end_goes_before(
    system: str, other: subprocess.Popen[str]
) -> None:
    left, right = socket.socketpair()
    with left, right, Lifeline(of(other)) as life:
        assert life.sleep(0.01, left.fileno()) is Came.TIME
        threading.Timer(0.05, right.send, (b"x",)).start()
        assert life.sleep(60, left.fileno()) is Came.NEWS
        other.kill()
        other.wait()
        assert life.sleep(60, left.fileno()) is Came.END


def test_hanging_up_is_news(system: str, other: subprocess.Popen[str]) -> None:
    left, right = socket.socketpair()
    with left, Lifeline(of(other)) as life:
        right.close()
        assert life.sleep(60, left.fileno()) is Came.NEWS


@pytest.mark.parametrize("kind", ["pipe", "sockets"])
def test_nobody_reads_any_more_what_is_written(
    system: str, other: subprocess.Popen[str], kind: str
) -> None:
    if kind == "pipe":
        reader, writer = os.pipe()
    else:
        reader, writer = (each.detach() for each in socket.socketpair())
    with Lifeline(of(other), [writer]) as life:
        assert life.sleep(0.01) is Came.TIME
        os.close(reader)
        assert life.sleep(60) is Came.END
    os.close(writer)


def test_where_no_process_is_known_only_the_time_passes() -> None:
    with open(os.devnull, "w") as null, Lifeline(None, [null.fileno()]) as life:
        assert life.sleep(0.01) is Came.TIME

"""Waiting for mail: all of it, each once, in order, whatever dies meanwhile."""

from __future__ import annotations

import subprocess
import threading
from itertools import islice

import pytest

from tests.thrum.api.conftest import Shop
from thrum import api
from thrum.api import Connection

# Takes messages until it is killed in the middle of one.
DIES = """
import os, signal
from thrum.api import connect
with connect() as mail:
    for number, message in enumerate(mail.wait(timeout=60)):
        print(message.text, flush=True)
        if number == 1:
            os.kill(os.getpid(), signal.SIGKILL)
"""


def texts(waiting: api.Waiting, most: int) -> list[str]:
    return [each.text for each in islice(waiting, most)]


def test_what_is_unread_comes_first_and_is_read_when_it_is_done(
    mail: Connection, shop: Shop
) -> None:
    shop.says("one", "two")
    waiting = mail.wait(timeout=60)
    assert next(waiting).text == "one"
    assert [each.text for each in mail.inbox()] == ["one", "two"]
    assert next(waiting).text == "two"
    assert [each.text for each in mail.inbox()] == ["two"]
    shop.says("three")
    assert next(waiting).text == "three"
    waiting.close()
    assert list(waiting) == []
    assert [each.text for each in mail.inbox()] == ["three"]


def test_a_wait_that_is_over_ends_the_loop_and_the_last_is_read(
    mail: Connection, shop: Shop
) -> None:
    shop.says("only")
    assert [each.text for each in mail.wait(timeout=0.2)] == ["only"]
    assert mail.inbox() == []


def test_without_marking_each_comes_once_all_the_same(mail: Connection, shop: Shop) -> None:
    shop.says(*(f"m{number}" for number in range(25)))
    waiting = mail.wait(timeout=60, mark_read=False)
    assert texts(waiting, 25) == [f"m{number}" for number in range(25)]
    shop.says("late")
    shop.restart()
    assert texts(waiting, 1) == ["late"]
    assert len(mail.inbox()) == 26


def test_nothing_is_lost_where_the_daemon_is_restarted(mail: Connection, shop: Shop) -> None:
    heard: list[str] = []
    waiting = mail.wait(timeout=60)

    def listens() -> None:
        heard.extend(texts(waiting, 3))

    thread = threading.Thread(target=listens)
    thread.start()
    shop.says("before")
    shop.restart()
    shop.says("between", "after")
    thread.join(60)
    assert heard == ["before", "between", "after"]


def test_whoever_dies_while_it_handles_one_gets_it_again(mail: Connection, shop: Shop) -> None:
    for text in ("one", "two", "three"):
        mail.send("bob", text)
    said = []
    for _ in range(2):
        with shop.program(DIES) as program:
            said.append(program.communicate(timeout=60)[0].split())
    assert said == [["one", "two"], ["two", "three"]]


def test_another_thread_ends_a_wait(mail: Connection) -> None:
    waiting = mail.wait()
    ended: list[list[api.Message]] = []
    thread = threading.Thread(target=lambda: ended.append(list(waiting)))
    thread.start()
    waiting.close()
    thread.join(60)
    assert ended == [[]]


def test_a_stranger_has_nothing_to_wait_for(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    apart = shop.world.root / "apart"
    subprocess.run(["git", "worktree", "add", "-q", str(apart)], cwd=shop.alice, check=False)
    monkeypatch.chdir(apart)
    with api.connect() as mail, pytest.raises(api.Nobody):
        mail.wait()

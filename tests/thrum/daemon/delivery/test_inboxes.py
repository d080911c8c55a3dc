"""What is put into an inbox socket, and into which."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest

from thrum.daemon.delivery import inboxes
from thrum.daemon.delivery.given import Seat
from thrum.daemon.delivery.inboxes import Inbox

SEAT = Seat("nux", "claude", "s1")


def test_the_token_comes_first_where_there_is_one() -> None:
    user = {"type": "user", "message": {"role": "user", "content": 'a "b"\nc'}}
    said = inboxes.lines(Inbox("/x", "t", 1), 'a "b"\nc').splitlines()
    assert [json.loads(each) for each in said] == [{"type": "auth", "token": "t"}, user]
    (only,) = inboxes.lines(Inbox("/x", "", 1), 'a "b"\nc').splitlines()
    assert json.loads(only) == user


def test_word_of_other_mail_is_another_word() -> None:
    said = {inboxes.word(SEAT, ids) for ids in (["msg_01A"], ["msg_01B"], ["msg_01A", "msg_01B"])}
    assert len(said) == 3
    assert all("@nux" in each for each in said)


@pytest.mark.parametrize(
    ("path", "token", "expected"),
    [
        ("/tmp/x", "t", True),
        ("/tmp/x", "", True),
        ("tmp/x", "t", False),
        ("", "", False),
        ("/" + "x" * 500, "", False),
        ("/x", "t" * 501, False),
    ],
)
def test_what_may_be_an_inbox(path: str, token: str, expected: bool) -> None:
    assert Inbox(path, token, 1).is_likely is expected


def test_it_is_put_where_the_runtime_itself_listens(tmp_path: Path) -> None:
    path = tmp_path / "inbox"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        inboxes.put(Inbox(str(path), "t", os.getpid()), "hi")
        connection, _ = listener.accept()
        with connection, connection.makefile("rb") as said:
            assert said.read() == inboxes.lines(Inbox(str(path), "t", 1), "hi")
        with pytest.raises(OSError, match="not 1"):
            inboxes.put(Inbox(str(path), "t", 1), "hi")
        (tmp_path / "link").symlink_to(path)
        with pytest.raises(OSError, match="no socket of ours"):
            inboxes.put(Inbox(str(tmp_path / "link"), "t", os.getpid()), "hi")
    with pytest.raises(ConnectionRefusedError):
        inboxes.put(Inbox(str(path), "t", os.getpid()), "hi")
    path.unlink()
    path.write_text("")
    with pytest.raises(OSError, match="no socket of ours"):
        inboxes.put(Inbox(str(path), "t", os.getpid()), "hi")
    with pytest.raises(FileNotFoundError):
        inboxes.put(Inbox(str(tmp_path / "nowhere"), "t", os.getpid()), "hi")

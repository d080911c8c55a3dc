"""A session that nothing else waits for is roused by its inbox socket, where that is wanted."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.integration import fake_inbox
from tests.integration.test_delivery import Desk, desk
from tests.integration.waking import eventually

__all__ = ["desk"]


class Client:
    """The fake program, and the turns that it had."""

    def __init__(self, desk: Desk) -> None:
        self.path = desk.world.root / "inbox"
        name = desk.nux.link.parent / "claude-client" / "claude"
        name.parent.mkdir()
        name.symlink_to(sys.executable)
        script = str(Path(fake_inbox.__file__))
        self.process = subprocess.Popen(
            [str(name), script, str(self.path), sys.executable],
            cwd=desk.beside,
            env=desk.world.environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.turns: list[dict[str, Any]] = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.turns.append(json.loads(line))

    def waits(self, count: int) -> str:
        """What the model was told in the turn of that number, from 1."""
        eventually(lambda: len(self.turns) >= count)
        return str(self.turns[count - 1]["told"])


@contextmanager
def at_work(desk: Desk, *, wanted: bool = True) -> Iterator[Client]:
    """nux in a session with an inbox; whether it may be used."""
    file = desk.main / ".thrum" / "config.json"
    known = json.loads(file.read_text())
    file.write_text(json.dumps(known | {"delivery": {"claude_socket": wanted}}))
    desk.world.thrum(desk.main, "daemon", "restart")
    desk.nux.end()
    client = Client(desk)
    try:
        assert client.waits(1) == "\n"
        yield client
    finally:
        client.process.kill()
        client.process.communicate()


def test_mail_rouses_an_idle_session_and_comes_once_by_its_hook(desk: Desk) -> None:
    with at_work(desk) as client:
        for number, text in enumerate(("the tank leaks", "the tank leaks", "and the pump"), 2):
            sent = desk.sends(text)
            told = client.waits(number)
            assert told.count(f"> {text}") == 1
            assert text not in client.turns[number - 1]["text"], "it is word of mail, not the mail"
            assert desk.recipient(sent)["offered_by"] == "hook"
        assert len(client.turns) == 4


def test_nobody_is_roused_who_does_not_want_it_or_listens_elsewhere(desk: Desk) -> None:
    with at_work(desk, wanted=False) as client:
        sent = desk.sends("the tank leaks")
        assert desk.recipient(sent)["held"] == "person"
        assert len(client.turns) == 1


def test_of_what_cannot_be_put_there_the_mail_stays(desk: Desk) -> None:
    with at_work(desk) as client:
        client.path.unlink()
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(str(client.path))
            other.listen()
            sent = desk.sends("the tank leaks")
            log = desk.main / ".thrum/var/daemon.log"
            eventually(lambda: "is not roused by its inbox" in log.read_text())
            connection, _ = other.accept()
            with connection, connection.makefile() as said:
                assert said.read() == "", "nothing is said to whoever else listens there"
        assert desk.recipient(sent)["held"] == "person"
        assert len(client.turns) == 1

"""Inbox sockets of runtimes: a line that is put there begins a turn, and says nothing of its end.

So no mail is put there, only word that there is some: a hook brings it with that turn, and what it
brought is known. What the runtime drops leaves the mail where it was.
"""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Final

from msgspec import Struct

from thrum.daemon.delivery.given import Seat
from thrum.platform import connect_unix, peer_pid

PATIENCE_S: Final = 1.0
LONGEST: Final = 500
"""Characters of a path or a token."""


class Inbox(Struct):
    """Where word is put for one session.

    Attributes:
        path: the socket.
        token: what it asks for first; empty where it asks for nothing.
        pid: the runtime's process, which listens there.
        told: the newest message of which there was word.
    """

    path: str
    token: str
    pid: int
    told: str = ""

    @property
    def is_likely(self) -> bool:
        """Whether it may be one: neither too long nor relative."""
        return self.path.startswith("/") and max(len(self.path), len(self.token)) <= LONGEST


def word(seat: Seat, fresh: list[str]) -> str:
    """What a session is told; never the same twice, for a repetition is dropped."""
    return f"New mail for @{seat.agent_id}: {len(fresh)} unread, up to {fresh[-1][-6:]}."


def lines(inbox: Inbox, text: str) -> bytes:
    """What is put into the socket, a JSON object on each line."""
    said: list[dict[str, object]] = []
    if inbox.token:
        said.append({"type": "auth", "token": inbox.token})
    said.append({"type": "user", "message": {"role": "user", "content": text}})
    return "".join(json.dumps(each) + "\n" for each in said).encode()


def put(inbox: Inbox, text: str) -> None:
    """Puts a text into an inbox, if the runtime itself listens there.

    Raises:
        OSError: nobody does, somebody else does, or it is not taken in time.
    """
    path = Path(inbox.path)
    found = path.lstat()
    if not stat.S_ISSOCK(found.st_mode) or found.st_uid != os.geteuid():
        raise OSError(f"{path} is no socket of ours")
    with connect_unix(path, PATIENCE_S) as connection:
        listener = peer_pid(connection)
        if listener != inbox.pid:
            raise OSError(f"process {listener} listens at {path}, not {inbox.pid}")
        connection.sendall(lines(inbox, text))

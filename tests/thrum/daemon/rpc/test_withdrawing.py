"""``message.withdraw``: whose message, and what is answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gitstore import Log, LogError
from thrum.daemon.sync.service import SyncService


class Loop:
    """Carries jobs out where it is asked."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.error: Exception | None = None

    async def carry_out(self, job: Callable[[Log], Any]) -> Any:
        if self.error:
            raise self.error
        return job(self.log)

    def looked(self) -> None:
        """Nobody waits."""


@pytest.fixture
def loop(node: Any, log: Log) -> Loop:
    for name in ("nux", "furiosa"):
        node.agent(name)
    sync = node.parts.service(SyncService)
    sync.loop = Loop(log)
    sync.off_limits = lambda: ""
    made: Loop = sync.loop
    return made


def test_ones_own_message_goes_and_answers_stay(node: Any, loop: Loop) -> None:
    sent = node.send("nux", "a secret that is long enough", to="furiosa")["message_id"]
    answer = node.send("furiosa", "an answer", reply_to=sent, to="nux")["message_id"]
    node.call("nux", "message.delete", message_id=sent)
    done = node.call("nux", "message.withdraw", message_id=sent[-8:])
    assert done == {"message_id": sent, "events": 2, "answers": 1}
    assert node.refused("nux", "message.get", message_id=sent) == "not_found"
    got = node.call("furiosa", "message.get", message_id=answer)["message"]
    assert got["body"]["content"] == "an answer"
    assert node.refused("nux", "message.withdraw", message_id=sent) == "not_found"


def test_nobody_elses_goes(node: Any, loop: Loop) -> None:
    sent = node.send("nux", to="furiosa")["message_id"]
    assert node.refused("furiosa", "message.withdraw", message_id=sent) == "not_allowed"
    assert node.refused("nobody", "message.withdraw", message_id=sent) == "anonymous_caller"
    assert node.call("nux", "message.get", message_id=sent)


def test_a_disk_that_refuses_is_told(node: Any, loop: Loop) -> None:
    sent = node.send("nux", to="furiosa")["message_id"]
    loop.error = LogError("the lock is held")
    assert node.refused("nux", "message.withdraw", message_id=sent) == "storage"

"""An agent's process that does a bit of everything: run as a program, standard library only.

Its arguments are its name, the number of calls, a seed, and ``claim`` if it must say who it is. It
says what it did as a JSON object on stdout: per kind of call how many, and every answer to whoami.
"""

from __future__ import annotations

import json
import random
import socket
import sys
from collections import Counter
from typing import Any


class Worker:
    """One agent at work; every text that it writes begins with its name."""

    def __init__(self, name: str, seed: int, claims: bool) -> None:
        self.name = name
        self.claim = {"caller_agent_id": name} if claims else {}
        self.random = random.Random(f"{seed} {name}")
        self.done: Counter[str] = Counter()
        self.seen: set[str] = set()
        self.sent: list[str] = []
        self.read: list[str] = []
        self.connect()

    def connect(self) -> None:
        self.connection = socket.socket(socket.AF_UNIX)
        self.connection.connect(sys.argv[5])
        self.lines = self.connection.makefile("rb")

    def call(self, method: str, **params: Any) -> Any:
        """The result; every fifth call is made on a connection of its own."""
        if self.random.random() < 0.2:
            self.connection.close()
            self.connect()
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, **self.claim}}
        self.connection.sendall(json.dumps(request).encode() + b"\n")
        answer = json.loads(self.lines.readline())
        assert "result" in answer, (self.name, method, answer)
        self.done[method] += 1
        return answer["result"]

    def begin(self) -> None:
        self.session = self.whoami()["session_id"]
        self.call("group.create", name=f"of-{self.name}")

    def whoami(self) -> Any:
        found = self.call("agent.whoami")
        self.seen.add(found["agent_id"])
        return found

    def send(self) -> None:
        text = f"{self.name} {self.done['message.send']}"
        self.sent.append(self.call("message.send", content=text)["message_id"])

    def look(self) -> None:
        rows = self.call("message.list", for_agent=self.name, page_size=20)["messages"]
        self.read = [row["message_id"] for row in rows]

    def mark(self) -> None:
        if self.read:
            self.call("message.markRead", message_ids=self.read[:3])

    def answer(self) -> None:
        if self.read:
            text = f"{self.name} answers"
            self.call("message.send", content=text, reply_to=self.random.choice(self.read))

    def edit(self) -> None:
        if self.sent:
            self.call("message.edit", message_id=self.sent[-1], content=f"{self.name} again")

    def beat(self) -> None:
        scope = {"type": "of", "value": self.name}
        self.call("session.heartbeat", session_id=self.session, add_scopes=[scope])

    def task(self) -> None:
        self.call("session.setTask", session_id=self.session, current_task=f"{self.name} works")

    def group(self) -> None:
        how = self.random.choice(("add", "remove"))
        who = {"member_type": "agent", "member_value": self.name}
        self.call(f"group.member.{how}", group=f"of-{self.name}", **who)

    def work(self, calls: int) -> None:
        """Does something at random until that many calls are made."""
        self.begin()
        acts = (self.send, self.look, self.mark, self.answer, self.edit, self.beat, self.task)
        while self.done.total() < calls:
            self.random.choice((*acts, self.group, self.whoami))()


def main() -> None:
    """Works, and says what it did."""
    name, calls, seed, how = sys.argv[1:5]
    worker = Worker(name, int(seed), how == "claim")
    worker.work(int(calls))
    print(json.dumps({"done": worker.done, "seen": sorted(worker.seen)}))


if __name__ == "__main__":
    main()

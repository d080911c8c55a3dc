"""A long history of many authors, written in minutes: by the log's own functions, unsynced."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pygit2

from gitstore import Log, canonical
from tests.bench.searches import texts, vocabulary
from thrum import events
from thrum.clock import Ticker, format_ns
from thrum.ids import Ids

SAYINGS: Final = 20_000
"""Texts that differ; after so many they come again, each with another number."""

AT_ONCE: Final = 10_000
"""Messages of one commit: few enough that memory does not tell."""

AGE_S: Final = 3 * 3600
"""How old it all is: nobody has to be told of it now, and nobody is long gone."""

FILES: Final = ["src/valve.py", "src/pump.py"]
"""What everybody is at."""


@contextmanager
def unsynced() -> Iterator[None]:
    """Objects are not synced meanwhile: what they are about is thrown away afterwards."""
    option = pygit2.enums.Option.ENABLE_FSYNC_GITDIR
    pygit2.option(option, False)
    try:
        yield
    finally:
        pygit2.option(option, True)


class Past:
    """Messages of as many authors, each of them to one other.

    Args:
        clone: whose log it is.
        authors: how many agents there are, each with a session and a shard.
    """

    def __init__(self, clone: Path, authors: int) -> None:
        self.clone = clone
        self.authors = [f"agent{number}" for number in range(authors)]
        self.written = 0
        self._tick = Ticker(lambda: time.time_ns() - AGE_S * 10**9)
        self._ids = Ids(self._tick)
        chance = random.Random(18)
        self.words = vocabulary(chance)
        self._sayings = list(texts(SAYINGS, chance, self.words))

    def grow(self, until: int) -> None:
        """Goes on until there are as many messages."""
        log = Log.open(self.clone, journal=self.clone / ".thrum" / "var" / "journal.jsonl")
        with unsynced():
            if not self.written:
                log.append([[("events.jsonl", each) for each in self._arrivals()]])
            while self.written < until:
                count = min(AT_ONCE, until - self.written)
                log.append([[self._message(self.written + each) for each in range(count)]])
                log.commit()
                self.written += count
            log.packing.pack(log.tip)
        log.close()

    def _arrivals(self) -> Iterator[bytes]:
        for name in self.authors:
            yield self._line(
                events.AgentRegister(
                    agent_id=name, name=name, kind="agent", role="worker", module="bench"
                )
            )
            session, now = self._ids.make("ses"), format_ns(self._tick())
            yield self._line(events.SessionStart(session_id=session, agent_id=name))
            work = events.WorkContext(
                session_id=session, branch="main", changed_files=FILES, git_updated_at=now
            )
            yield self._line(events.AgentUpdate(agent_id=name, work_contexts=[work]))

    def _message(self, number: int) -> tuple[str, bytes]:
        count = len(self.authors)
        author = self.authors[number % count]
        to = self.authors[(number // count + number + 1) % count]
        event = events.MessageCreate(
            message_id=self._ids.make("msg"),
            agent_id=author,
            session_id="ses_bench",
            body=events.Body(f"{self._sayings[number % SAYINGS]} {number}", format="markdown"),
            refs=[events.Pair("mention", to)],
            recipients=[to],
        )
        return f"messages/{author}.jsonl", self._line(event)

    def _line(self, event: events.Event) -> bytes:
        event.timestamp, event.event_id = format_ns(self._tick()), self._ids.make("evt")
        event.v = 1
        return canonical(event)

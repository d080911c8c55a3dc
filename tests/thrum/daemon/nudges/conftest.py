"""A village whose agents are told of mail in a tmux of their own."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.thrum.daemon.conftest import Node, eventually
from tests.thrum.daemon.tmux.conftest import tmux, village
from tests.tmux import Tmux
from tests.tui import Tui
from thrum.daemon.nudges.service import Nudges
from thrum.daemon.service.contract import Service
from thrum.daemon.tmux import watch
from thrum.daemon.tmux.service import Tmux as TmuxService
from thrum.identity import files

__all__ = ["tmux", "village"]


@dataclass
class Told:
    """Erin's session, in which a program runs that looks like a runtime."""

    village: Node
    tmux: Tmux
    home: Path
    look: str = "claude"
    running: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    @property
    def tui(self) -> Tui:
        """The program."""
        return Tui(self.tmux, "=api:", self.home.parent / "tui", self.look)

    def open(self) -> None:
        """Begins the session, or begins it anew."""
        erin = {"agent_name": "erin", "role": "tester", "module": "api"}
        cwd = str(self.home)
        self.village.call("alice", "tmux.create", name="api", cwd=cwd, force=True, **erin)
        self.village.homes["erin"] = self.home
        now = "2026-01-01T00:00:00Z"
        files.write(files.folder(self.home), "erin", now, runtime=self.look)
        self.tui.begin()
        eventually(lambda: self.tui.shows("it is done"), 60)

    def start(self, *kinds: type[Service]) -> None:
        """Has services work."""
        parts = self.village.parts

        async def work(service: Service) -> None:
            with parts.hub.on(service.hears, service.heard, missed=service.missed):
                await service.run()

        for kind in kinds or (TmuxService, Nudges):
            going_on = self.village.at_work(functools.partial(work, parts.service(kind)))
            self.running.enter_context(going_on)

    def look_again(self) -> None:
        """Has those be told once more who are to be."""
        nudges = self.village.parts.service(Nudges)
        asyncio.run_coroutine_threadsafe(nudges.look_again(), self.village.loop).result(20)

    def stop(self) -> None:
        """Has them stop."""
        self.running.close()

    def send(self, text: str = "hello") -> str:
        """Mail of Alice's to Erin; its id."""
        sent = self.village.send("alice", text, mentions=["erin"])
        return str(sent["message_id"])

    def ways(self, message_id: str) -> list[tuple[str, str]]:
        """How far a message came with its recipients, and by what."""
        got = self.village.call("alice", "message.get", message_id=message_id)
        recipients = got["message"]["recipients"]
        return [(each.get("state", ""), each.get("offered_by", "")) for each in recipients]

    def come(self, holds: Callable[[], object]) -> None:
        """Waits until it holds."""
        eventually(holds, 25)


@pytest.fixture
def told(village: Node, tmux: Tmux, monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    """With the services at work, which wait for as little as can be."""
    monkeypatch.setattr(watch, "QUIET_S", 0.3)
    nudges = village.parts.service(Nudges)
    nudges._backlog.after_s, nudges._quiet_s = 0.1, -1.0
    made = Told(village, tmux, village.worktree("w"))
    made.open()
    made.start()
    yield made
    made.stop()

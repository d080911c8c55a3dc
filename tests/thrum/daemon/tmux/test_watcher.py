"""Panes of agents are looked at when they have gone quiet, through the one connection."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests import panes
from tests.thrum.daemon.conftest import Node, eventually
from tests.tmux import NEEDED, Tmux
from thrum.daemon.children.children import Children
from thrum.daemon.hub import News
from thrum.daemon.notices import PaneQuiet
from thrum.daemon.tmux.service import Tmux as Service
from thrum.identity import files
from thrum.runtimes.screens.screen import Kind

pytestmark = NEEDED
ERIN = {"agent_name": "erin", "role": "tester", "module": "api"}


@dataclass
class Watched:
    """A village whose panes are watched, and what was told of them."""

    village: Node
    tmux: Tmux
    told: list[PaneQuiet] = field(default_factory=list)

    def heard(self, news: Sequence[News]) -> None:
        self.told += [each for each, _ in news if isinstance(each, PaneQuiet)]

    def open(self) -> Path:
        """Erin's session, and her worktree."""
        home = self.village.repository.parent / "w"
        if not home.exists():
            self.village.worktree("w")
        self.village.call("alice", "tmux.create", name="api", cwd=str(home), force=True, **ERIN)
        return home

    def show(self, runtime: str, name: str, session: str = "api") -> None:
        """Has a pane show a recorded screen."""
        drawn = self.village.repository.parent / f"{session}.screen"
        drawn.write_text(panes.drawn(panes.named(runtime, name)))
        self.tmux.do("respawn-pane", "-k", "-t", f"={session}:", f"cat {drawn}; sleep 600")

    def drawn(self, runtime: str, name: str) -> None:
        """Waits until all of it is drawn."""
        last = panes.named(runtime, name).shown.rows[-1]
        eventually(lambda: last in self.tmux.shown("api"), 60)

    def come(self, count: int) -> PaneQuiet:
        """What was told as the last of so many."""
        eventually(lambda: len(self.told) >= count, 60)
        return self.told[count - 1]


@pytest.fixture
def watched(village: Node, tmux: Tmux) -> Iterator[Watched]:
    """With the watcher at work."""
    made = Watched(village, tmux)

    async def watch() -> None:
        with village.parts.hub.on((PaneQuiet,), made.heard):
            await village.parts.service(Service).run()

    with village.at_work(watch):
        yield made


def test_a_quiet_pane_is_told_of_once_and_starts_no_process(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = watched.open()
    files.write(files.folder(home), "erin", "2026-01-01T00:00:00Z", runtime="claude")
    watched.show("claude", "permission-1")
    first = watched.come(1)
    begun: list[object] = []
    for way in ("run", "converse"):
        monkeypatch.setattr(Children, way, lambda _, what: begun.append(what))
    assert (first.session, first.agent, first.runtime) == ("api", "erin", "claude")
    assert first.screen.kind is Kind.PERMISSION
    assert " Do you want to proceed?" in first.rows
    watched.tmux.do("new-session", "-d", "-s", "own", "while sleep 0.2; do date; done")
    watched.show("claude", "idle-after")
    assert watched.come(2).screen.kind is Kind.IDLE
    watched.show("claude", "typed")
    assert watched.come(3).screen.kind is Kind.TYPED
    assert begun == []
    assert {each.session for each in watched.told} == {"api"}


def test_it_watches_again_after_the_servers_end(watched: Watched) -> None:
    home = watched.open()
    for count in (1, 2):
        files.write(files.folder(home), "erin", "2026-01-01T00:00:00Z", runtime="claude")
        watched.show("claude", "idle-after")
        eventually(lambda: any(each.screen.is_safe for each in watched.told), 60)
        watched.told.clear()
        if count == 1:
            watched.tmux.end()
            watched.open()


def test_what_a_hook_asks_of_is_told_at_once(watched: Watched) -> None:
    home = watched.open()
    files.write(
        files.folder(home),
        "erin",
        "2026-01-01T00:00:00Z",
        runtime="claude",
        agent_status="working",
    )
    states = {
        "idle-after": {"state": "working_but_idle"},
        "busy": {"state": "idle"},
        "gate": {"state": "idle"},
        "permission-2": {
            "state": "permission",
            "reason": "permission:claude.tool_confirmation",
        },
    }
    for name, state in states.items():
        watched.show("claude", name)
        watched.drawn("claude", name)
        asked = watched.village.call("alice", "tmux.check-pane", session="api")
        assert asked == {"session": "api", **state}
    eventually(lambda: Kind.PERMISSION in {each.screen.kind for each in watched.told}, 60)

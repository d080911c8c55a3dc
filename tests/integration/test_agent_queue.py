"""Commands for an agent's runtime: whatever is killed, each is said once at most, and ends."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.integration.conftest import World, eventually
from tests.integration.test_queue import FINAL, FLAGS, Killing, Tmux, ask, home
from tests.tmux import Tmux as Person
from tests.tui import Tui
from thrum.identity import files

__all__ = ["home"]
AT = "2026-01-01T00:00:00Z"


class Saying(Killing):
    """Commands for what looks like Claude Code, and what is killed meanwhile: daemon, tmux, it."""

    def __init__(self, world: World, tmux: Tmux, home: Path, seed: int) -> None:
        super().__init__(world, tmux, home, seed)
        person = Person(world.root, Path(world.environment["HOME"]))
        self.tui = Tui(person, "=api:", world.root / "tui")
        self.begin()

    def begin(self) -> None:
        """Has the program run in the session of erin."""
        files.write(files.folder(self.home), "erin", AT, runtime="claude")
        self.tui.begin()
        eventually(lambda: self.tui.shows("it is done"))

    def run(self, rounds: int, longest_s: float = 0.6) -> None:
        """As that; and many times the daemon alone is killed, so that nobody clears the line."""
        super().run(rounds, longest_s)
        for _ in range(rounds // 3):
            self.queue()
            time.sleep(self.chance.uniform(0, longest_s))
            self.kill("daemon")
        self.queue()

    def queue(self) -> None:
        asked = {"session": "api", "text": f"say {len(self.ids)}", "requester": "lead"}
        queued = ask(self.main, "tmux.queue", silence_ms=300, **asked)  # makes the session anew
        self.ids.append(queued["command_id"])

    def kill(self, what: str) -> None:
        super().kill(what)
        if what != "daemon":
            self.world.thrum(
                self.main, "tmux", "create", "api", "--cwd", "../api", *FLAGS, check=False
            )
            self.begin()

    def check(self) -> dict[str, int]:
        found = [self._ended(each) for each in self.ids]
        states = [each["state"] for each in found]
        said = self.tui.said
        assert set(said) <= {f"say {number}" for number in range(len(self.ids))}, said
        for number, state in enumerate(states):
            begun = said.count(f"say {number}")
            assert begun <= 1, f"{number} was said {begun} times"
            assert begun == 1 or state != "completed", found[number]
        assert states[-1] == "completed"
        assert self.tui.elsewhere == []
        self.check_notices(states)
        return {each: states.count(each) for each in sorted(FINAL)}


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_kills_at_thirty_moments_of_each(world: World, tmux: Tmux, home: Path) -> None:
    saying = Saying(world, tmux, home, 3)
    saying.run(90, 2.5)
    print(saying.check())

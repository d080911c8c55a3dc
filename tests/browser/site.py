"""What the page is about: two clones of a remote, an agent in each, a person at one of them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.bench.place import Line, Place
from tests.integration.conftest import World
from tests.integration.own_port import with_own_port
from tests.websocket import link

PERSON: Final = "user:dana"
HERE: Final = "furiosa"
"""The agent in the clone whose daemon serves the page."""

THERE: Final = "nux"
"""The agent in the other clone, of whom the page knows by what is exchanged."""


@dataclass
class Site:
    """The clones, and lines to their daemons."""

    world: World
    one: Path
    two: Path
    lines: dict[Path, Line] = field(default_factory=dict)

    @property
    def socket(self) -> Path:
        """Where the daemon that serves the page listens."""
        return self.one / ".thrum/var/thrum.sock"

    @property
    def base(self) -> str:
        """The address of the page, without a slash."""
        return f"http://localhost:{(self.one / '.thrum/var/ws.port').read_text().strip()}"

    def link(self) -> str:
        """A login for the person, good for once."""
        return link(self.socket)

    def ask(self, method: str, /, *, where: Path | None = None, **params: Any) -> Any:
        """What a daemon answers to the agent in its clone, or in a worktree."""
        home = where or self.one
        if home not in self.lines:
            place = Place(self.world.root, self.world.environment)
            self.lines[home] = Line(place, self._clone_of(home), home)
        return self.lines[home].call(method, params)

    def say(self, text: str, *to: str, where: Path | None = None, **more: Any) -> str:
        """Has the agent write to the person, or to whom it names; the message."""
        named = list(to or [PERSON])
        sent = self.ask("message.send", where=where, content=text, mentions=named, **more)
        return str(sent["message_id"])

    def exchange(self) -> None:
        """Brings to each of the clones what the other has."""
        for clone in (self.two, self.one, self.two):
            self.world.thrum(clone, "sync", "force")

    def inbox(self, clone: Path) -> list[str]:
        """The texts that the command shows the agent in a clone."""
        shown = self.world.thrum(clone, "inbox", "--json", "--limit", "100").json
        return [each["body"]["content"] for each in shown["messages"]]

    def hang_up(self) -> None:
        """Lets go of the daemons, before they are stopped or started anew."""
        for each in self.lines.values():
            each.close()
        self.lines.clear()

    def restart(self) -> None:
        """Ends the daemon that serves the page, and starts another."""
        self.hang_up()
        self.world.thrum(self.one, "daemon", "stop")
        time.sleep(0.2)  # long enough for a page to see that it is gone
        self.world.thrum(self.one, "daemon", "start")

    def _clone_of(self, home: Path) -> Path:
        return self.two if home == self.two else self.one


@contextmanager
def site_in(world: World) -> Iterator[Site]:
    """The clones with their daemons and agents."""
    world.remote()
    one, two = world.clone("refinery"), world.clone("outpost")
    for clone, name in ((one, "Dana"), (two, "Max")):
        world.git("config", "user.name", name, cwd=clone)
        world.git("config", "user.email", f"{name.lower()}@example.org", cwd=clone)
    world.git("commit", "-q", "--allow-empty", "-m", "first", cwd=one)
    world.git("push", "-q", "origin", "HEAD:main", cwd=one)
    settle = with_own_port(world).settle
    settle(one, HERE, "--role", "implementer", "--intent", "Moves the tokens elsewhere")
    world.settle(two, THERE, "--role", "reviewer", "--intent", "Reads the branch")
    made = Site(world, one, two)
    made.exchange()
    yield made
    made.hang_up()

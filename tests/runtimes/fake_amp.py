"""Amp: plugins, and servers under a key with a dot in it."""

from __future__ import annotations

from typing import ClassVar

from tests.runtimes.fake import demand, document, keys
from tests.runtimes.fake_plugins import FakeWithPlugin


class FakeAmp(FakeWithPlugin):
    """The person's settings and the work tree's."""

    name: ClassVar = "amp"
    events: ClassVar = frozenset({"agent.start", "agent.end"})

    def load(self) -> None:
        for folder in (self.home / ".config" / "amp", self.root / ".amp"):
            self.load_plugin(folder / "plugins" / "thrum.ts")
            said = document(folder / "settings.json", comments=True)
            demand("mcpServers" not in said, "an unknown key: mcpServers")
            for name, found in said.get("amp.mcpServers", {}).items():
                server = keys(found, "args env", "command", name)
                self.server(name, [server["command"], *server.get("args", [])])

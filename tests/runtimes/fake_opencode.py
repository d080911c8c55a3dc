"""OpenCode: plugins and a configuration that is checked strictly."""

from __future__ import annotations

from typing import ClassVar

from tests.runtimes.fake import demand, document, keys, named
from tests.runtimes.fake_plugins import FakeWithPlugin


class FakeOpenCode(FakeWithPlugin):
    """The person's configuration and the project's."""

    name: ClassVar = "opencode"
    events: ClassVar = named(
        "session.created session.idle session.compacted session.deleted chat.message "
        "tool.execute.after permission.asked"
    )

    def load(self) -> None:
        person = self.home / ".config" / "opencode"
        for plugins in (person / "plugins", self.root / ".opencode" / "plugins"):
            self.load_plugin(plugins / "thrum.ts")
        for file in (person / "opencode.json", self.root / "opencode.json"):
            said = document(file, comments=True)
            demand("mcpServers" not in said, "an unknown key: mcpServers")
            for name, found in said.get("mcp", {}).items():
                server = keys(found, "environment enabled timeout", "type command", name)
                demand(server["type"] == "local", f"{name}: a wrong type")
                demand(isinstance(server["command"], list), f"{name}: the command is no list")
                # A call may last as long as there is word of its progress within this time.
                self.server(name, server["command"], unit=1000, start=server.get("timeout"))

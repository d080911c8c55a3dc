"""Kiro's command line: hooks of the agent that a session was begun with, and plain texts."""

from __future__ import annotations

from typing import ClassVar

from tests.runtimes.fake import Fake, Outcome, demand, document, keys

READ = frozenset({"agentSpawn", "userPromptSubmit"})


class FakeKiro(Fake):
    """A session with the agent ``thrum``; the work tree's goes before the person's."""

    name: ClassVar = "kiro-cli"
    events: ClassVar = READ | {"preToolUse", "postToolUse", "stop"}

    def load(self) -> None:
        here = [each / ".kiro" / "agents" / "thrum.json" for each in (self.root, self.home)]
        path = next((each for each in here if each.exists()), None)
        if path is None:
            return
        allowed = "description prompt mcpServers tools toolAliases allowedTools toolsSettings"
        more = "resources hooks includeMcpJson model"
        said = keys(document(path), f"{allowed} {more}", "name", path.name)
        demand(said["name"] == path.stem, "an agent has the name of its file")
        for event, handlers in said.get("hooks", {}).items():
            demand(isinstance(handlers, list), f"{event} is no list")
            for each in handlers:
                known = "matcher timeout_ms max_output_size cache_ttl_seconds"
                handler = keys(each, known, "command", f"a hook of {event}")
                self.hook(event, handler["command"], handler.get("timeout_ms", 30_000), unit=1000)
        for name, found in said.get("mcpServers", {}).items():
            server = keys(found, "args env timeout disabled", "command", name)
            words = [server["command"], *server.get("args", [])]
            self.server(name, words, server.get("timeout", 120_000), unit=1000)

    def understood(self, event: str, stdout: str, status: int) -> Outcome:
        demand(status == 0, f"{event} failed: {status}")
        demand(not stdout.startswith("{"), "JSON would stand in front of the model as it is")
        return Outcome([stdout] if event in READ and stdout else [])

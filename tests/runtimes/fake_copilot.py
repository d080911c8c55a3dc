"""GitHub Copilot's command line: hooks in files of their own."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from tests.runtimes.fake import Fake, Outcome, decided, demand, document, json_object, keys

CONTEXT = frozenset({"sessionStart", "userPromptSubmitted", "postToolUse", "notification"})


class FakeCopilot(Fake):
    """Attributes:
    fires_project: whether hooks of a repository are run, as is documented and was not seen.
    """

    name: ClassVar = "copilot"
    fires_project: ClassVar = True
    events: ClassVar = CONTEXT | {
        *("sessionEnd", "preToolUse", "agentStop", "subagentStop", "errorOccurred"),
        *("permissionRequest", "preCompact"),
    }

    def load(self) -> None:
        folders = [self.home / ".copilot" / "hooks"]
        folders += [self.root / ".github" / "hooks"] * self.fires_project
        for folder in folders:
            for path in sorted(folder.glob("*.json")):
                self._hooks(path)
        for file in (self.home / ".copilot/mcp-config.json", self.root / ".github/mcp.json"):
            said = keys(document(file), "mcpServers", "", file.name)
            for name, found in said.get("mcpServers", {}).items():
                server = keys(found, "args env timeout", "type command tools", name)
                demand(server["type"] in {"local", "stdio"}, f"{name}: a wrong type")
                self.server(name, [server["command"], *server.get("args", [])])

    def _hooks(self, path: Path) -> None:
        said = keys(document(path), "", "version hooks", path.name)
        demand(said["version"] == 1, "a wrong version")
        for event, handlers in said["hooks"].items():
            demand(isinstance(handlers, list), f"{event} is no list")
            for each in handlers:
                known = "powershell cwd env timeoutSec comment"
                handler = keys(each, known, "type bash", f"a hook of {event}")
                demand(handler["type"] == "command", f"{event}: a wrong type")
                self.hook(event, handler["bash"], handler.get("timeoutSec", 30))

    def understood(self, event: str, stdout: str, status: int) -> Outcome:
        demand(status == 0, f"{event} was refused, or failed: {status}")
        said = json_object(stdout or "{}", event)
        if "decision" in said:
            return decided(event, keys(said, "", "decision reason", event), "block", {"agentStop"})
        context = keys(said, "additionalContext", "", event).get("additionalContext", "")
        demand(not context or event in CONTEXT, f"{event} takes no context")
        return Outcome([context] if context else [])

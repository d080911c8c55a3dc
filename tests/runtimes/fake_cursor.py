"""Cursor's command line: one unknown event, or one URL in a command, and no hook of a file runs."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from tests.runtimes.fake import Fake, Outcome, demand, document, json_object, keys, named

REPLIES = {
    "sessionStart": "env additional_context",
    "beforeSubmitPrompt": "continue user_message",
    "postToolUse": "additional_context",
    "stop": "followup_message",
}


class FakeCursor(Fake):
    """Hooks of a person are started in the person's folder of Cursor."""

    name: ClassVar = "cursor"
    env: ClassVar = {"CURSOR_VERSION": "2026.09.10"}
    events: ClassVar = named(
        "sessionStart sessionEnd beforeSubmitPrompt preToolUse postToolUse postToolUseFailure "
        "subagentStart subagentStop beforeShellExecution afterShellExecution beforeMCPExecution "
        "afterMCPExecution beforeReadFile afterFileEdit preCompact stop afterAgentResponse "
        "afterAgentThought"
    )

    def load(self) -> None:
        for folder in (self.home / ".cursor", self.root / ".cursor"):
            path = folder / "hooks.json"
            if path.exists():
                self._hooks(path)
            said = keys(document(folder / "mcp.json"), "mcpServers", "", "mcp.json")
            for name, found in said.get("mcpServers", {}).items():
                server = keys(found, "type args env", "command", name)
                self.server(name, [server["command"], *server.get("args", [])])

    def _hooks(self, path: Path) -> None:
        said = keys(document(path), "", "version hooks", path.name)
        demand(said["version"] == 1, "a wrong version")
        for event, handlers in said["hooks"].items():
            demand(isinstance(handlers, list), f"{event} is no list")
            for each in handlers:
                handler = keys(each, "type timeout loop_limit matcher", "command", event)
                demand("://" not in handler["command"], "a URL in a command voids the file")
                demand("loop_limit" not in handler or event == "stop", f"{event} has no loops")
                self.hook(event, handler["command"], handler.get("timeout", 30))

    def folder(self) -> Path:
        return self.home / ".cursor" if (self.home / ".cursor").exists() else self.root

    def understood(self, event: str, stdout: str, status: int) -> Outcome:
        demand(status == 0, f"{event} was blocked, or failed: {status}")
        said = keys(json_object(stdout or "{}", event), REPLIES.get(event, ""), "", event)
        context = said.get("additional_context", "")
        return Outcome([context] if context else [], said.get("followup_message", ""))

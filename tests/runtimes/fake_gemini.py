"""Gemini CLI: milliseconds, and stdout is JSON or a message to the person."""

from __future__ import annotations

from typing import Any, ClassVar

from tests.runtimes.fake import (
    Fake,
    Outcome,
    decided,
    demand,
    document,
    groups,
    json_object,
    keys,
    named,
    specific,
)


class FakeGemini(Fake):
    """Everything is in the settings of the person and of the work tree."""

    name: ClassVar = "gemini"
    place: ClassVar[str] = ".gemini"
    handler_keys: ClassVar[str] = "name description timeout"
    context: ClassVar[frozenset[str]] = frozenset({"SessionStart", "BeforeAgent", "AfterTool"})
    ends: ClassVar[str] = "AfterAgent"
    decision: ClassVar[str] = "deny"
    events: ClassVar = named(
        "SessionStart SessionEnd BeforeAgent AfterAgent BeforeModel AfterModel "
        "BeforeToolSelection BeforeTool AfterTool PreCompress Notification"
    )

    def load(self) -> None:
        for folder in (self.home / self.place, self.root / self.place):
            said = document(folder / "settings.json", comments=True)
            groups(said.get("hooks", {}), "matcher sequential", self.handler_keys, self._take)
            for name, found in said.get("mcpServers", {}).items():
                server = keys(found, "args env cwd timeout trust", "command", name)
                words = [server["command"], *server.get("args", [])]
                self.server(name, words, server.get("timeout"), unit=1000)

    def _take(self, event: str, handler: dict[str, Any], matcher: str) -> None:
        demand(handler["type"] == "command", f"{event}: a wrong type")
        self.hook(
            event, handler["command"], handler.get("timeout", 60_000), unit=1000, matcher=matcher
        )

    def understood(self, event: str, stdout: str, status: int) -> Outcome:
        demand(status == 0, f"{event} was blocked, or failed: {status}")
        allowed = "hookSpecificOutput decision reason systemMessage"
        said = keys(json_object(stdout, f"stdout of {event}"), allowed, "", event)
        if "decision" in said:
            return decided(event, said, self.decision, {self.ends})
        if "hookSpecificOutput" not in said:
            return Outcome(shown=said.get("systemMessage", ""))
        demand(event in self.context, f"{event} takes no context")
        return specific(event, said["hookSpecificOutput"])

"""Auggie: groups of handlers, milliseconds, and the decision beside the name of the event."""

from __future__ import annotations

from typing import Any, ClassVar

from tests.runtimes.fake import (
    Fake,
    Outcome,
    demand,
    document,
    groups,
    json_object,
    keys,
    named,
    specific,
)


class FakeAuggie(Fake):
    """Hooks and servers of one file, and of another one that is kept out of git."""

    name: ClassVar = "auggie"
    events: ClassVar = named("PreToolUse PostToolUse Stop SessionStart SessionEnd PromptSubmit")

    def load(self) -> None:
        home, root = self.home / ".augment", self.root / ".augment"
        for file in (home / "settings.json", root / "settings.json", root / "settings.local.json"):
            said = document(file)
            groups(said.get("hooks", {}), "matcher metadata", "args timeout", self._take)
            for name, found in said.get("mcpServers", {}).items():
                server = keys(found, "args env", "command", name)
                self.server(name, [server["command"], *server.get("args", [])])

    def _take(self, event: str, handler: dict[str, Any], matcher: str) -> None:
        demand(handler["type"] == "command", f"{event}: a wrong type")
        self.hook(
            event, handler["command"], handler.get("timeout", 60_000), unit=1000, matcher=matcher
        )

    def understood(self, event: str, stdout: str, status: int) -> Outcome:
        demand(status == 0, f"{event} was blocked, or failed: {status}")
        if not stdout.startswith("{"):
            return Outcome([stdout] if event == "SessionStart" and stdout else [])
        said = keys(json_object(stdout, event), "hookSpecificOutput", "", event)
        inner = said.get("hookSpecificOutput")
        if inner is None:
            return Outcome()
        if event != "Stop":
            demand(event in {"SessionStart", "PromptSubmit", "PostToolUse"}, f"{event} is not read")
            return specific(event, inner)
        specific(event, inner, "decision reason")
        demand(inner.get("decision") == "block", "no decision")
        return Outcome(turn=str(inner["reason"]))

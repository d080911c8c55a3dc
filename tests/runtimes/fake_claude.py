"""Claude Code, by its documentation of August 2026."""

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
    specific,
)

HANDLER = "timeout statusMessage args async asyncRewake"
CONTEXT = frozenset({"SessionStart", "UserPromptSubmit", "PostToolUse", "PostToolBatch"})


class FakeClaude(Fake):
    """Hooks of three files of settings add up; servers stand elsewhere."""

    name: ClassVar = "claude"
    events: ClassVar = CONTEXT | {
        *("PreToolUse", "PermissionRequest", "Notification", "SubagentStop", "Stop"),
        *("PreCompact", "PostCompact", "SessionEnd", "StopFailure"),
    }

    def load(self) -> None:
        home, root = self.home / ".claude", self.root / ".claude"
        files = (home / "settings.json", root / "settings.json", root / "settings.local.json")
        for file in files:
            said = document(file)
            demand("mcpServers" not in said, "servers in the settings are not read, and hung it")
            groups(said.get("hooks", {}), "matcher", HANDLER, self._take)
            if "statusLine" in said:
                line = keys(said["statusLine"], "padding", "type command", "statusLine")
                demand(line["type"] == "command", "statusLine is no command")
                demand(line["command"].startswith("/"), "statusLine is not absolute")
        for file in (self.home / ".claude.json", self.root / ".mcp.json"):
            for name, found in document(file).get("mcpServers", {}).items():
                server = keys(found, "type args env timeout alwaysLoad", "command", name)
                demand(server.get("type", "stdio") == "stdio", f"{name}: a wrong type")
                words = [server["command"], *server.get("args", [])]
                self.server(name, words, server.get("timeout"), unit=1000)

    def _take(self, event: str, handler: dict[str, Any], matcher: str) -> None:
        demand(handler["type"] == "command", f"{event}: a wrong type")
        if any(handler.get(key, False) is not False for key in ("async", "asyncRewake")):
            demand(handler.get("asyncRewake") is True, f"{event}: what runs apart wakes nobody")
            words = [handler["command"], *handler.get("args", [])]
            self.waker(event, words, handler.get("timeout", 600))
            return
        self.hook(event, handler["command"], handler.get("timeout", 600), matcher=matcher)

    def understood(self, event: str, stdout: str, status: int) -> Outcome:
        demand(status == 0, f"{event} was blocked, or failed: {status}")
        if not stdout.startswith("{"):
            plain = event in {"SessionStart", "UserPromptSubmit"}
            return Outcome([stdout] if plain and stdout else [])
        said = keys(json_object(stdout, event), "hookSpecificOutput decision reason", "", event)
        longest = max((len(each) for each in _texts(said)), default=0)
        demand(longest <= 10_000, "a text over 10,000 characters becomes a file")
        if "decision" in said:
            return decided(event, said, "block", {"Stop", "SubagentStop"})
        demand(event in CONTEXT, f"{event} takes no context")
        return specific(event, said["hookSpecificOutput"])


def _texts(said: dict[str, Any]) -> list[str]:
    inner = said.get("hookSpecificOutput") or {}
    return [each for each in (*said.values(), *inner.values()) if isinstance(each, str)]

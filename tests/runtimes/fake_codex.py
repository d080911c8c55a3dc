"""Codex: an unknown key makes a reply void, and a hook whose definition changed is not trusted."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from tests.runtimes.fake import (
    Fake,
    Handler,
    Outcome,
    decided,
    demand,
    document,
    groups,
    json_object,
    keys,
    specific,
)

CONTEXT = frozenset({"SessionStart", "UserPromptSubmit", "PreToolUse", "PostToolUse"})


@dataclass
class FakeCodex(Fake):
    """Attributes:
    trusted: the hooks that the person has looked at.
    """

    trusted: set[Handler] = field(default_factory=set)

    name: ClassVar[str] = "codex"
    events: ClassVar[frozenset[str]] = CONTEXT | {
        *("SessionEnd", "PermissionRequest", "PreCompact", "PostCompact"),
        *("SubagentStart", "SubagentStop", "Stop", "Interrupt"),
    }

    def load(self) -> None:
        for folder in (self.home / ".codex", self.root / ".codex"):
            said = keys(document(folder / "hooks.json"), "hooks", "", "hooks.json")
            groups(said.get("hooks", {}), "matcher", "timeout statusMessage async", self._take)
            config = folder / "config.toml"
            tables = tomllib.loads(config.read_text()) if config.exists() else {}
            for name, found in tables.get("mcp_servers", {}).items():
                allowed = "args env env_vars cwd startup_timeout_sec tool_timeout_sec enabled"
                server = keys(found, f"{allowed} required enabled_tools", "command", name)
                words = [server["command"], *server.get("args", [])]
                start = server.get("startup_timeout_sec", 10)
                self.server(name, words, server.get("tool_timeout_sec", 60), start=start)

    def _take(self, event: str, handler: dict[str, Any], matcher: str) -> None:
        demand(handler["type"] == "command", f"{event}: a wrong type")
        limit = 3 if event in {"SessionEnd", "Interrupt"} else 600
        self.hook(event, handler["command"], handler.get("timeout", limit), matcher=matcher)
        demand(self.hooks[-1].seconds <= limit, f"{event} has {limit} s at most")

    def trust(self) -> None:
        """The person looks at /hooks and trusts what stands there."""
        self.trusted = set(self.hooks)

    def fire(self, event: str, given: Mapping[str, Any]) -> Outcome:
        demand(self.trusted >= set(self.hooks), "a hook is not trusted")
        return super().fire(event, given)

    def understood(self, event: str, stdout: str, status: int) -> Outcome:
        demand(status == 0, f"{event} was blocked, or failed: {status}")
        if not stdout.startswith("{"):
            demand(event != "Stop", "at Stop stdout has to be JSON")
            plain = event in {"SessionStart", "UserPromptSubmit"}
            return Outcome([stdout] if plain and stdout else [])
        said = keys(json_object(stdout, event), "hookSpecificOutput decision reason", "", event)
        if "decision" in said:
            return decided(event, said, "block", {"Stop", "SubagentStop"})
        if "hookSpecificOutput" not in said:
            return Outcome()
        demand(event in CONTEXT, f"{event} takes no context")
        return specific(event, said["hookSpecificOutput"])

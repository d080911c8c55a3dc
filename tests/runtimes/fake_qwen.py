"""Qwen Code: the names of Claude Code in the ways of Gemini."""

from __future__ import annotations

from typing import ClassVar

from tests.runtimes.fake import named
from tests.runtimes.fake_gemini import FakeGemini


class FakeQwen(FakeGemini):
    """Another folder, other events, another decision."""

    name: ClassVar = "qwen"
    place: ClassVar = ".qwen"
    handler_keys: ClassVar = "name description timeout async env shell statusMessage"
    context: ClassVar = frozenset({"UserPromptSubmit", "PostToolUse"})
    ends: ClassVar = "Stop"
    decision: ClassVar = "block"
    events: ClassVar = named(
        "PreToolUse PostToolUse PostToolUseFailure UserPromptSubmit SessionStart SessionEnd Stop "
        "StopFailure SubagentStart SubagentStop PreCompact PostCompact Notification "
        "PermissionRequest"
    )

"""What stands in a conversation in the person's place, and no person typed it.

Runtimes put reminders, output of commands and what hooks say between tags; Thrum's own texts are
known by how they begin.
"""

from __future__ import annotations

import re
from typing import Final

_TAGS: Final = (
    "system-reminder",
    "hook_context",
    "hook_prompt",
    "session_context",
    "environment_context",
    "user_instructions",
    "local-command-caveat",
    "local-command-stdout",
    "local-command-stderr",
    "command-message",
    "bash-stdout",
    "bash-stderr",
    "task-notification",
    "user-prompt-submit-hook",
    "qwen:user-prompt-submit-context",
)
_COMMAND: Final = re.compile(r"<command-(?:name|args)>(.*?)</command-(?:name|args)>", re.DOTALL)
"""A command of the runtime's own, as it is kept that a person typed it."""

_LONGEST_COMMAND: Final = 10_000

_OPEN: Final = re.compile(rf"\s*<(?:{'|'.join(_TAGS)})>")
_OURS: Final = re.compile(
    r"\s*(?:New mail for @\S+, unread:\n|Run /thrum:prime to load "
    r"|Agent: @[^\n]*, session [^\n]*(?:\n|$)|# Previous Session Context\n)"
)
"""How a block of mail begins, the one line of a session's begin, and the page of it."""


def removed(text: str) -> str:
    """The text without what nobody typed; empty where nothing is left."""
    if _OURS.match(text):
        return ""
    left = text
    for tag in _TAGS:
        left = _without(left, tag)
    if left.lstrip().startswith("<command-name>"):
        return " ".join(word.strip() for word in _COMMAND.findall(left[:_LONGEST_COMMAND])).strip()
    # One that does not end was cut off, or is somebody's own word in the midst of a text.
    return "" if _OPEN.match(left) else left.strip()


def _without(text: str, tag: str) -> str:
    """The text without what stands in such tags; in one pass, however often one is opened."""
    opening, closing = f"<{tag}>", f"</{tag}>"
    kept, at = [], 0
    while (start := text.find(opening, at)) >= 0 and (end := text.find(closing, start)) >= 0:
        kept.append(text[at:start])
        at = end + len(closing)
    return "".join((*kept, text[at:]))

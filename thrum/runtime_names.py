"""What agent runtimes are called, whoever writes the name.

People, older programs and the runtimes themselves have several names for one. Each is turned into
the one that Thrum knows where it comes in, and by nothing else.
"""

from __future__ import annotations

from typing import Final

NAMES: Final = (
    "claude",
    "cursor",
    "codex",
    "opencode",
    "gemini",
    "auggie",
    "amp",
    "kiro-cli",
    "copilot",
    "qwen",
    "shell",
    "cli-only",
)
"""All of them, in the order in which they are looked for."""

OWN_FILE: Final = ".thrum/runtimes.json"
"""In a person's home: the runtimes that are the person's own."""

ALIASES: Final = {
    "claude-code": "claude",
    "cursor-agent": "cursor",
    "cursor-cli": "cursor",
    "openai-codex": "codex",
    "codex-cli": "codex",
    "opencode-ai": "opencode",
    "gemini-cli": "gemini",
    "augment": "auggie",
    "ampcode": "amp",
    "kiro": "kiro-cli",
    "copilot-cli": "copilot",
    "github-copilot": "copilot",
    "qwen-code": "qwen",
    "bash": "shell",
}
"""Other names. The adapters say the same; a test compares."""


def canonical(name: str) -> str:
    """The name of a runtime that may go by another one; an unknown one comes back as it is."""
    lower = name.strip().lower()
    known = ALIASES.get(lower, lower)
    return known if known in NAMES else name.strip()

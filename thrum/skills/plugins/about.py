"""What every manifest says of Thrum."""

from __future__ import annotations

import json
from typing import Any, Final

from thrum import __version__
from thrum.skills.skill import File

NAME: Final = "thrum"
TITLE: Final = "Thrum"
SUMMARY: Final = "Mail, presence and shared notes between the coding agents of one repository"
KEYWORDS: Final = ("agents", "messages", "git")

FACTS: Final[dict[str, Any]] = {
    "name": NAME,
    "version": __version__,
    "description": SUMMARY,
    "author": {"name": TITLE},
    "license": "MIT",
    "keywords": list(KEYWORDS),
}
"""The keys that all manifests have by the same names."""

SERVER: Final[dict[str, Any]] = {
    "command": "sh",
    "args": ["-c", 'PATH="$HOME/.thrum/bin:$PATH" exec thrum mcp serve'],
}
"""The MCP server: the thrum that setup knows, else the one that the shell finds."""


def written(path: str, document: Any) -> File:
    """A JSON file."""
    return File(path, json.dumps(document, indent=2, ensure_ascii=False) + "\n")

"""The role texts that come with the program: ``templates/<role>-<autonomy>.md``."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

from thrum.errors import ThrumError

ROLES: Final = (
    "coordinator",
    "implementer",
    "planner",
    "researcher",
    "reviewer",
    "tester",
    "deployer",
    "documenter",
    "monitor",
)
AUTONOMIES: Final = ("strict", "autonomous")
NAMES: Final = (
    *(f"{role}-{autonomy}" for role in ROLES for autonomy in AUTONOMIES),
    "implementer-worktree-write-only",
    "orchestrator",
)
"""Every text that is there."""

SCHEMA: Final = 1
"""The version of what answers about roles may say."""

_FOLDER: Final = Path(__file__).with_name("templates")
_FENCE: Final = "---\n"


class Template(NamedTuple):
    """A text about a role.

    Attributes:
        text: the file as it is.
        body: what stands below its front matter, without the empty lines before it.
        schema_version: what the front matter says of it; 0 where it says nothing.
    """

    text: str
    body: str
    schema_version: int = 0

    @property
    def hash(self) -> str:
        """SHA-256 of the body, hexadecimal."""
        return hash_of(self.body)


def read(name: str) -> Template:
    """The shipped text of that name.

    Raises:
        ThrumError: ``not_found``, there is none.
    """
    if name not in NAMES:
        from thrum.suggest import did_you_mean

        hint = did_you_mean(name, NAMES) or f"there are {', '.join(NAMES)}"
        raise ThrumError("not_found", f"there is no role text {name!r}", hint)
    return parse((_FOLDER / f"{name}.md").read_text())


def name_of(role: str, autonomy: str, scope: str = "") -> str:
    """The name of the text for a role; a scope that has a text of its own counts first."""
    for ending in (scope, autonomy):
        if ending and f"{role}-{ending}" in NAMES:
            return f"{role}-{ending}"
    return role if role in NAMES else f"{role}-{autonomy}"


def parse(text: str) -> Template:
    """A text with or without front matter."""
    text = text.replace("\r\n", "\n")
    head, body = "", text
    if text.startswith(_FENCE):
        before, fence, after = text[len(_FENCE) :].partition(f"\n{_FENCE}")
        head, body = (before, after) if fence else ("", text)
    return Template(text, body.lstrip("\n"), _version(head))


def hash_of(body: str) -> str:
    """SHA-256 of a body, hexadecimal."""
    import hashlib  # loads OpenSSL, which few commands need

    return hashlib.sha256(body.encode()).hexdigest()


def _version(head: str) -> int:
    for line in head.splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "schema_version" and value.strip().isdecimal():
            return int(value)
    return 0

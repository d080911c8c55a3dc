"""Names of agents, roles, groups and users: what may be one, and how one is written."""

from __future__ import annotations

import re
from typing import Final

from thrum.errors import ThrumError

RESERVED: Final = frozenset({"daemon", "system", "thrum", "all", "broadcast", "everyone"})
MONITOR: Final = "monitor:"
"""How ids of monitors begin, which the daemon alone registers."""

IDS_OF_OTHERS: Final = ("user:", "agent:")
"""How ids of people begin, and those that unnamed agents once had: no name begins so."""

LONGEST: Final = 64

# None begins with a dash: on a command line that would be a flag.
_AGENT = re.compile(r"[a-z0-9_][a-z0-9_-]*")
_PROXY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*:[a-z0-9_-]+")
_USERNAME = re.compile(r"[a-zA-Z0-9_-]{1,32}")
_ROLE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_UNNAMED = re.compile(r"([^_]+)_([0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{10})")
_LEGACY = re.compile(r"agent:([^:]+):([^:]+)")


_PLAIN = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"}
)
"""Letters that no form of Unicode takes apart."""


def check_agent_name(name: str) -> str:
    """The name, if an agent may bear it.

    A colon is accepted only in proxies (``prefix:name``).

    Raises:
        ThrumError: ``invalid_params`` with what is wrong.
    """
    if not name:
        raise ThrumError("invalid_params", "the agent name is empty")
    if name in RESERVED:
        raise ThrumError("invalid_params", f"the name {name!r} is reserved", "choose another name")
    if len(name) > LONGEST:
        raise ThrumError("invalid_params", f"the agent name is longer than {LONGEST} characters")
    if _AGENT.fullmatch(name) is None and _PROXY.fullmatch(name) is None:
        raise ThrumError(
            "invalid_params",
            f"the agent name {name!r} may hold only a-z, 0-9, '_' and, but for the first, '-'",
            "choose a name such as 'furiosa' or 'api_reviewer'",
        )
    return name


def check_role(role: str, what: str = "role") -> str:
    """The role (or module, as `what` says), if it may be one.

    Raises:
        ThrumError: ``invalid_params`` with what is wrong.
    """
    if not role:
        raise ThrumError("invalid_params", f"{what} is required")
    if what == "role" and role in RESERVED:
        raise ThrumError("invalid_params", f"the role {role!r} is reserved", "choose another role")
    if len(role) > LONGEST or _ROLE.fullmatch(role) is None:
        raise ThrumError(
            "invalid_params",
            f"the {what} {role!r} may hold only letters, digits, '_' and, but for the first,"
            f" '-' and '.', at most {LONGEST} of them",
        )
    return role


def is_person(agent_id: str) -> bool:
    """Whether the id is a person's, not an agent's."""
    return agent_id.startswith("user:")


def is_username(name: str) -> bool:
    """Whether a person may be called ``user:<name>``."""
    return _USERNAME.fullmatch(name) is not None


def sanitize(text: str) -> str:
    """Any text as a name: lower case, other characters as ``_``, never empty."""
    name = re.sub(r"[^a-z0-9_-]", "_", text.lower())
    return re.sub(r"_{2,}", "_", name).strip("_-") or "main"


def username(text: str) -> str:
    """A person's free name (git's ``user.name``) as a username of at most 32 characters.

    Letters with marks lose them, and those that are none of ours with a mark are written as two or
    one that are: ``José`` is ``jose``, ``Łukasz`` is ``lukasz``. Other writing is left out.
    """
    import unicodedata  # only daemons ask, and loading it costs every command

    plain = text.casefold().translate(_PLAIN)
    folded = re.sub(r"[ _]", "-", unicodedata.normalize("NFKD", plain))
    return re.sub(r"[^a-z0-9-]", "", folded)[:32].strip("-") or "user"


def bare(recipient: str) -> str:
    """The name in ``@name``: one leading ``@`` is not part of it."""
    return recipient.removeprefix("@")


def is_monitor(agent_id: str) -> bool:
    """Whether the id is that of a program whose output is reported."""
    return agent_id.startswith(MONITOR)


def is_proxy(agent_id: str) -> bool:
    """Whether the id stands for somebody behind a bridge or a peer (``prefix:name``)."""
    return ":" in agent_id and not agent_id.startswith(IDS_OF_OTHERS)


def shard_stem(agent_id: str) -> str:
    """The file name, without suffix, of an agent's shard and context.

    Raises:
        ThrumError: ``invalid_params``, the id holds a path separator or starts with a dot.
    """
    stem = agent_id.removeprefix("agent:").replace(":", "_")
    if not stem or "/" in stem or "\\" in stem or "\0" in stem or stem.startswith((".", "~")):
        raise ThrumError("invalid_params", f"{agent_id!r} cannot name a file")
    return stem


def parts(agent_id: str) -> tuple[str, str]:
    """Role and hash of an unnamed agent's id, of either letter case; else the id and ''."""
    found = _LEGACY.fullmatch(agent_id) or _UNNAMED.fullmatch(agent_id)
    return (found[1], found[2]) if found else (agent_id, "")


def display(agent_id: str) -> str:
    """How the agent is shown: ``@name``."""
    return f"@{agent_id}"

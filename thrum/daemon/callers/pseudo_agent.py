"""The supervisor: the daemon itself where it speaks as somebody. In no table and no file."""

from __future__ import annotations

from typing import Final

from thrum.config import Config
from thrum.daemon_identity import DaemonIdentity
from thrum.ids import repo_id
from thrum.names import sanitize

ROLE: Final = "supervisor"
MODULE: Final = "daemon"


def project(settings: Config, identity: DaemonIdentity) -> str:
    """The project as part of a name: as people call it, by its remote, or by its directory."""
    if settings.get("project_name"):
        return sanitize(str(settings.get("project_name")))
    try:
        return repo_id(identity.git_origin_url).removeprefix("r_").lower()
    except ValueError:
        return sanitize(identity.repo_name)


def supervisor_id(settings: Config, identity: DaemonIdentity, person: str) -> str:
    """The supervisor's id.

    Args:
        person: whose machine it is, as git's ``user.name`` says; the host's name if it does not.
    """
    user = sanitize(person or identity.hostname)
    return f"{ROLE}_{project(settings, identity)}_{user}"


def is_supervisor(agent_id: str, settings: Config, identity: DaemonIdentity) -> bool:
    """Whether the id is this repository's supervisor's, whoever's machine it is on."""
    stem = f"{ROLE}_{project(settings, identity)}"
    return agent_id == stem or agent_id.startswith(f"{stem}_")

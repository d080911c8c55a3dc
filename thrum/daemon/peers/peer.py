"""A peer: the daemon of another clone or another repository, as it stands in ``peers.json``."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from thrum.names import LONGEST

ALL: Final = "all"
NONE: Final = "none"

LISTENER: Final = "listener"
DIALER: Final = "dialer"

_BETWEEN = re.compile(r"[./\\ ]")
_FOREIGN = re.compile(r"[^a-z0-9_-]")


class Peer(msgspec.Struct, omit_defaults=True):
    """One row of ``peers.json``, with the keys that older programs know, and some of ours.

    Attributes:
        name: what it is called here; no two bear one name.
        address: ``host:port`` where it listens; empty if it cannot be called.
        daemon_id: who it is.
        token: what each shows the other; a secret.
        paired_at: RFC 3339.
        last_sync: when something was last pulled from it (RFC 3339).
        transport: ``local``, ``network`` or ``tailscale``.
        repo_path: its repository on this machine, by which a local peer's port is found again.
        role: what this side is to it: ``listener``, it came to us; ``dialer``, we went to it.
        scope: what it may pull: all events, or none.
        told_address: where it was told that it can call us.
    """

    name: str
    address: str
    daemon_id: str
    token: str = ""
    paired_at: str = ""
    last_sync: str = ""
    transport: str = ""
    repo_path: str = ""
    proxy_prefix: str = ""
    remote_agents: list[str] = msgspec.field(default_factory=list)
    remote_repo_name: str = ""
    remote_hostname: str = ""
    remote_repo_path: str = ""
    remote_git_origin_url: str = ""
    role: str = ""
    reconcile_status: str = ""
    scope: str = ALL
    told_address: str = ""

    def __repr__(self) -> str:
        return f"Peer({self.name!r}, {self.daemon_id!r}, {self.address!r})"


def prefix(text: str) -> str:
    """How agents behind a peer are called, before the colon: as much as a name can hold."""
    tame = _FOREIGN.sub("", _BETWEEN.sub("-", text.lower())).lstrip("-")
    return tame[: LONGEST // 2]

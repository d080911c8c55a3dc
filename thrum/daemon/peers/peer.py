"""A peer: the daemon of another clone or another repository, as it stands in ``peers.json``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from thrum.daemon.peers.scope import ALL, narrower
from thrum.names import LONGEST, RESERVED

LISTENER: Final = "listener"
DIALER: Final = "dialer"

NO_PREFIX: Final = frozenset({"user", "agent", "monitor", "tg", "role", "group", *RESERVED})
"""What before a colon says something else than behind which peer somebody is."""

MOST_FORMER: Final = 16
"""Ids of before that are kept of a daemon."""

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
        proxy_prefix: how its agents are called here, before the colon; no two have one.
        remote_agents: those of its agents that are known here; empty for all.
        scope: what we give it, see `thrum.daemon.peers.scope`.
        their_scope: what it said that it gives us; empty where it is older, and gives all.
        read_as: the scope under which it was read last; empty for all.
        told_address: where it was told that it can call us.
        former_ids: who it was before, the last first: what it did then stays its own.
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
    their_scope: str = ""
    read_as: str = ""
    told_address: str = ""
    former_ids: list[str] = msgspec.field(default_factory=list)

    @property
    def ids(self) -> tuple[str, ...]:
        """Who it is, and who it was before."""
        return (self.daemon_id, *self.former_ids)

    @property
    def effective(self) -> str:
        """What crosses in truth: the narrower of what the two sides give."""
        return narrower(self.scope, self.their_scope or ALL)

    def proxy(self, name: str) -> str:
        """What an agent of it is called here."""
        return f"{self.proxy_prefix}:{name}"

    def __repr__(self) -> str:
        return f"Peer({self.name!r}, {self.daemon_id!r}, {self.address!r})"


def succeeding(ids: Sequence[str], now: str) -> list[str]:
    """The former ids of a daemon that had those, the last first, and has another one now."""
    return [each for each in dict.fromkeys(ids) if each != now][:MOST_FORMER]


def prefix(text: str) -> str:
    """How agents behind a peer are called, before the colon: as much as a name can hold."""
    tame = _FOREIGN.sub("", _BETWEEN.sub("-", text.lower())).lstrip("-")
    return tame[: LONGEST // 2]

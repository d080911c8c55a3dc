"""What two daemons tell each other of themselves when they are paired, or become others."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from thrum.daemon.rpc.registry import Params
from thrum.daemon_identity import DaemonIdentity


class OfItselfParams(Params):
    """Who asks, and where it can be called, if it can."""

    daemon_id: str = ""
    name: str = ""
    address: str = ""
    repo_name: str = ""
    hostname: str = ""
    repo_path: str = ""
    git_origin_url: str = ""


class Introduction(msgspec.Struct, omit_defaults=True, kw_only=True):
    """Who answers."""

    status: str
    daemon_id: str
    name: str
    repo_name: str = ""
    hostname: str = ""
    repo_path: str = ""
    git_origin_url: str = ""


class Introduced(Introduction, omit_defaults=True, kw_only=True):
    """The other side: who it is, and the token that both show from now on."""

    token: str
    roots: list[str] = msgspec.field(default_factory=list)
    scope: str = ""

    def __repr__(self) -> str:
        return f"Introduced({self.name!r}, {self.daemon_id!r})"


class Repaired(Introduction, omit_defaults=True, kw_only=True):
    """The other side, as it is by now."""


def facts(who: DaemonIdentity) -> dict[str, object]:
    """What we say of ourselves."""
    return {
        "daemon_id": who.daemon_id,
        "name": who.hostname,
        "repo_name": who.repo_name,
        "hostname": who.hostname,
        "repo_path": who.repo_path,
        "git_origin_url": who.git_origin_url,
    }


def introduced(who: DaemonIdentity, token: str, roots: Sequence[str], scope: str) -> Introduced:
    """Us, to whom we paired with.

    Args:
        who: us.
        token: what both show from now on.
        roots: our first commits.
        scope: what we give.
    """
    said = {"status": "paired", "token": token, "roots": list(roots), "scope": scope}
    return msgspec.convert(facts(who) | said, Introduced)


def repaired(who: DaemonIdentity) -> Repaired:
    """Us, to a peer that told who it is by now."""
    return msgspec.convert(facts(who) | {"status": "repaired"}, Repaired)


def called(repository: str, host: str, daemon_id: str) -> str:
    """What a new peer is called: like its repository, for several may be on one host."""
    return repository or host or daemon_id

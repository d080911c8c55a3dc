"""What two daemons tell each other of themselves when they are paired."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from thrum.daemon_identity import DaemonIdentity


class Introduced(msgspec.Struct, omit_defaults=True):
    """The other side: who it is, and the token that both show from now on."""

    status: str
    token: str
    daemon_id: str
    name: str
    repo_name: str = ""
    hostname: str = ""
    repo_path: str = ""
    git_origin_url: str = ""
    roots: list[str] = msgspec.field(default_factory=list)
    scope: str = ""

    def __repr__(self) -> str:
        return f"Introduced({self.name!r}, {self.daemon_id!r})"


def of(who: DaemonIdentity, token: str, roots: Sequence[str] = (), scope: str = "") -> Introduced:
    """Us, to whom we paired with.

    Args:
        who: us.
        token: what both show from now on.
        roots: our first commits.
        scope: what we give; empty where that is not decided yet.
    """
    return Introduced(
        status="paired",
        token=token,
        daemon_id=who.daemon_id,
        name=who.hostname,
        repo_name=who.repo_name,
        hostname=who.hostname,
        repo_path=who.repo_path,
        git_origin_url=who.git_origin_url,
        roots=list(roots),
        scope=scope,
    )


def called(repository: str, host: str, daemon_id: str) -> str:
    """What a new peer is called: like its repository, for several may be on one host."""
    return repository or host or daemon_id

"""``health``: whether the daemon is well, and who it is."""

from __future__ import annotations

import msgspec

from thrum.daemon.rpc.registry import Call, Params, Rights, method
from thrum.daemon.services import Services


class Identity(msgspec.Struct, omit_defaults=True):
    """The daemon's identity block."""

    daemon_id: str
    repo_name: str
    hostname: str
    repo_path: str
    init_at: str
    git_origin_url: str = ""


class Health(msgspec.Struct, omit_defaults=True):
    """How the daemon is."""

    status: str
    uptime_ms: int
    version: str
    repo_id: str
    sync_state: str
    local_only: bool
    identity: Identity
    local_only_reason: str = ""
    last_error: str = ""


@method("health", rights=Rights.READS, anonymous=True)
async def health(call: Call, params: Params) -> Health:
    """Says that the daemon is well, how it syncs and who it is."""
    return describe(call.services)


def describe(services: Services) -> Health:
    """How the daemon is at this moment."""
    status = services.sync.status()
    about = services.identity
    return Health(
        status="ok",
        uptime_ms=(services.now_ns() - services.started_ns) // 1_000_000,
        version=services.version,
        repo_id=services.place.repository.name,
        sync_state=status.sync_state,
        local_only=status.local_only,
        local_only_reason=status.local_only_reason,
        last_error=status.last_error,
        identity=Identity(
            about.daemon_id,
            about.repo_name,
            about.hostname,
            about.repo_path,
            about.init_at,
            about.git_origin_url,
        ),
    )

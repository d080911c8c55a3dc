"""How the exchange goes, as pages are told of it."""

from __future__ import annotations

from typing import ClassVar

from thrum.daemon.rpc.pushed import Pushed
from thrum.daemon.sync.status import SyncStatus


class SyncTold(Pushed):
    """The exchange with the remote goes otherwise than before; `sync.status` tells more."""

    name: ClassVar = "notification.sync"
    running: bool
    sync_state: str
    local_only: bool
    local_only_reason: str
    last_error: str
    ahead: int
    behind: int
    reads: bool
    remote: str

    @classmethod
    def of(cls, now: SyncStatus) -> SyncTold:
        """What is told of a status: nothing that changes though nothing happened."""
        return cls(
            running=now.running,
            sync_state=now.sync_state,
            local_only=now.local_only,
            local_only_reason=now.local_only_reason,
            last_error=now.last_error,
            ahead=now.ahead,
            behind=now.behind,
            reads=now.reads,
            remote=now.remote,
        )

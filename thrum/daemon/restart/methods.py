"""``restart.*``: what sessions say of themselves that leads to their restart."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Final

import msgspec

from thrum.daemon.delivery.methods import SeatParams, is_another, seat_of
from thrum.daemon.restart.service import Full, Restart
from thrum.daemon.rpc.registry import Call, Rights, method
from thrum.errors import ThrumError
from thrum.runtimes import registry
from thrum.snapshots.seeking import Transcript

_LONGEST_PATH: Final = 4_096


class ReportParams(SeatParams):
    """How full the context of a session is, in percent, and the absolute path of its transcript."""

    needs: ClassVar = ("runtime", "transcript")
    transcript: str = ""
    used: float = 0.0


class Reported(msgspec.Struct):
    """Whether what was said is saved now, and the agent told."""

    is_due: bool


@method("restart.report", rights=Rights.CALLER, errors=("not_found",))
async def report(call: Call, params: ReportParams) -> Reported:
    """Says how full the context of the caller's session is; beyond the threshold it is saved."""
    path = Path(params.transcript)
    if len(params.transcript) > _LONGEST_PATH or not path.is_absolute():
        raise ThrumError("invalid_params", "transcript is no absolute path")
    adapter, seat = registry.adapter(params.runtime), seat_of(call, params)
    root = call.caller.worktree
    if is_another(call) or not (root and adapter.has_transcripts):
        return Reported(False)
    transcript = Transcript(path, adapter, params.session, "hook")
    full = Full(seat, Path(root), params.used, transcript)
    return Reported(call.service(Restart).report(full))

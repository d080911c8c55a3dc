"""``restart.*``: what sessions say of themselves that leads to their restart; what ends them."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Final

import anyio
import msgspec

from thrum.daemon.delivery.methods import SeatParams, is_another, seat_of
from thrum.daemon.restart import restarting
from thrum.daemon.restart.restarting import Asked
from thrum.daemon.restart.service import Full, Restart
from thrum.daemon.restart.stopping import Stop
from thrum.daemon.rpc.registry import Call, Params, Rights, method
from thrum.daemon.tmux import allowing, finding, reaching
from thrum.daemon.tmux.methods import REFUSALS, Milliseconds
from thrum.daemon.tmux.service import Tmux
from thrum.errors import ThrumError
from thrum.runtimes import registry
from thrum.snapshots.seeking import Transcript

_LONGEST_PATH: Final = 4_096
_MOST_STOPPED: Final = 200


class ReportParams(SeatParams):
    """How full the context of a session is, in percent, and the absolute path of its transcript."""

    needs: ClassVar = ("runtime", "transcript")
    transcript: str = ""
    used: float = 0.0


class RestartParams(Params):
    """Which session, and as which runtime it begins anew; as before if none is named.

    With `force` nobody is asked before, and it is done though somebody types there. `wait_ms` says
    for how long to wait until it is known whether the runtime came up.
    """

    needs: ClassVar = ("name",)
    name: str = ""
    force: bool = False
    runtime: str = ""
    wait_ms: Milliseconds = 0


class RestartDone(msgspec.Struct, omit_defaults=True):
    """Which session, as which runtime, and how many lines it is shown of what was said before.

    `launch` and `reason` say how the launch went so far.
    """

    session: str
    snapshot_lines: int
    runtime: str = ""
    launch: str = ""
    reason: str = ""


class StopParams(Params):
    """Which sessions end, in their order; with `force` nobody is asked before."""

    needs: ClassVar = ("names",)
    names: list[str] = msgspec.field(default_factory=list)
    force: bool = False


class StoppedSession(msgspec.Struct, omit_defaults=True):
    """A session, who lived there, and how many lines the next one is shown of what was said.

    `reason` says why it has not ended.
    """

    session: str
    ended: bool
    agent: str = ""
    snapshot_lines: int = 0
    reason: str = ""


class StoppedSessions(msgspec.Struct):
    """What became of the sessions, in their order."""

    sessions: list[StoppedSession]


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


@method("tmux.restart", rights=Rights.OWNER, long_poll=True, errors=REFUSALS)
async def restart(call: Call, params: RestartParams) -> RestartDone:
    """Ends what runs in an agent's session and launches it anew, with what was said before."""
    session = finding.named(params.name).session
    allowing.demand(call, await restarting.resident(call.node, session), "restarting the session")
    by = call.caller.agent_id
    asked = Asked(session, params.runtime, is_forced=params.force, by=by)
    done = await call.service(Restart).restart(asked)
    with anyio.move_on_after(params.wait_ms / 1000):
        await done.launch.over.wait()
    made = done.launch
    return RestartDone(made.session, done.lines, made.runtime, made.state, made.reason)


@method("tmux.stop", rights=Rights.OWNER, long_poll=True, errors=(*REFUSALS, "too_large"))
async def stop(call: Call, params: StopParams) -> StoppedSessions:
    """Ends the sessions of agents, after each had the time to write down what is left to do."""
    if len(params.names) > _MOST_STOPPED:
        raise ThrumError("too_large", f"more than {_MOST_STOPPED} sessions at once")
    by = call.caller.agent_id
    wanted: dict[str, Stop] = {}
    for name in params.names:
        session = finding.named(name).session
        identity = await reaching.resident(call.service(Tmux), session)
        allowing.demand(call, identity, "ending the session")
        wanted[session] = Stop(Asked(session, is_forced=params.force, by=by))
    await call.service(Restart).stop_sessions([*wanted.values()])
    return StoppedSessions(
        [
            StoppedSession(each.asked.session, each.is_ended, each.agent, each.lines, each.reason)
            for each in wanted.values()
        ]
    )

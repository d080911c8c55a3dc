"""``tmux.*``: sessions in which agents live. On the Unix socket alone, for they are worth keys."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final

import anyio
import msgspec
from anyio import to_thread

from thrum import git_place, names
from thrum.daemon.queue.service import Queue
from thrum.daemon.rpc.nothing import Nothing
from thrum.daemon.rpc.registry import Call, Params, Rights, method
from thrum.daemon.tmux import (
    allowing,
    binding,
    checked,
    finding,
    front,
    launching,
    opening,
    panes,
    reaching,
    state,
    target,
)
from thrum.daemon.tmux.checked import Seen
from thrum.daemon.tmux.making import Agent
from thrum.daemon.tmux.opening import Asked
from thrum.daemon.tmux.service import Tmux
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from thrum.daemon.notices import PaneQuiet
    from thrum.daemon.tmux.panes import Pane
    from thrum.identity.files import Identity

LINES: Final = 50
"""Lines of what went before that are captured where nobody says how many."""

Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=300_000)]
Lines = Annotated[int, msgspec.Meta(le=100_000)]
REFUSALS: Final = ("not_found", "not_allowed", "conflict", "program")


class CreateParams(Params):
    """The session's name, where it stands, and who is to live there.

    With `no_agent` nobody is registered; whoever is at home in `cwd` already lives there then.
    `force` ends a session in the way. `runtime` is what the agent prefers; nothing is launched.
    """

    needs: ClassVar = ("name", "cwd")
    name: str = ""
    cwd: str = ""
    agent_name: str = ""
    role: str = ""
    module: str = ""
    intent: str = ""
    runtime: str = ""
    force: bool = False
    no_agent: bool = False


class Opened(msgspec.Struct, omit_defaults=True):
    """The session, and the identity file of who lives there."""

    session: str
    identity: dict[str, Any] | None = None


class LaunchParams(Params):
    """In which session, and which runtime; for how long to wait until it is known how it went.

    Where none is named, the one that its agent prefers, the repository's, the person's, claude.
    """

    needs: ClassVar = ("name",)
    name: str = ""
    runtime: str = ""
    wait_ms: Milliseconds = 0


class Launched(msgspec.Struct, omit_defaults=True):
    """Where, and what by its proper name; how the launch went so far, and why.

    `launch`: ``starting``; ``ready``, the runtime is up; ``failed``.
    """

    session: str
    runtime: str
    launch: str = ""
    reason: str = ""


class TmuxSession(msgspec.Struct, omit_defaults=True):
    """A session.

    `state`: ``alive``; ``stale``, it is there and its agent's process has ended; ``dead``, it is
    gone, or what ran in it has ended. `front` is the program that has the keys, if that is no shell
    that waits for a command. `launch` and `reason` say of the last launch there, by this daemon,
    how it went.
    """

    name: str
    state: str
    agent: str = ""
    role: str = ""
    module: str = ""
    runtime: str = ""
    branch: str = ""
    front: str = ""
    launch: str = ""
    reason: str = ""


class Sessions(msgspec.Struct, omit_defaults=True):
    """Those of agents, by name, then those of nobody; null if there are none.

    `socket` is where the tmux server listens that they are in. `blind` says why nothing is seen of
    it, so that whatever is told here may be there all the same; left out where it is seen.
    """

    sessions: list[TmuxSession] | None
    socket: str
    blind: str = ""


class SessionParams(Params):
    """Which session."""

    needs: ClassVar = ("name",)
    name: str = ""


class CaptureParams(Params):
    """Which session, and how many lines of what went before; 50 if it says none."""

    needs: ClassVar = ("name",)
    name: str = ""
    lines: Lines = 0


class Captured(msgspec.Struct):
    """What the pane shows and what went before, without blank lines at the end."""

    content: str


class CheckParams(Params):
    """Which session; what older programs say of its screen besides is not needed."""

    session: str = ""
    content: str = ""
    reason: str = ""


class Checked(msgspec.Struct, omit_defaults=True):
    """What the agent of a session does.

    `state`: ``permission``, it asks for leave, and `reason` says by which dialog:
    ``permission:claude.tool_confirmation``; ``command_sent``, a command of its queue runs there;
    ``command_completed``, one ended less than a minute ago, and nothing was written there since;
    ``working_but_idle``, the agent said that it works and its screen does not show it; ``idle``,
    anything else.
    """

    session: str
    state: str
    reason: str = ""


@method("tmux.create", rights=Rights.OWNER, anonymous=True, long_poll=True, errors=REFUSALS)
async def create(call: Call, params: CreateParams) -> Opened:
    """Makes a session, and registers who is to live there."""
    tmux = call.service(Tmux)
    asked = await to_thread.run_sync(_asked, params, abandon_on_cancel=True)
    for each in await to_thread.run_sync(_concerned, tmux, asked, abandon_on_cancel=True):
        allowing.demand(call, each, "opening a session")
    if asked.agent is not None:
        _demand_worktree(call, asked.folder)
    pane, identity = await opening.open_session(tmux, asked)
    return Opened(pane.session, dict(identity.raw) if identity else None)


@method("tmux.launch", rights=Rights.OWNER, anonymous=True, long_poll=True, errors=REFUSALS)
async def launch(call: Call, params: LaunchParams) -> Launched:
    """Launches a runtime in a session whose shell waits for a command; one that ended is made
    anew."""
    tmux, wanted = call.service(Tmux), finding.named(params.name)
    allowing.demand(call, await reaching.resident(tmux, wanted.session), "launching in the session")
    pane = await reaching.reached_or_made(tmux, wanted)
    resident = await reaching.resident(tmux, wanted.session)
    made = await launching.launch(tmux, pane, resident, params.runtime)
    with anyio.move_on_after(params.wait_ms / 1000):
        await made.over.wait()
    return Launched(pane.session, made.runtime, made.state, made.reason)


@method("tmux.status", rights=Rights.READS, anonymous=True)
async def status(call: Call, params: Params) -> Sessions:
    """Lists the sessions of agents, and those that were made here and are nobody's."""
    tmux = call.service(Tmux)
    filed = await tmux.node.callers.filed()
    bound = sorted(binding.bound(filed), key=lambda each: each.tmux_session)
    there, blind = await tmux.asked(fresh=True)
    found = {_session(each): _row(each, there) for each in bound}
    for pane in there:
        if pane.is_of(tmux.server.thrum_dir):
            found.setdefault(pane.session, TmuxSession(pane.session, state.ALIVE))
    for row in found.values():
        if row.state != state.DEAD:
            _tell_of_program(tmux, row, there)
    return Sessions(list(found.values()) or None, str(tmux.server.socket), blind)


@method("tmux.kill", rights=Rights.OWNER, long_poll=True, errors=REFUSALS)
async def kill(call: Call, params: SessionParams) -> Nothing:
    """Ends a session, with everything that runs in it."""
    tmux, wanted = call.service(Tmux), finding.named(params.name)
    allowing.demand(call, await reaching.resident(tmux, wanted.session), "ending the session")
    if not await opening.close(tmux, wanted.session):
        text = f"there is no session {wanted.session}"
        raise ThrumError("not_found", text, "`thrum tmux list` shows those that there are")
    return Nothing()


@method("tmux.capture", rights=Rights.READS, anonymous=True, errors=REFUSALS)
async def capture(call: Call, params: CaptureParams) -> Captured:
    """Tells what a session shows."""
    tmux, wanted = call.service(Tmux), finding.named(params.name)
    pane = await reaching.reached(tmux, wanted)
    lines = params.lines if params.lines > 0 else LINES
    return Captured(await tmux.server.capture(pane, lines))


@method("tmux.check-pane", rights=Rights.READS, anonymous=True, errors=(*REFUSALS, "state"))
async def check_pane(call: Call, params: CheckParams) -> Checked:
    """Tells what the agent of a session does, as hooks of older programs ask, and has whoever
    watches sessions look at it."""
    tmux, session = call.service(Tmux), target.parse(params.session).session
    identity = await reaching.resident(tmux, session) if session else None
    if identity is None:
        return Checked(params.session, "idle")
    pane = panes.meant(await tmux.seen(fresh=True), target.parse(identity.tmux_session))
    if pane is not None and not pane.is_of(tmux.server.thrum_dir):
        pane = None
    quiet = await _looked(tmux, identity, pane)
    command = await call.service(Queue).latest(session) if pane is not None else None
    works = identity.agent_status == "working"
    seen = Seen(quiet.screen if quiet else None, works, command, pane.active_s if pane else 0)
    return Checked(params.session, *checked.judge(seen, call.node.now_ns()))


async def _looked(tmux: Tmux, identity: Identity, pane: Pane | None) -> PaneQuiet | None:
    """What the agent's pane shows, of which everybody is told; None where nobody sees it."""
    if pane is None:
        return None
    quiet = await tmux.watcher.look(pane, identity)
    tmux.watcher.tell(quiet)
    return quiet


def _asked(params: CreateParams) -> Asked:
    """What is asked for, if it makes sense.

    Raises:
        ThrumError: ``invalid_params``.
    """
    if not Path(params.cwd).is_absolute():
        raise ThrumError("invalid_params", f"cwd must be an absolute path, not {params.cwd!r}")
    if "\0" in params.cwd or not Path(params.cwd).is_dir():
        raise ThrumError("invalid_params", f"there is no folder {params.cwd!r}")
    folder = git_place.real(Path(params.cwd))
    session = target.clean(params.name)
    if params.no_agent:
        return Asked(session, folder, None, params.runtime, params.force)
    if not (params.agent_name and params.role and params.module):
        text = "agent_name, role and module are required"
        raise ThrumError("invalid_params", text, "or no_agent, to register nobody")
    names.check_agent_name(params.agent_name)
    names.check_role(params.role)
    names.check_role(params.module, "module")
    agent = Agent(params.agent_name, params.role, params.module, params.intent)
    return Asked(session, folder, agent, params.runtime, params.force)


def _demand_worktree(call: Call, folder: Path) -> None:
    """An agent gets a worktree of its own: the main one is everybody's.

    Raises:
        ThrumError: ``invalid_params``.
    """
    is_linked = (folder / ".git").is_file()
    if not is_linked or not call.node.callers.identities.is_worktree(folder):
        text = f"{folder} is no worktree of this repository besides the main one"
        raise ThrumError("invalid_params", text, "`git worktree add` makes one")


def _concerned(tmux: Tmux, asked: Asked) -> list[Identity | None]:
    """Whom it concerns: whoever bears the name or names the session, and whoever is at home there
    and would be tied to it or, with force, displaced; at least nobody."""
    everyone = tmux.node.callers.identities.all()
    named = [each for each in everyone if asked.agent and each.name == asked.agent.name]
    bound = [each for each in binding.bound(everyone) if _session(each) == asked.session]
    here = [each for each in everyone if each.home == asked.folder and asked.force]
    tied = None if asked.agent else binding.at_home(asked.folder, asked.session)
    found = {each.path: each for each in (*named, *bound, *here, *([tied] if tied else []))}
    return [*found.values()] or [None]


def _session(identity: Identity) -> str:
    return target.parse(identity.tmux_session).session


def _tell_of_program(tmux: Tmux, row: TmuxSession, there: list[Pane]) -> None:
    """Says what runs in a session, and how its launch went."""
    pane = panes.meant(there, target.parse(row.name))
    if pane is not None and not front.is_waiting_shell(pane):
        row.front = pane.command
    made = tmux.following.of(row.name)
    if made is not None:
        row.launch, row.reason = made.state, made.reason


def _row(identity: Identity, there: list[Pane]) -> TmuxSession:
    return TmuxSession(
        name=_session(identity),
        state=state.of(identity, there),
        agent=identity.name,
        role=identity.role,
        module=identity.module,
        runtime=str(identity.raw.get("runtime") or ""),
        branch=identity.branch,
    )

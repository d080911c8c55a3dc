"""``tmux.send`` and the queue: what is typed in sessions, at its turn. On the Unix socket alone."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

import msgspec

from thrum.clock import format_ns
from thrum.daemon.projection.queries import agents as agent_queries
from thrum.daemon.queue import notice
from thrum.daemon.queue.command import (
    ACTIVE,
    LONGEST_MS,
    SILENCE_MS,
    TIMEOUT_MS,
    Command,
    State,
    check_text,
)
from thrum.daemon.queue.service import TYPED, Queue
from thrum.daemon.queue.shown import QueuedCommand, shown
from thrum.daemon.rpc import rights
from thrum.daemon.rpc.addressing import nearest
from thrum.daemon.rpc.registry import Call, Params, Rights, method
from thrum.daemon.tmux import allowing, finding, reaching
from thrum.daemon.tmux.panes import Pane
from thrum.daemon.tmux.service import Tmux
from thrum.daemon.tmux.target import Target
from thrum.errors import ThrumError

LONGEST_WAIT_MS: Final = 350_000
"""Milliseconds that one call waits; whoever wants to wait longer asks again."""

Milliseconds = Annotated[int, msgspec.Meta(le=LONGEST_MS)]
_TYPING: Final = "typing into the session"
_REFUSALS: Final = ("not_found", "not_allowed", "conflict", "program", "too_large", "state")


class SendParams(Params):
    """What is typed, and where."""

    needs: ClassVar = ("name", "text")
    name: str = ""
    text: str = ""


class QueueParams(Params):
    """What is typed in which session, and who is told of its end.

    `requester` is the caller; only people and coordinators name another. After `timeout_ms` (two
    minutes) the requester is told that it takes longer. What is no shell has done with a command
    after `silence_ms` (5 s) without a sign.
    """

    needs: ClassVar = ("session", "text", "requester")
    session: str = ""
    text: str = ""
    requester: str = ""
    timeout_ms: Milliseconds = 0
    silence_ms: Milliseconds = 0
    notify_on_complete: bool | None = None


class Queued(msgspec.Struct):
    """By which id a text waits for its turn, and at which place; empty, it was typed at once."""

    command_id: str
    position: int


class QueueWaitParams(Params):
    """Which command, and for how long; two minutes if it does not say, and at most 350 s."""

    needs: ClassVar = ("command_id",)
    command_id: str = ""
    timeout_ms: int = 0


class CommandState(msgspec.Struct, omit_defaults=True):
    """How it stands with a command, and what it said.

    `elapsed_ms` counts from when it was typed, else from when it came. `exit_status` is as the
    shell says, and absent where nobody does.
    """

    command_id: str
    state: str
    output: str = ""
    elapsed_ms: int = 0
    exit_status: int | None = None


class StatusParams(Params):
    """Of which session."""

    needs: ClassVar = ("session",)
    session: str = ""


class QueueStatus(msgspec.Struct, omit_defaults=True):
    """The command that runs, those that wait, and what the next of these waits for."""

    session: str
    active: QueuedCommand | None = None
    queued: list[QueuedCommand] | None = None
    waiting_for: str = ""


class CancelParams(Params):
    """Which command; with `interrupt` the key that interrupts it is pressed if it runs."""

    needs: ClassVar = ("command_id",)
    command_id: str = ""
    interrupt: bool = False


class Canceled(msgspec.Struct, omit_defaults=True):
    """How it stands with the command now, what it said, and why it was not interrupted."""

    command_id: str
    state: str
    output: str = ""
    not_interrupted: str = ""


@method("tmux.send", rights=Rights.OWNER, long_poll=True, errors=(*_REFUSALS, "busy"))
async def send(call: Call, params: SendParams) -> Queued:
    """Types a text into a session: a command for its agent, at its turn; in a session of nobody's
    at once, as it is and without the key that ends a line."""
    tmux, wanted = call.service(Tmux), finding.named(params.name)
    allowing.demand(call, await reaching.resident(tmux, wanted.session), _TYPING)
    pane = await reaching.reached_or_made(tmux, wanted)
    if await reaching.resident(tmux, wanted.session) is None:
        await tmux.typist.type(pane, params.text)
        return Queued("", 0)
    _demand_ours(tmux, pane)
    return await _queued(call, wanted, QueueParams(text=params.text, notify_on_complete=False))


@method(
    "tmux.queue",
    rights=Rights.OWNER,
    long_poll=True,
    errors=(*_REFUSALS, "busy", "unknown_recipient"),
)
async def queue(call: Call, params: QueueParams) -> Queued:
    """Has a command typed in the session of an agent once everything before it is done there, and
    whoever asked told of its end."""
    tmux, wanted = call.service(Tmux), finding.named(params.session)
    allowing.demand(call, await reaching.resident(tmux, wanted.session), _TYPING)
    _demand_requester(call, params.requester)
    _demand_ours(tmux, await reaching.reached_or_made(tmux, wanted))
    if await reaching.resident(tmux, wanted.session) is None:
        text = f'session "{wanted.session}" has no registered agent'
        raise ThrumError("conflict", text, "`thrum tmux send` types into it at once")
    return await _queued(call, wanted, params)


@method("tmux.queue-wait", rights=Rights.READS, anonymous=True, long_poll=True, errors=_REFUSALS)
async def queue_wait(call: Call, params: QueueWaitParams) -> CommandState:
    """Waits until a command has ended; when the time is over, tells how it stands."""
    wanted_ms = params.timeout_ms if params.timeout_ms > 0 else TIMEOUT_MS
    seconds = min(wanted_ms, LONGEST_WAIT_MS) / 1000
    found = await call.service(Queue).until_ended(params.command_id, seconds)
    return CommandState(
        command_id=found.id,
        state=found.state.value,
        output=found.output or "",
        elapsed_ms=notice.elapsed_ms(found, format_ns(call.node.now_ns())),
        exit_status=found.exit_status,
    )


@method("tmux.queue-status", rights=Rights.READS, anonymous=True, errors=("state",))
async def queue_status(call: Call, params: StatusParams) -> QueueStatus:
    """Lists the commands of a session that have not ended."""
    service, session = call.service(Queue), finding.named(params.session).session
    found = await service.live(session)
    active = [shown(each) for each in found if each.state in ACTIVE]
    waiting = [shown(each) for each in found if each.state is State.QUEUED]
    return QueueStatus(
        session=session,
        active=active[0] if active else None,
        queued=waiting or None,
        waiting_for=service.waits_for(session) if waiting else "",
    )


@method("tmux.cancel", rights=Rights.OWNER, errors=("not_found", "not_allowed", "state"))
async def cancel(call: Call, params: CancelParams) -> Canceled:
    """Takes a command out of the queue. One that runs is looked after no more and runs on, unless
    it is interrupted.

    For whoever asked for it, the agent of the session, people and coordinators.
    """
    service = call.service(Queue)
    found = await service.command(params.command_id)
    if found.requester == call.agent_id:
        call.grant()
    else:
        identity = await reaching.resident(call.service(Tmux), found.session)
        allowing.demand(call, identity, "cancelling in the session")
    ended, against = await service.cancel(found.id, interrupts=params.interrupt)
    return Canceled(ended.id, ended.state.value, ended.output or "", against)


def _demand_ours(tmux: Tmux, pane: Pane) -> None:
    """Refuses a session into which nothing would ever be typed.

    Raises:
        ThrumError: ``conflict``.
    """
    if not pane.is_of(tmux.server.thrum_dir):
        text = f"the session {pane.session} is not one of Thrum's"
        raise ThrumError("conflict", text, "`thrum tmux create` makes one")


def _demand_requester(call: Call, requester: str) -> None:
    """Refuses to have others told, except by people and coordinators, and whom nobody can tell.

    Raises:
        ThrumError: ``not_allowed``; ``unknown_recipient``.
    """
    if requester == call.agent_id:
        return
    db = call.node.store.reader()
    rights.demand_charge(call, db, "having another one told")
    if agent_queries.agent(db, requester) is None:
        raise ThrumError(
            "unknown_recipient",
            f"there is no agent {requester[:80]!r} to be told",
            f"{nearest(db, [requester])}`thrum team --all` shows them",
        )


async def _queued(call: Call, wanted: Target, params: QueueParams) -> Queued:
    check_text(params.text)
    command = Command(
        id=call.node.ids.make("cmd"),
        session=wanted.session,
        requester=params.requester or TYPED,
        text=params.text,
        timeout_ms=params.timeout_ms if params.timeout_ms > 0 else TIMEOUT_MS,
        silence_ms=params.silence_ms if params.silence_ms > 0 else SILENCE_MS,
        notifies=params.notify_on_complete is not False,
        submitted_at=format_ns(call.node.now_ns()),
    )
    return Queued(command.id, await call.service(Queue).submit(command))

"""Asking the daemon so that what a request does is done once, and nobody is told it was not.

An answer may be lost on its way, or come too late: a disk that stalls holds it up for longer than
anybody waits, and what was asked for is then done all the same. What may be asked for twice is
asked for again, for as long as somebody can be expected to wait; of everything else it is said that
it may or may not be done.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from thrum.cli import lacking
from thrum.client import LostAnswer, Silence
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from thrum.cli.context import Context

PATIENCE_S: Final = 30.0
"""Seconds after which no stalled request is asked again."""

AWAY_S: Final = 5.0
"""Seconds for which a daemon that went away is expected back."""

PAUSE_S: Final = 0.1

READS: Final = frozenset(
    {
        "agent.list",
        "agent.listContext",
        "agent.lookup",
        "agent.whoami",
        "claim.check",
        "claim.list",
        "context.preamble.show",
        "context.show",
        "context.versions",
        "delivery.ask",
        "delivery.wait",
        "doctor.examine",
        "events.since",
        "group.info",
        "group.list",
        "group.members",
        "health",
        "inbox.counts",
        "keys.list",
        "keys.verify",
        "log.list",
        "loops.list",
        "message.get",
        "message.list",
        "message.outbox",
        "message.page",
        "message.search",
        "message.wait",
        "monitor.list",
        "monitor.logs",
        "monitor.output",
        "monitor.show",
        "now.list",
        "peer.agents",
        "peer.standing",
        "peer.doctor",
        "peer.list",
        "peer.status",
        "prompt.list",
        "sync.notify",
        "sync.peer_info",
        "sync.pull",
        "rpc.discover",
        "session.list",
        "subscriptions.list",
        "sync.status",
        "sync.worktree.status",
        "tsync.peers.list",
        "team.list",
        "team.overview",
        "telegram.status",
        "thread.list",
        "tmux.capture",
        "tmux.check-pane",
        "tmux.queue-status",
        "tmux.queue-wait",
        "tmux.status",
        "user.identify",
        "user.list",
    }
)
"""Methods that change nothing."""

AGAIN: Final = frozenset(
    {
        "agent.set-status",
        "claim.take",
        "group.member.add",
        "group.member.remove",
        "message.markRead",
        "session.end",
        "session.heartbeat",
        "session.setIntent",
        "session.setTask",
        "telegram.configure",
    }
)
"""Methods that do nothing more when they are called again with the same params."""

SHOWN_BY: Final = {
    "agent.cleanup": "thrum team --all",
    "agent.delete": "thrum team --all",
    "agent.register": "thrum team --all",
    "agent.set-status": "thrum team --all",
    "claim.give": "thrum claims",
    "claim.release": "thrum claims",
    "claim.take": "thrum claims --mine",
    "context.clear": "thrum context show",
    "context.save": "thrum context show",
    "group.create": "thrum group list",
    "group.delete": "thrum group list",
    "group.member.add": "thrum group members {group}",
    "group.member.remove": "thrum group members {group}",
    "keys.accept": "thrum keys list",
    "keys.revoke": "thrum keys list",
    "keys.rotate": "thrum keys list",
    "loops.release": "thrum loops",
    "message.delete": "thrum message get {message_id}",
    "message.edit": "thrum message get {message_id}",
    "message.markRead": "thrum inbox --unread",
    "message.send": "thrum sent",
    "message.withdraw": "thrum message get {message_id}",
    "prompt.answer": "thrum prompts",
    "peer.configure": "thrum peer status",
    "peer.join": "thrum peer list",
    "peer.remove": "thrum peer list",
    "peer.rename": "thrum peer list",
    "peer.start_pairing": "thrum peer list",
    "monitor.remove": "thrum monitor list --all",
    "monitor.restart": "thrum monitor list --all",
    "monitor.start": "thrum monitor list --all",
    "monitor.stop": "thrum monitor list --all",
    "session.end": "thrum session list",
    "session.setIntent": "thrum session list",
    "session.setTask": "thrum session list",
    "session.start": "thrum session list",
    "sync.off": "thrum sync status",
    "sync.on": "thrum sync status",
    "telegram.configure": "thrum telegram status",
    "telegram.start_pairing": "thrum telegram status",
    "telegram.pair": "thrum telegram status",
    "tmux.cancel": "thrum tmux list",
    "tmux.create": "thrum tmux list",
    "tmux.kill": "thrum tmux list",
    "tmux.launch": "thrum tmux list",
    "tmux.queue": "thrum tmux queue-status {session}",
    "tmux.send": "thrum tmux capture {name}",
}
"""The command that shows whether a method has done its work; of others it is the log."""


def ask(
    context: Context, method: str, params: Mapping[str, object], timeout: float | None = None
) -> Any:
    """The answer to a request, asked for again where that does no harm.

    A request with an idempotency key may be asked for again: the daemon does once what bears it.

    Raises:
        ThrumError: the daemon refused, does not answer, or went away for good;
            ``method_not_found``, it is of another version, which is named.
    """
    began: float | None = None
    while True:
        try:
            return context.client.call(method, params, timeout)
        except ThrumError as error:
            if error.kind == lacking.UNKNOWN:
                raise lacking.refusal(context, method) from error
            is_gone = began is not None and error.kind in {"daemon_down", "shutting_down"}
            if method in READS or not (is_gone or is_unsure(error)):
                raise
            began = context.monotonic() if began is None else began
            limit = PATIENCE_S if is_stalled(error) else AWAY_S
            is_over = context.monotonic() - began > limit
            if is_over or not (method in AGAIN or "idempotency_key" in params):
                raise unsure(error, method, params) from error
        context.hang_up()
        context.sleep(PAUSE_S)


def is_unsure(error: ThrumError) -> bool:
    """Whether what was asked for may have been done, although no answer says so."""
    return isinstance(error, LostAnswer) or is_stalled(error)


def is_stalled(error: ThrumError) -> bool:
    """Whether the daemon is there and did not get done with it in time."""
    is_late = error.kind == "timed_out" and bool(error.details.get("may_be_done"))
    return isinstance(error, Silence) or is_late


def unsure(error: ThrumError, method: str, params: Mapping[str, object]) -> ThrumError:
    """The error, with what it leaves open and how to find out."""
    # Imported here: nearly no command comes this way.
    from thrum.ids import ending_of

    ending = ending_of(str(params.get("idempotency_key") or ""))
    details = {**error.details, **({"message_id_ends": ending} if ending else {})}
    command = f"thrum message get {ending}" if ending else SHOWN_BY.get(method, "thrum log")
    for name, value in params.items():
        command = command.replace(f"{{{name}}}", str(value))
    what = "it may or may not be done"
    if method == "message.send":
        what = f"the message {ending}".rstrip() + " may or may not be sent"
    look = f"`{command}` shows it if it was"
    restart = "" if error.kind == "timed_out" else "run `thrum daemon restart`, then "
    return ThrumError(error.kind, f"{error.message}, so {what}", f"{restart}{look}", details)

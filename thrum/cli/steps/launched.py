"""Launching a runtime in a session, and saying how it went."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from thrum.cli.render.text import one_line
from thrum.cli.steps import attaching

if TYPE_CHECKING:
    from thrum.cli.context import Context

WAIT_S: Final = 90.0
"""Seconds in which a runtime comes up, however busy the machine is."""

LIMIT_S: Final = 90.0
"""Seconds that a session may take to be there, however busy the machine is."""

_LOOK_S: Final = 0.5

RESTART_S: Final = 350.0
"""Seconds for all of a restart: its agent has some before, see ``restart.graceful_timeout``."""

STOP_S: Final = 350.0
"""Seconds for the end of sessions whose agents save before."""


def ask(
    context: Context, session: str, runtime: str, *, is_awaited: bool = False
) -> dict[str, Any]:
    """Launches a runtime; what the daemon says of it.

    Args:
        context: where.
        session: in which one.
        runtime: which; the one that its agent prefers if empty.
        is_awaited: whether to wait until it is known how it went.

    Raises:
        ThrumError: as ``tmux.launch`` refuses.
    """
    params = {"name": session, "runtime": runtime, "caller_agent_id": attaching.claim(context)}
    wait = {"wait_ms": int(WAIT_S * 1000)} if is_awaited else {}
    limit = LIMIT_S + (WAIT_S if is_awaited else 0)
    answer: dict[str, Any] = context.call("tmux.launch", {**params, **wait}, limit)
    return answer


def known(context: Context, starting: Iterable[str]) -> dict[str, dict[str, Any]]:
    """How launches went that somebody began: waits until that is known of all, or long enough.

    Args:
        context: where.
        starting: the sessions in which something is being launched.

    Returns:
        For each session what ``tmux.status`` says of it in the end.

    Raises:
        ThrumError: the daemon cannot be asked.
    """
    told: dict[str, dict[str, Any]] = {}
    left, end = set(starting), context.monotonic() + WAIT_S
    while left:
        answer = attaching.known(context)
        for session in left:
            told[session] = _told(attaching.row_of(answer, session))
        left = {each for each in left if told[each]["launch"] == "starting"}
        if not left or context.monotonic() >= end:
            break
        context.sleep(_LOOK_S)
    return told


def _told(row: dict[str, Any]) -> dict[str, Any]:
    """How a launch went, by what is known of its session.

    A daemon that begins in between knows nothing of the launch, and sees what runs.
    """
    if row.get("launch"):
        return row
    if row.get("front"):
        return {**row, "launch": "ready"}
    is_there = row.get("state") in {"alive", "stale"}
    return {"launch": "failed", "reason": "nothing runs there" if is_there else _GONE}


_GONE: Final = "its session is gone"


def restart(
    context: Context, session: str, runtime: str, *, is_forced: bool = False
) -> dict[str, Any]:
    """Has an agent's session begin anew, and waits until it is known how that went.

    Raises:
        ThrumError: as ``tmux.restart`` refuses.
    """
    about = {"name": session, "runtime": runtime, "caller_agent_id": attaching.claim(context)}
    also = {"force": is_forced or None, "wait_ms": int(WAIT_S * 1000)}
    answer: dict[str, Any] = context.call("tmux.restart", {**about, **also}, RESTART_S)
    return answer


def tell(context: Context, answer: Mapping[str, Any]) -> bool:
    """Says how a launch went that was waited for; whether the runtime is up."""
    what, where, how, why = (
        one_line(str(answer.get(key) or "")) for key in ("runtime", "session", "launch", "reason")
    )
    if how == "ready":
        context.done(f"✓ {what} is up in {where}" + (f"; {why}" if why else ""))
        return True
    if not how:  # an older daemon, which follows no launch
        context.done(f"✓ {what or 'its runtime'} was launched in {where}")
        return True
    context.note(f"{what} is not up in {where}: {why or 'it is still starting'}")
    context.hint(f"`thrum tmux connect {where}` goes there")
    return False

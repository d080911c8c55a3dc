"""Asking supervisors whether a session may do what its runtime asks its person leave for.

One connection for all of it: when it ends, the question is withdrawn. Who is to be asked is known
before anybody waits, so a runtime whose daemon is away or busy asks its person as soon as ever.
"""

from __future__ import annotations

from typing import Any, Final

from thrum.cli.context import Context
from thrum.cli.steps import delivering
from thrum.runtimes.contract import Adapter, Answer, Event, Leave

ASK_S: Final = 3.0
"""Seconds, in all, until it is known whether somebody is asked, where the daemon answers."""

SLACK_S: Final = 2.0
"""Seconds for the answer to come back after the last moment at which it counts."""

_DECISIONS: Final = {"allow": True, "deny": False}


def answered(context: Context, adapter: Adapter, leave: Leave, event: Event) -> Answer | None:
    """A supervisor's answer in the runtime's own shape; None if there is none.

    Raises:
        ThrumError: the daemon is away, refuses or does not answer in time.
    """
    seat = delivering.seat(context, adapter, event)
    with context.connect(context.socket, None) as client:
        if not event.is_subagent:
            client.call("delivery.ask", delivering.asked(context, adapter, event))
        context.prolong(ASK_S)
        asked = _object(client.call("prompt.ask", seat | _question(leave, event)))
        seconds = int(asked.get("seconds") or 0)
        if not asked.get("id"):
            return None
        context.prolong(ASK_S + seconds + SLACK_S)
        wanted = seat | {"id": asked["id"]}
        found = _object(client.call("prompt.wait", wanted, seconds + SLACK_S))
    is_allowed = _DECISIONS.get(str(found.get("decision")))
    return None if is_allowed is None else leave.say(event, is_allowed, str(found.get("by")))


def _question(leave: Leave, event: Event) -> dict[str, object]:
    return {
        "tool": event.tool,
        "details": event.details,
        "asks_meanwhile": leave.asks_meanwhile,
        "is_helper": event.is_subagent,
    }


def _object(answer: Any) -> dict[str, Any]:
    return answer if isinstance(answer, dict) else {}

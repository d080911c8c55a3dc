"""The first page where the daemon does not know it as a whole: put together from its parts."""

from __future__ import annotations

from typing import Any

from thrum.cli.lacking import Gaps
from thrum.errors import ThrumError

Answer = dict[str, Any]


def page(gaps: Gaps, claim: str) -> Answer:
    """What ``team.overview`` would say, as far as older methods tell it.

    Args:
        gaps: asks the daemon.
        claim: which agent this shell is; empty if it is none.

    Raises:
        ThrumError: the daemon refuses, or does not answer.
    """
    found: Answer = {"health": gaps.ask("health") or {}}
    agent = _agent(gaps, claim) if claim else None
    if agent:
        found |= {"agent": agent} | _work(gaps, claim) | _inbox(gaps, agent)
    members = (gaps.ask("team.list") or {}).get("members") or []
    me = str((agent or {}).get("agent_id") or "")
    others = [each for each in members if each.get("agent_id") != me]
    return found | ({"team": others} if others else {})


def _agent(gaps: Gaps, claim: str) -> Answer | None:
    try:
        answer: Answer | None = gaps.ask("agent.whoami", {"caller_agent_id": claim})
    except ThrumError as error:
        if error.kind != "anonymous_caller":
            raise
        return None
    return answer


def _work(gaps: Gaps, agent_id: str) -> Answer:
    answer = gaps.ask("agent.listContext", {"agent_id": agent_id}) or {}
    found = answer.get("contexts") or []
    return {"work_context": found[0]} if found else {}


def _inbox(gaps: Gaps, agent: Answer) -> Answer:
    me = agent.get("agent_id")
    wanted = {
        "caller_agent_id": me,
        "for_agent": me,
        "for_agent_role": agent.get("role"),
        "exclude_self": True,
        "page_size": 1,
    }
    answer = gaps.ask("message.list", wanted)
    if answer is None:
        return {}
    return {"inbox": {key: int(answer.get(key) or 0) for key in ("total", "unread")}}

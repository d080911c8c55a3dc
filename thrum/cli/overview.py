"""``thrum overview`` and ``thrum status``."""

from __future__ import annotations

from typing import Any

from thrum.cli import starting
from thrum.cli.context import Context
from thrum.cli.render import people
from thrum.cli.render.text import one_line
from thrum.cli.render.times import ago_words, span
from thrum.errors import ThrumError

Answer = dict[str, Any]


def overview(context: Context) -> None:
    """Yourself, the team and your inbox, on one page."""
    health: Answer = context.call("health")
    agent = _agent(context)
    team: list[Answer] = (context.call("team.list") or {}).get("members") or []
    inbox = _inbox(context) if agent else None
    context.document(_present({"health": health, "agent": agent, "team": team, "inbox": inbox}))
    me = str(agent.get("agent_id", "")) if agent else ""
    lines = [*_self(agent, context.now_ns()), ""]
    others = [member for member in team if member.get("agent_id") != me]
    if others:
        lines += [people.member_line(member, context.now_ns()) for member in others] + [""]
    lines += [*_inbox_lines(inbox), f"Sync: {one_line(str(health.get('sync_state', '')))}"]
    context.say("\n".join(lines))
    starting.version_note(context, health)


def status(context: Context) -> None:
    """Yourself, your inbox and the daemon, in detail."""
    health: Answer = context.call("health")
    agent = _agent(context)
    inbox = _inbox(context) if agent else None
    sync: Answer = context.call("sync.status")
    context.document(_present({"health": health, "agent": agent, "inbox": inbox, "sync": sync}))
    from thrum.cli.sync import text

    identity = health.get("identity")
    about: Answer = identity if isinstance(identity, dict) else {}
    daemon = (
        f"running for {span(int(health.get('uptime_ms') or 0))}, version {health.get('version')}"
    )
    lines = [*_self(agent, context.now_ns()), *_inbox_lines(inbox), f"Daemon: {one_line(daemon)}"]
    lines += [
        f"{name}: {one_line(str(about[key]))}"
        for name, key in (
            ("Daemon id", "daemon_id"),
            ("Repository", "repo_path"),
            ("Remote", "git_origin_url"),
        )
        if about.get(key)
    ]
    context.say("\n".join(lines) + "\nSync:\n" + text(sync, context.now_ns()))
    starting.version_note(context, health)


def _present(document: Answer) -> Answer:
    return {key: value for key, value in document.items() if value is not None}


def _agent(context: Context) -> Answer | None:
    """What the daemon knows of the caller; None where nobody is registered."""
    try:
        caller = context.caller
        about: Answer = context.call("agent.whoami", {"caller_agent_id": caller.agent_id})
    except ThrumError as error:
        if error.kind in {"identity", "anonymous_caller", "not_found"}:
            return None
        raise
    return about if about.get("agent_id") else None


def _inbox(context: Context) -> Answer:
    caller = context.caller
    answer: Answer = context.call(
        "message.list",
        {
            "caller_agent_id": caller.agent_id,
            "exclude_self": True,
            "for_agent": caller.agent_id,
            "for_agent_role": caller.role,
            "page_size": 1,
        },
    )
    return {"total": answer.get("total", 0), "unread": answer.get("unread", 0)}


def _self(agent: Answer | None, now_ns: int) -> list[str]:
    if agent is None:
        return ["Not registered; thrum quickstart NAME --role ROLE --module MODULE does it."]
    began = agent.get("session_start")
    session = str(agent.get("session_id") or "")
    facts = [
        ("You", f"@{agent.get('agent_id')} ({agent.get('role')}/{agent.get('module')})"),
        ("Display", str(agent.get("display") or "")),
        ("Branch", str(agent.get("branch") or "")),
        ("Intent", str(agent.get("intent") or "")),
        (
            "Session",
            f"{session[-6:]}, started {ago_words(str(began), now_ns)}"
            if session
            else "none; thrum session start begins one",
        ),
    ]
    return [f"{name}: {one_line(value)}" for name, value in facts if value]


def _inbox_lines(inbox: Answer | None) -> list[str]:
    if inbox is None:
        return []
    unread, total = inbox["unread"], inbox["total"]
    if unread:
        return [f"Inbox: {unread} unread of {total}; read with: thrum inbox"]
    return [f"Inbox: {total} messages, all read" if total else "Inbox: empty"]

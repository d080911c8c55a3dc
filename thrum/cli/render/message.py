"""One message with all that is known of it."""

from __future__ import annotations

from typing import Any

from thrum.cli.render import standing
from thrum.cli.render.ids import short
from thrum.cli.render.messages import Row, body_text, to_whom
from thrum.cli.render.text import one_line, visible
from thrum.cli.render.times import ago_words, second


def as_row(message: dict[str, Any]) -> Row:
    """A message in full in the form of a listed one."""
    writer = message.get("author")
    agent_id = writer.get("agent_id") if isinstance(writer, dict) else message.get("agent_id")
    return {**message, "agent_id": agent_id}


def one(message: dict[str, Any], now_ns: int, *, me: str = "", is_long: bool = False) -> str:
    """One message with all that is known of it.

    Args:
        message: as the daemon gives it.
        now_ns: what it is now.
        me: the agent who reads.
        is_long: write ids in full.
    """
    name = str if is_long else short
    writer = message.get("author")
    who = str(writer.get("agent_id", "?")) if isinstance(writer, dict) else "?"
    fields = [
        ("Message", name(message.get("message_id", "?"))),
        ("From", f"@{who}"),
        ("Time", _moment(str(message.get("created_at") or ""), now_ns)),
        ("To", to_whom(message, me).removeprefix("to ")),
        ("Thread", name(message.get("thread_id") or "")),
        ("Answers", name(message.get("reply_to") or "")),
        ("Scopes", _pairs(message.get("scopes"))),
        ("Refs", _pairs([r for r in message.get("refs") or () if r.get("type") != "mention"])),
        ("Signature", _signature(message)),
        ("Edited", second(str(message.get("updated_at") or ""))),
        ("Deleted", _deleted(message)),
        ("Recipients", _recipients(message.get("recipients"), now_ns)),
    ]
    head = "".join(f"{name}: {one_line(value)}\n" for name, value in fields if value)
    return f"{head}\n{visible(body_text(message))}\n"


def _moment(moment: str, now_ns: int) -> str:
    return f"{second(moment)} ({ago_words(moment, now_ns)})" if moment else ""


def _signature(message: dict[str, Any]) -> str:
    said, why = str(message.get("signature") or ""), str(message.get("signature_why") or "")
    return f"{said}: {why}" if why else said


def _pairs(pairs: object) -> str:
    found = pairs if isinstance(pairs, list) else []
    return ", ".join(f"{pair.get('type')}:{pair.get('value')}" for pair in found)


def _deleted(message: dict[str, Any]) -> str:
    if not message.get("deleted"):
        return ""
    about = message.get("metadata")
    reason = about.get("delete_reason") if isinstance(about, dict) else None
    return str(reason or "yes")


def _recipients(recipients: object, now_ns: int) -> str:
    found = recipients if isinstance(recipients, list) else []
    return ", ".join(f"@{each.get('agent_id')} ({standing.full(each, now_ns)})" for each in found)

"""Events of the log as text: one line each, or one in full."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

from thrum.cli.render.ids import ShortIds
from thrum.cli.render.text import cut, one_line, visible

WIDEST: Final = 200
"""Columns of a line where nobody's terminal says how many there are."""
NARROWEST: Final = 40
MOST_NAMED: Final = 3
"""Recipients of a message to everybody that are told by name."""
ROOMY: Final = 72
"""Columns below which times are given without year and seconds."""

Document = Mapping[str, Any]
"""An entry of the log as `thrum.history.as_document` gives it."""
Event = Mapping[str, Any]


def moment(ns: int) -> str:
    """Nanoseconds since 1970 as a time in whole seconds."""
    from thrum.clock import format_seconds

    return format_seconds(ns)


class Told(NamedTuple):
    """One entry in words, each on one line.

    Attributes:
        name: its id.
        time: when it happened.
        mark: that it is not on the branch yet, that its signature is wrong or missing, with a space
            behind; else empty.
        who: the agent that did it, if that is known.
        words: what happened.
    """

    name: str
    time: str
    mark: str
    who: str
    words: str


def lines(documents: Iterable[Document], columns: int, *, is_plain: bool = True) -> str:
    """The entries, one line each.

    Args:
        documents: the entries.
        columns: a line has at most so many; 0: it is as long as it is.
        is_plain: whether a program reads, which gets ids in full.
    """
    found = list(documents)
    short = str if is_plain else _short(found)
    room = max(columns, NARROWEST) if columns else 0
    return "".join(f"{_fitted(line(each, short), room)}\n" for each in found)


def told(documents: Iterable[Document], columns: int) -> list[Told]:
    """The entries in words, with ids as short as they may be, for so many columns."""
    found = list(documents)
    short = _short(found)
    return [tell(each, short, narrow=columns < ROOMY) for each in found]


def _short(documents: Iterable[Document]) -> ShortIds:
    ids = ((handle(each), message_id(each), _session_id(each)) for each in documents)
    return ShortIds(id for those in ids for id in those if id)


def _fitted(text: str, room: int) -> str:
    # No character takes more columns than bytes; measuring exactly is slow.
    fits = not room or len(text.encode()) <= room
    return text if fits else cut(text, room)


def message_id(document: Document) -> str:
    """The message that an entry is about."""
    event = document.get("event")
    found = event.get("message_id") if isinstance(event, dict) else None
    return found if isinstance(found, str) else ""


def _session_id(document: Document) -> str:
    """The session that an entry is about."""
    event = document.get("event")
    return _text(event, "session_id") if isinstance(event, dict) else ""


def handle(document: Document) -> str:
    """The id by which an entry is named best: a message by its own, which all commands take."""
    if document.get("type") in {"message.create", "messages-v2"}:
        return message_id(document)
    return str(document.get("event_id") or message_id(document))


def line(document: Document, short: Callable[[str], str]) -> str:
    """One entry on one line."""
    name, time, mark, who, words = tell(document, short)
    return f"{name} {time} {mark}{f'@{who} ' if who else ''}{words}"


def tell(document: Document, short: Callable[[str], str], *, narrow: bool = False) -> Told:
    """One entry in words; where it is narrow, the time is spared the year and the seconds."""
    event = document["event"]
    mark = "" if document.get("committed") else "(journal) "
    mark += _DOUBTS.get(str(document.get("signature")), "")
    name = one_line(short(handle(document)))
    time = f"{str(document.get('timestamp', ''))[:19]}Z"
    time = time[5:16].replace("T", " ") if narrow else time
    who = one_line(str(document.get("actor") or ""))
    say = _TELL.get(str(document.get("type")), _other)
    return Told(name, time, mark, who, one_line(say(document, event, short)))


_DOUBTS: Final = {"wrong": "(wrong signature) ", "unsigned": "(unsigned) "}

Short = Callable[[str], str]


def _text(event: Event, *keys: str) -> str:
    return next((str(event[key]) for key in keys if event.get(key)), "")


def _body(event: Event) -> str:
    body = event.get("body")
    if isinstance(body, dict):
        return _text(body, "content", "structured")
    return str(body or "")


def _targets(event: Event) -> str:
    """Whom a message is addressed to, as far as the event says it."""
    names = []
    for key in ("scopes", "refs"):
        for pair in event.get(key) or ():
            kind, value = pair.get("type"), str(pair.get("value", ""))
            if kind == "broadcast":
                names.append(value)
            elif kind in {"mention", "group"}:
                names.append(f"@{value.removeprefix('@')}")
    if not names and len(event.get("recipients") or ()) > MOST_NAMED:
        return f"{len(event['recipients'])} agents"
    named = names or [f"@{each}" for each in event.get("recipients") or ()]
    return ", ".join(dict.fromkeys(named))


def _answered(event: Event, short: Short) -> str:
    for pair in event.get("refs") or ():
        if pair.get("type") == "reply_to":
            return f" re {short(str(pair.get('value', '')))}"
    return ""


def _said(document: Document, event: Event) -> str:
    """The text of a message, unless it was taken back."""
    gone = (word for word in ("purged", "deleted") if document.get(word))
    word = next(gone, "")
    return f"({word})" if word else _body(event)


def _sent(document: Document, event: Event, short: Short) -> str:
    to = _targets(event)
    text = _said(document, event)
    return f"{f'→ {to}' if to else 'sent'}{_answered(event, short)}: {text}"


def _snapshot(document: Document, event: Event, _short: Short) -> str:
    return f"sent (a snapshot): {_said(document, event)}"


def _edited(document: Document, event: Event, short: Short) -> str:
    text = _said(document, event)
    return f"edited {short(message_id(document))}: {text}"


def _deleted(document: Document, event: Event, short: Short) -> str:
    return _with(f"deleted {short(message_id(document))}", _text(event, "reason"))


def _receipt(document: Document, event: Event, short: Short) -> str:
    return f"{_text(event, 'receipt_type') or 'read'} {short(message_id(document))}"


def _registered(_document: Document, event: Event, _short: Short) -> str:
    host = _text(event, "hostname")
    what = "/".join(part for part in (_text(event, "role"), _text(event, "module")) if part)
    return f"registered as {what or _text(event, 'kind')}{f' on {host}' if host else ''}"


def _began(_document: Document, event: Event, short: Short) -> str:
    return f"began session {short(_text(event, 'session_id'))}"


def _ended(_document: Document, event: Event, short: Short) -> str:
    return _with(f"ended session {short(_text(event, 'session_id'))}", _text(event, "reason"))


def _updated(_document: Document, event: Event, _short: Short) -> str:
    found = [each for each in event.get("work_contexts") or () if isinstance(each, dict)]
    words = [
        ": ".join(filter(None, (_text(each, "branch"), _text(each, "current_task", "intent"))))
        for each in found
    ]
    told = "; ".join(word for word in words if word)
    return f"worked on {told}" if told else "said what it works on"


def _cleaned(_document: Document, event: Event, _short: Short) -> str:
    if not _text(event, "deleted_by"):
        return _with("was cleaned up", _text(event, "reason", "method"))
    return _with(f"deleted the agent @{_text(event, 'agent_id')}", _text(event, "reason", "method"))


def _made_group(_document: Document, event: Event, _short: Short) -> str:
    return _with(f"made group {_text(event, 'name')}", _text(event, "description"))


def _joined(_document: Document, event: Event, _short: Short) -> str:
    member = f"{_text(event, 'member_type')} {_text(event, 'member_value')}"
    return f"added {member} to {_text(event, 'group_id')}"


def _left(_document: Document, event: Event, _short: Short) -> str:
    member = f"{_text(event, 'member_type')} {_text(event, 'member_value')}"
    return f"removed {member} from {_text(event, 'group_id')}"


def _changed_group(_document: Document, event: Event, _short: Short) -> str:
    return _with(f"changed group {_text(event, 'group_id')}", json.dumps(event.get("fields")))


def _deleted_group(_document: Document, event: Event, _short: Short) -> str:
    return f"deleted group {_text(event, 'group_id')}"


def _key_told(_document: Document, event: Event, _short: Short) -> str:
    return f"the clone signs with the key {_text(event, 'key')[:12]}"


def _key_ended(_document: Document, event: Event, _short: Short) -> str:
    reason = _text(event, "reason")
    since = f"the key {_text(event, 'key')[:12]} counts no more since {_text(event, 'since')[:19]}Z"
    return f"{since}: {reason}" if reason else since


def _purged(_document: Document, event: Event, _short: Short) -> str:
    seen = "everything" if event.get("marks") is None else "what was known there"
    what = f"{seen} from before {_text(event, 'cutoff')}"
    return f"purged {what}" if _text(event, "executed_by") else f"{what} was purged"


def _other(document: Document, _event: Event, _short: Short) -> str:
    return str(document.get("type"))


def _with(text: str, more: str) -> str:
    return f"{text}: {more}" if more else text


def _claimed(document: Document, event: Event, short: Short) -> str:
    given = event.get("given_by")
    by = f" from @{given}" if given else ""
    note = f": {event['note']}" if event.get("note") else ""
    return f"claims {event.get('what', '')} until {str(event.get('until', ''))[:19]}Z{by}{note}"


def _renewed(document: Document, event: Event, short: Short) -> str:
    claim = short(str(event.get("claim_id", "")))
    return f"claims it until {str(event.get('until', ''))[:19]}Z ({claim})"


def _released(document: Document, event: Event, short: Short) -> str:
    by = f" by @{event['released_by']}" if event.get("released_by") else ""
    return f"{event.get('reason') or 'released'}{by} ({short(str(event.get('claim_id', '')))})"


_TELL: Final[dict[str, Callable[[Document, Event, Short], str]]] = {
    "message.create": _sent,
    "message.edit": _edited,
    "message.delete": _deleted,
    "message.receipt": _receipt,
    "messages-v2": _snapshot,
    "receipts": _receipt,
    "agent.register": _registered,
    "agent.session.start": _began,
    "agent.session.end": _ended,
    "agent.update": _updated,
    "agent.cleanup": _cleaned,
    "group.create": _made_group,
    "group.member.add": _joined,
    "group.member.remove": _left,
    "group.update": _changed_group,
    "group.delete": _deleted_group,
    "purge.executed": _purged,
    "key.publish": _key_told,
    "key.revoke": _key_ended,
    "claim.take": _claimed,
    "claim.renew": _renewed,
    "claim.release": _released,
}
"""How each type is told; rows without events by the folder they stand in."""


def _state(document: Document) -> str:
    if document.get("purged"):
        return "purged; the history of the branch holds the text, see docs/secrets.md"
    return "the message was deleted" if document.get("deleted") else ""


def _signature(document: Document) -> str:
    said, why = str(document.get("signature") or ""), str(document.get("signature_why") or "")
    return f"{said}: {why}" if why else said


def in_full(document: Document) -> str:
    """All that is known of one entry, and the event itself."""
    commit = document.get("commit") or {}
    number = document.get("line")
    place = f"{document['file']}, line {number}" if number else "not on the branch yet"
    who = f"{commit.get('author')} <{commit.get('email')}>, {commit.get('timestamp')}"
    cut_off = "" if commit.get("history_is_whole", True) else " (history is cut off before it)"
    facts = [
        ("Event", document.get("event_id")),
        ("Message", message_id(document)),
        ("Type", document.get("type")),
        ("Time", document.get("timestamp")),
        ("By", f"@{document['actor']}" if document.get("actor") else ""),
        ("State", _state(document)),
        ("Signature", _signature(document)),
        ("Unreadable", document.get("unreadable")),
        ("File", place),
        ("Commit", f"{commit['id']} by {who}{cut_off}" if commit else ""),
    ]
    head = "".join(f"{name}: {one_line(str(value))}\n" for name, value in facts if value)
    if "event" not in document:
        return f"{head}\n{visible(str(document.get('text', '')))}\n"
    event = json.dumps(document["event"], ensure_ascii=False, indent=2, sort_keys=True)
    return f"{head}\n{visible(event)}\n"

"""Messages as text: one form for programs and language models, one in a box for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from thrum.cli.render.ids import ShortIds
from thrum.cli.render.text import cut, one_line, pad, visible, wrap
from thrum.cli.render.times import ago, ago_words

UNREAD: Final = "●"
READ: Final = "○"
NARROWEST: Final = 40
WIDEST: Final = 120
_LONGEST_NAME: Final = 24

Row = dict[str, Any]
"""A message as the daemon lists it."""


def short_ids(rows: Sequence[Row]) -> ShortIds:
    """The endings by which the messages of a page, and those they answer, can be named."""
    ids = [str(row.get("message_id", "")) for row in rows]
    return ShortIds([*ids, *(str(row["reply_to"]) for row in rows if row.get("reply_to"))])


def body_text(row: Row) -> str:
    """What stands in the body; unescaped."""
    if row.get("deleted"):
        return "(deleted)"
    body = row.get("body")
    found: dict[str, Any] = body if isinstance(body, dict) else {}
    content, structured = str(found.get("content") or ""), found.get("structured")
    if not structured:
        return content
    more = structured if isinstance(structured, str) else _json(structured)
    return f"{content}\n{more}" if content else more


def _json(value: object) -> str:
    import json

    return json.dumps(value, ensure_ascii=False)


def author(row: Row) -> str:
    """``@name`` of who wrote the message, on one line."""
    return f"@{one_line(str(row.get('agent_id') or '?'))}"


def _spoken_by(row: Row) -> str:
    """Who spoke for the author, where that person let it be shown."""
    by = row.get("authored_by")
    return f"by @{one_line(str(by))}" if by and row.get("disclosed") else ""


def plain(rows: Sequence[Row], now_ns: int) -> str:
    """The messages one after the other: a line of at most 60 characters, and the body."""
    short = short_ids(rows)
    return "\n".join(f"{_plain_header(row, short, now_ns)}\n{_plain_body(row)}\n" for row in rows)


def _plain_header(row: Row, short: ShortIds, now_ns: int) -> str:
    mark = READ if row.get("is_read") else UNREAD
    parts = [
        cut(one_line(short(str(row.get("message_id", "?")))), 26),
        cut(author(row), _LONGEST_NAME),
        cut(_spoken_by(row), _LONGEST_NAME),
        ago(str(row.get("created_at", "")), now_ns),
    ]
    if row.get("reply_to"):
        parts.append(f"re {one_line(short(str(row['reply_to'])))}")
    if row.get("updated_at"):
        parts.append("edited")
    # Measured without the mark: what is ASCII alone needs no table of widths.
    return f"{mark} {cut(' '.join(part for part in parts if part), 56)}"


def _plain_body(row: Row) -> str:
    """The body; a line in it that looks like the header of a message is moved by one space."""
    text = visible(body_text(row)).rstrip("\n")
    if UNREAD not in text and READ not in text:
        return text
    return "\n".join(
        f" {line}" if line.startswith((UNREAD, READ)) else line for line in text.split("\n")
    )


def box(rows: Sequence[Row], now_ns: int, columns: int) -> str:
    """The messages in one box that fits the terminal."""
    inner = max(NARROWEST, min(columns - 2, WIDEST))
    short = short_ids(rows)
    rule = "─" * inner
    blocks = ["\n".join(_box_lines(row, short, now_ns, inner)) for row in rows]
    return f"┌{rule}┐\n" + f"\n├{rule}┤\n".join(blocks) + f"\n└{rule}┘\n"


def _box_lines(row: Row, short: ShortIds, now_ns: int, inner: int) -> list[str]:
    reply = bool(row.get("reply_to"))
    room = inner - 2
    lines = wrap(body_text(row).rstrip("\n"), room - (4 if reply else 0))
    if reply:
        lines = [("  ↳ " if n == 0 else "    ") + line for n, line in enumerate(lines)]
    return [f"│ {pad(line, room)} │" for line in [_box_header(row, short, now_ns), *lines]]


def _box_header(row: Row, short: ShortIds, now_ns: int) -> str:
    mark = READ if row.get("is_read") else UNREAD
    name = f"{one_line(short(str(row.get('message_id', '?'))))}  {author(row)}"
    name += f" ({_spoken_by(row)})" if _spoken_by(row) else ""
    moment = ago_words(str(row.get("created_at", "")), now_ns)
    text = f"{mark} {name}  {moment}" + (" (edited)" if row.get("updated_at") else "")
    return (
        f"  {text} (answers {one_line(short(str(row['reply_to'])))})"
        if row.get("reply_to")
        else text
    )


def sent(rows: Sequence[Row], now_ns: int, *, is_plain: bool) -> str:
    """Own messages with who got and who read them."""
    short = short_ids(rows)
    out = []
    for row in rows:
        people = [entry for entry in row.get("recipients") or () if isinstance(entry, dict)]
        read = sum(1 for entry in people if entry.get("read_at"))
        targets = ", ".join(one_line(target(each)) for each in row.get("audiences") or ())
        name = one_line(short(str(row.get("message_id", "?"))))
        moment = ago(str(row.get("created_at", "")), now_ns)
        head = f"{name} {moment} {read}/{len(people)} read"
        head += f" to {targets}" if targets else ""
        if is_plain:
            out.append(f"{cut(head, 58)}\n{_plain_body(row)}\n")
        else:
            body = "\n".join(f"  {line}" for line in wrap(body_text(row), WIDEST))
            out.append(f"{head}\n{body}\n" + _states(people))
    return "\n".join(out)


def _states(people: Sequence[dict[str, Any]]) -> str:
    if not people:
        return ""
    states = [f"@{one_line(str(each.get('agent_id', '')))} ({state(each)})" for each in people]
    return f"  {', '.join(states)}\n"


def target(audience: Mapping[str, Any]) -> str:
    """Whom a message is addressed to: ``@name`` or ``everyone``; unescaped."""
    value = str(audience.get("value", ""))
    return "everyone" if audience.get("type") == "broadcast" else f"@{value.removeprefix('@')}"


def state(recipient: dict[str, Any]) -> str:
    """How far the message came with one recipient: read, seen, delivered or on its way."""
    for key in ("read_at", "seen_at", "delivered_at"):
        if recipient.get(key):
            return key.removesuffix("_at")
    return "on its way"


def as_row(message: dict[str, Any]) -> Row:
    """A message in full in the form of a listed one."""
    writer = message.get("author")
    agent_id = writer.get("agent_id") if isinstance(writer, dict) else message.get("agent_id")
    return {**message, "agent_id": agent_id, "is_read": True}


def one(message: dict[str, Any], now_ns: int) -> str:
    """One message with all that is known of it."""
    writer = message.get("author")
    who = str(writer.get("agent_id", "?")) if isinstance(writer, dict) else "?"
    fields = [
        ("Message", str(message.get("message_id", "?"))),
        ("From", f"@{who}"),
        ("Time", _moment(str(message.get("created_at") or ""), now_ns)),
        ("Thread", str(message.get("thread_id") or "")),
        ("Answers", str(message.get("reply_to") or "")),
        ("To", ", ".join(target(each) for each in message.get("audiences") or ())),
        ("Scopes", _pairs(message.get("scopes"))),
        ("Refs", _pairs([r for r in message.get("refs") or () if r.get("type") != "mention"])),
        ("Edited", str(message.get("updated_at") or "")),
        ("Deleted", _deleted(message)),
        ("Recipients", _recipients(message.get("recipients"))),
    ]
    head = "".join(f"{name}: {one_line(value)}\n" for name, value in fields if value)
    return f"{head}\n{visible(body_text(message))}\n"


def _moment(moment: str, now_ns: int) -> str:
    return f"{moment} ({ago_words(moment, now_ns)})" if moment else ""


def _pairs(pairs: object) -> str:
    found = pairs if isinstance(pairs, list) else []
    return ", ".join(f"{pair.get('type')}:{pair.get('value')}" for pair in found)


def _deleted(message: dict[str, Any]) -> str:
    if not message.get("deleted"):
        return ""
    about = message.get("metadata")
    reason = about.get("delete_reason") if isinstance(about, dict) else None
    return str(reason or "yes")


def _recipients(recipients: object) -> str:
    found = recipients if isinstance(recipients, list) else []
    return ", ".join(f"@{each.get('agent_id')} ({state(each)})" for each in found)

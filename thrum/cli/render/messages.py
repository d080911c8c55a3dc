"""Pages of messages: one form for programs and language models, one in a box for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from thrum.bridged import structured_text
from thrum.cli.render.ids import ShortIds
from thrum.cli.render.paint import NONE, Paint
from thrum.cli.render.text import cut, one_line, pad, visible, width, wrap
from thrum.cli.render.times import ago, ago_words

UNREAD: Final = "●"
READ: Final = "○"
WRONG: Final = "(WRONG SIGNATURE)"
"""Beside a message that is not by whom it says."""
UNSIGNED: Final = "(unsigned)"
"""Beside one for which nobody vouches."""
NARROWEST: Final = 20
WIDEST: Final = 120
_LONGEST_NAME: Final = 24
_DOUBTS: Final = {"wrong": WRONG, "unsigned": UNSIGNED}
_LEAST_TO: Final = 12

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
    said = (str(found.get("content") or ""), structured_text(row))
    return "\n".join(each for each in said if each)


def author(row: Row) -> str:
    """``@name`` of who wrote the message, on one line."""
    return f"@{one_line(str(row.get('agent_id') or '?'))}"


def _spoken_by(row: Row) -> str:
    """Who spoke for the author, where that person let it be shown."""
    by = row.get("authored_by")
    return f"by @{one_line(str(by))}" if by and row.get("disclosed") else ""


def plain(rows: Sequence[Row], now_ns: int, me: str = "", paint: Paint = NONE) -> str:
    """The messages one after the other: a line of at most 60 characters, and the body.

    Args:
        rows: as the daemon lists them.
        now_ns: what it is now.
        me: the agent who reads.
        paint: colours the line of what is unread.
    """
    short = short_ids(rows)
    blocks = []
    for row in rows:
        header = _plain_header(row, short, now_ns, me)
        header = header if is_read(row, me) else paint.unread(header)
        blocks.append(f"{header}\n{plain_body(row)}\n")
    return "\n".join(blocks)


def is_read(row: Row, me: str) -> bool:
    """Whether there is nothing to read in it: the reader did, or wrote it."""
    return bool(row.get("is_read")) or (bool(me) and row.get("agent_id") == me)


def doubt(row: Mapping[str, Any]) -> str:
    """The mark of a message of which it is not certain who wrote it; empty where nobody asked."""
    return _DOUBTS.get(str(row.get("signature")), "")


def to_whom(row: Row, me: str) -> str:
    """``to you``, ``to @crew``, ``to everyone``: whom a message is addressed to; one line."""
    named = [target(each) for each in row.get("audiences") or () if isinstance(each, dict)]
    shown = ["you" if me and each == f"@{me}" else one_line(each) for each in named]
    return f"to {', '.join(shown)}" if shown else ""


def _plain_header(row: Row, short: ShortIds, now_ns: int, me: str) -> str:
    mark = READ if is_read(row, me) else UNREAD
    parts = [
        cut(one_line(short(str(row.get("message_id", "?")))), 26),
        cut(author(row), _LONGEST_NAME),
        cut(_spoken_by(row), _LONGEST_NAME),
        cut(to_whom(row, me), _LONGEST_NAME),
        ago(str(row.get("created_at", "")), now_ns),
    ]
    if row.get("reply_to"):
        parts.append(f"re {one_line(short(str(row['reply_to'])))}")
    if row.get("updated_at"):
        parts.append("edited")
    parts.insert(1, doubt(row))
    # Measured without the mark: what is ASCII alone needs no table of widths.
    return f"{mark} {cut(' '.join(part for part in parts if part), 56)}"


def plain_body(row: Row) -> str:
    """The body; a line in it that looks like the header of a message is moved by one space."""
    text = visible(body_text(row)).rstrip("\n")
    if UNREAD not in text and READ not in text:
        return text
    return "\n".join(
        f" {line}" if line.startswith((UNREAD, READ)) else line for line in text.split("\n")
    )


def box(rows: Sequence[Row], now_ns: int, columns: int, me: str = "", paint: Paint = NONE) -> str:
    """The messages in one box that fits the terminal; only addresses and ids may stick out."""
    inner = max(NARROWEST, min(columns - 2, WIDEST))
    short = short_ids(rows)
    rule = "─" * inner
    blocks = ["\n".join(_box_lines(row, short, now_ns, inner, me, paint)) for row in rows]
    return f"┌{rule}┐\n" + f"\n├{rule}┤\n".join(blocks) + f"\n└{rule}┘\n"


def _box_lines(
    row: Row, short: ShortIds, now_ns: int, inner: int, me: str, paint: Paint
) -> list[str]:
    reply = bool(row.get("reply_to"))
    room = inner - 2
    lines = wrap(body_text(row).rstrip("\n"), room - (4 if reply else 0))
    if reply:
        lines = [("  ↳ " if n == 0 else "    ") + line for n, line in enumerate(lines)]
    header = pad(_box_header(row, short, now_ns, me, room), room)
    header = header if is_read(row, me) else paint.unread(header)
    return [f"│ {header} │", *(_framed(line, room) for line in lines)]


def _framed(line: str, room: int) -> str:
    """A line between the sides of the box; without the right one where it sticks out."""
    return f"│ {pad(line, room)} │" if width(line) <= room else f"│ {line}"


def _box_header(row: Row, short: ShortIds, now_ns: int, me: str, room: int) -> str:
    """Marks, ids, names and times; of many whom it is to, as many as fit."""
    begin = "  " * bool(row.get("reply_to")) + (READ if is_read(row, me) else UNREAD)
    begin += f" {one_line(short(str(row.get('message_id', '?'))))}  {_box_author(row, me)}"
    end = "  " + ago_words(str(row.get("created_at", "")), now_ns)
    end += f" {doubt(row)}" if doubt(row) else ""
    end += " (edited)" if row.get("updated_at") else ""
    end += f" (answers {one_line(short(str(row['reply_to'])))})" if row.get("reply_to") else ""
    left = max(room - width(begin + end) - 1, _LEAST_TO)
    to = cut(to_whom(row, me), left)
    return f"{begin} {to}{end}" if to else begin + end


def _box_author(row: Row, me: str) -> str:
    name = author(row) + (" (you)" if me and row.get("agent_id") == me else "")
    return f"{name} ({_spoken_by(row)})" if _spoken_by(row) else name


def target(audience: Mapping[str, Any]) -> str:
    """Whom a message is addressed to: ``@name`` or ``everyone``; unescaped."""
    value = str(audience.get("value", ""))
    return "everyone" if audience.get("type") == "broadcast" else f"@{value.removeprefix('@')}"

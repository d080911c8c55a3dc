"""The bridge to Telegram, as people read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from thrum.cli.render.table import Column, table
from thrum.cli.render.text import one_line
from thrum.cli.render.times import second

_COLUMNS: Final = (
    Column("NAME", 8, weight=2),
    Column("CHAT", 14),
    Column("TRUSTED BOTS", 12, weight=1, leaves=1),
    Column("BEHIND BOTS", 12, weight=2, leaves=2),
)

_WHY: Final = {
    "not_allowed": "who is not named",
    "bot": "other bots",
    "own": "its own",
    "no_sender": "nobody's",
    "unknown_chat": "from groups that are not carried",
    "rate": "more than 30 a minute of one user",
    "to_others": "for others in a group",
    "empty": "without a text",
    "malformed": "not understood",
    "failed": "that brought something down, see the log",
    "answers": "answers of who is not named",
    "refused_there": "refused by Telegram",
    "queue_full": "too many waiting to go out",
}

Row = Mapping[str, Any]


def in_full(found: Row) -> str:
    """How the bridge is, a fact on each line."""
    facts = {
        "Telegram": _state(found),
        "Bot": f"@{_text(found, 'bot_username')}" if found.get("bot_username") else "",
        "Token": _text(found, "token") or "none: `thrum telegram configure`",
        "Person": _text(found, "user_id"),
        "Mail goes to": _text(found, "target"),
        "Chat": _text(found, "chat_id") or "none: `thrum telegram pair`",
        "Heard": _heard(found),
        "Groups": ", ".join(f"tg:{_text(each, 'name')}" for each in found.get("groups") or ()),
        "Came": f"{found.get('inbound_count', 0)} since {second(_text(found, 'connected_at'))}"
        if found.get("connected_at")
        else "",
        "Went": f"{found.get('outbound_count', 0)}, {found.get('waiting', 0)} waiting",
        "Dropped": dropped(found.get("dropped") or {}),
        "Trouble": _text(found, "error"),
    }
    width = max(map(len, facts)) + 2
    return "\n".join(f"{name + ':':<{width}}{fact}" for name, fact in facts.items() if fact)


def _state(found: Row) -> str:
    if not found.get("configured"):
        return "not set up"
    if not found.get("enabled"):
        return "switched off"
    return "running" if found.get("running") else "not connected"


def _heard(found: Row) -> str:
    if found.get("allow_all"):
        return "everybody"
    listed = ", ".join(one_line(str(each)) for each in found.get("allow_from") or ())
    return listed or "nobody: `thrum telegram pair`"


def dropped(counts: Mapping[str, Any]) -> str:
    """What was dropped, by reason; those that are not known by their word."""
    parts = (f"{count} {_WHY.get(why, one_line(why))}" for why, count in sorted(counts.items()))
    return ", ".join(parts)


def groups(rows: Sequence[Row], *, is_plain: bool, columns: int) -> str:
    """Groups, a line each."""
    lines = [
        [
            f"tg:{_text(row, 'name')}",
            _text(row, "chat_id"),
            ", ".join(map(str, row.get("trusted_bots") or ())),
            ", ".join(
                f"{_text(each, 'prefix')}:{_text(each, 'name')}"
                for each in row.get("remote_agents") or ()
            ),
        ]
        for row in rows
    ]
    return table(_COLUMNS, lines, is_plain=is_plain, columns=columns)


def somebody(found: Row) -> str:
    """Who sent a code, by whatever Telegram tells."""
    name = " ".join(_text(found, key) for key in ("first_name", "last_name")).strip()
    user = _text(found, "telegram_username")
    said = " ".join(filter(None, [name, f"@{user}" if user else ""]))
    return f"{said or 'somebody'} ({_text(found, 'telegram_user_id')})"


def _text(row: Row, key: str) -> str:
    value = row.get(key)
    return "" if value in {None, 0} else one_line(str(value))

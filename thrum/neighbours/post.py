"""One thing that somebody wrote elsewhere, and the event that it becomes here.

It reaches nobody: a ref names a group, so it is not for everyone, and no scope puts it into one,
so it is not for anybody either; no inbox, count or wait hears of it. It is found by its thread,
its scope and search.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec

from gitstore import canonical, is_too_deep
from thrum import clock, ids
from thrum.daemon.routing import messages_of
from thrum.names import LONGEST, sanitize
from thrum.plurals import counted

SCOPE: Final = "archive"
LARGEST: Final = 1_048_576
"""Bytes of a text, as of any message."""

LONGEST_KEY: Final = 200
_EARLIEST_NS: Final = 946_684_800 * 1_000_000_000
_AHEAD_NS: Final = 3600 * 1_000_000_000


@dataclass(frozen=True, slots=True)
class Post:
    """One message of a thread.

    Attributes:
        source: which program's; what names of its authors begin with.
        place: which of its projects.
        key: what tells it from others there.
        thread: what all of its thread share.
        author: who wrote it, as it is called there.
        at_ns: when.
        text: what it says.
        answers: key and time of the first of its thread; None in that one.
        more: what else is worth to be kept.
    """

    source: str
    place: str
    key: str
    thread: str
    author: str
    at_ns: int
    text: str
    answers: tuple[str, int] | None = None
    more: Mapping[str, object] = field(default_factory=dict)

    @property
    def agent_id(self) -> str:
        """Who it is from here: nobody who could be written to."""
        return f"{self.source}:{sanitize(self.author)[:LONGEST]}"

    @property
    def message_id(self) -> str:
        """Always the same."""
        return _message_id(self.source, self.place, self.key, self.at_ns)

    @property
    def event_id(self) -> str:
        """Always the same."""
        return ids.derived("evt", self.at_ns, "message.create", self.message_id)

    def line(self) -> tuple[str, bytes]:
        """The event, and the file of the log where it belongs."""
        about = {"source": self.source, "id": self.key, "author": self.author, **self.more}
        refs = [{"type": "group", "value": f"{SCOPE}:{self.source}"}]
        if self.answers:
            first = _message_id(self.source, self.place, *self.answers)
            refs.append({"type": "reply_to", "value": first})
        event: dict[str, object] = {
            "type": "message.create",
            "event_id": self.event_id,
            "timestamp": clock.format_ns(self.at_ns),
            "v": 1,
            "message_id": self.message_id,
            "thread_id": ids.derived("thr", 0, self.source, self.place, self.thread),
            "agent_id": self.agent_id,
            "session_id": "",
            "body": {
                "format": "markdown",
                "content": self.text,
                "structured": json.dumps({"imported": about}, ensure_ascii=False, sort_keys=True),
            },
            "scopes": [{"type": SCOPE, "value": self.source}],
            "refs": refs,
        }
        return messages_of(self.agent_id), canonical(event)


def _message_id(source: str, place: str, key: str, at_ns: int) -> str:
    return ids.derived("msg", at_ns, source, place, key)


# -- what is in others' files, looked at before it is believed --


def an_object(raw: bytes) -> dict[str, object]:
    """A JSON object.

    Raises:
        ValueError: it is none.
    """
    if is_too_deep(raw):
        raise ValueError("nested too deeply")
    try:
        found = msgspec.json.decode(raw)
    except msgspec.DecodeError as error:
        raise ValueError(f"no JSON: {error}") from None
    if not isinstance(found, dict):
        raise ValueError("no JSON object")
    return found


def a_text(fields: Mapping[str, object], name: str, default: str | None = "") -> str:
    """A text of an object.

    Args:
        fields: the object.
        name: which.
        default: what stands for one that is lacking or null; None: it must be there.

    Raises:
        ValueError: it is no text, or has none.
    """
    found = fields.get(name)
    if found is None and default is not None:
        return default
    if not isinstance(found, str):
        raise ValueError(f"{name} is no text")
    if default is None and not found.strip():
        raise ValueError(f"{name} is empty")
    return found


def a_key(fields: Mapping[str, object], name: str) -> str:
    """What tells something from others: a text, or a number.

    Raises:
        ValueError: it is neither, or longer than anybody's is.
    """
    found = fields.get(name)
    text = str(found) if isinstance(found, int) and not isinstance(found, bool) else found
    if not isinstance(text, str) or not text:
        raise ValueError(f"{name} is missing or no id")
    if len(text) > LONGEST_KEY or not text.isprintable():
        raise ValueError(f"{name} is too long for an id, or holds what nobody can print")
    return text


def a_moment(fields: Mapping[str, object], name: str, now_ns: int) -> int:
    """A time that can be right: of this century, and not still to come.

    Raises:
        ValueError: it cannot.
    """
    text = a_text(fields, name, None)
    found = clock.parse(text)
    if found < _EARLIEST_NS:
        raise ValueError(f"{name} is before the year 2000: {text[:40]}")
    if found > now_ns + _AHEAD_NS:
        raise ValueError(f"{name} is still to come: {text[:40]}")
    return found


def bounded(text: str) -> str:
    """The text, if a message can have it.

    Raises:
        ValueError: it is too large.
    """
    size = len(text.encode(errors="replace"))
    if size > LARGEST:
        raise ValueError(f"its text has {counted(size, 'byte')}, and {LARGEST:,} are the most")
    return text.encode(errors="replace").decode()

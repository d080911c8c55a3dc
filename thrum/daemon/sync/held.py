"""An event that the remote refuses, as people are told of it."""

from __future__ import annotations

import msgspec

from gitstore import HeldBack, printable


class _Said(msgspec.Struct):
    event_id: str = ""
    type: str = ""
    message_id: str = ""
    agent_id: str = ""


class HeldEvent(msgspec.Struct, frozen=True, omit_defaults=True):
    """An event that the remote refuses: which one, of which file, and why.

    A message that the caller wrote is taken back with ``message.withdraw``.
    """

    event_id: str
    type: str = ""
    message_id: str = ""
    agent_id: str = ""
    file: str = ""
    reason: str = ""

    @classmethod
    def of(cls, line: HeldBack) -> HeldEvent:
        """What a line says of itself; nothing, where it is no event."""
        try:
            said = msgspec.json.decode(line.raw, type=_Said)
        except (msgspec.DecodeError, UnicodeDecodeError):
            said = _Said()
        return cls(
            said.event_id,
            said.type,
            said.message_id,
            said.agent_id,
            printable(line.shard),
            line.words,
        )

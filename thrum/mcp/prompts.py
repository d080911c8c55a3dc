"""Texts that a person may have the client put before the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from thrum.mcp.asking import in_thread, said_as
from thrum.mcp.outside import Outside


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt.

    Attributes:
        name: what people pick.
        description: what it is for.
        takes: its optional arguments, and what they mean.
    """

    name: str
    description: str
    takes: Mapping[str, str]


PRIME: Final = Prompt("prime", "Who you are here, who else is, what is unread and what to type", {})
HANDOFF: Final = Prompt(
    "handoff",
    "Write down where the work stands, for your next session or another agent",
    {"to": "the agent that takes over; your next session if absent"},
)
ALL: Final = {each.name: each for each in (PRIME, HANDOFF)}

_HANDOFF: Final = """\
Write a handover of the work in this session, at most 60 lines of Markdown, from what you know and
what `git status` and `git log` say now. Facts somebody needs who was not here, in this order:

1. Goal: what was asked for, in the words of whoever asked.
2. Done: what works, and how that was seen. Commits and files by name.
3. Open: what is half done, what failed and why, the very next step.
4. Decisions and their reasons; what was tried and given up.
5. People: who waits for an answer, whose answer is waited for (message ids).

{where}
"""
_TO_SELF: Final = """\
Then keep it with `thrum context save --file PATH`; your next session is shown it."""
_TO_OTHER: Final = """\
Then send it to @{to} by send_message, and say in one line what you ask of @{to} first."""


async def text(outside: Outside, name: str, given: Mapping[str, str]) -> str:
    """What a prompt says now.

    Raises:
        KeyError: there is no such prompt.
        Failed: what is needed cannot be found out.
    """
    prompt = ALL[name]
    if prompt is PRIME:
        with said_as("prime"):
            return await in_thread(outside.prime)
    to = given.get("to", "").strip().removeprefix("@")
    return _HANDOFF.format(where=_TO_OTHER.format(to=to) if to else _TO_SELF)

"""What supervisors are told of a question. Pure.

What the agent's model wrote is hostile: it stands as one indented line, with everything spelled out
that moves a cursor, turns a direction or hides.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from thrum.daemon.prompts import times
from thrum.daemon.prompts.prompt import PANE, Prompt
from thrum.plurals import counted

LONGEST: Final = 500
"""Characters of what is asked for that are shown."""

_READ: Final = 4000
"""Characters in which secrets are looked for, so that none is cut in two and missed."""

ROWS: Final = 6
"""Rows of a screen that are shown."""


def escaped(text: str, most: int = LONGEST) -> str:
    """A text as one line of what can be seen, as many characters of it as fit."""
    shown = "".join(each if each.isprintable() else _spelled(each) for each in text[:most])
    return shown[:most] + ("…" if len(shown) > most or len(text) > most else "")


def _shared(text: str, most: int = LONGEST) -> str:
    """Likewise, without what looks like a secret: a message is shared with other clones."""
    # Imported here: its patterns are large, and most daemons are never asked for leave.
    from thrum.daemon.monitors.redaction import Redactor

    return escaped(Redactor().text(escaped(text, _READ)), most)


def text(prompt: Prompt, rows: Sequence[str] = ()) -> str:
    """What is said when a question comes up.

    Args:
        prompt: the question.
        rows: what its pane shows.
    """
    short = prompt.message_id[-6:]
    asks = f" to use {escaped(prompt.tool, 80)}" if prompt.tool else ""
    lines = [f"⚠ @{prompt.agent_id} ({prompt.runtime}) asks for leave{asks}."]
    shown = [_shared(each, 200) for each in rows[-ROWS:]] or [_shared(prompt.details)]
    if any(shown):
        lines += ["", *(f"    {each}" for each in shown), ""]
    keys = _keys(prompt)
    lines.append(
        "Answer this message with `y` or `n`, or type"
        f" `thrum prompts approve {short}` or `thrum prompts deny {short}`{keys}."
        " The first answer counts."
    )
    return "\n".join(lines)


def reminder(prompt: Prompt, project: str, age_ns: int) -> str:
    """What is said when nobody answered for a while."""
    minutes = age_ns // (60 * 1_000_000_000)
    age = counted(minutes, "minute") if minutes < 120 else counted(minutes // 60, "hour")
    number = f"(reminder {prompt.nudges}/{times.MOST} · {project} · {prompt.pattern} · {age} ago)"
    return f"{text(prompt)}\n{number}"


def answered(prompt: Prompt, by: str, *, is_allowed: bool) -> str:
    """What is said to the others who were asked once somebody has answered."""
    did = "allowed, this once," if is_allowed else "refused"
    tool = f"to use {escaped(prompt.tool, 80)}" if prompt.tool else "what its screen asks for"
    return f"@{by} {did} @{prompt.agent_id} {tool}. Nobody else need answer."


def _keys(prompt: Prompt) -> str:
    """Where keys are typed, which."""
    if prompt.way != PANE:
        return ""
    denies = f", {prompt.deny_key} refuses" if prompt.deny_key else ", and no key refuses"
    return f" ({prompt.approve_key} is typed in {escaped(prompt.target, 80)}{denies})"


def _spelled(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")

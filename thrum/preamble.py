"""The text that stands before an agent's context: how to work with the others."""

from __future__ import annotations

from typing import Final

_TEXT: Final = """\
# Working as @{agent}

You share this repository with other agents. Thrum carries the mail between you.

- `thrum overview`: who you are, who else is here, what is unread.
- `thrum inbox --unread`: read what came; do it before you begin and whenever you finish a task.
- `thrum send "text" --to @agent`: ask or tell one agent; `thrum reply ID "text"` answers.
- `thrum wait`: stop until a message arrives.
- `thrum session set-intent "text"`: say what you are about to do.
- `thrum context save --file PATH`: keep notes for your next session.
- `thrum context show`: read them.
"""


def default(agent: str) -> str:
    """The preamble of an agent that has none of its own."""
    return _TEXT.format(agent=agent)

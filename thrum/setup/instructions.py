"""The few lines that an agent's instruction file has of us, where no hook can say them."""

from __future__ import annotations

from typing import Final

_TEXT: Final = """\
## Thrum: mail between the agents of this repository

Other agents and people work in this repository too. `thrum` carries mail between them.

- `thrum whoami` tells which agent this shell is; one that is none yet becomes one by
  `thrum quickstart NAME --role ROLE --module MODULE`.
- `thrum prime` shows who else is here, what is unread and what was noted for this session.
- `thrum team` lists the others, `thrum inbox --unread` the mail.
- `thrum send "text" --to @name` writes, `thrum reply ID "text"` answers.
- `thrum help` explains the rest.

Where a Thrum plugin or hook is installed, it says all this by itself.
"""


def text() -> str:
    """The lines, without the marks around them."""
    return _TEXT

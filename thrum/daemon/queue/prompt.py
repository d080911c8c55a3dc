"""Whether the line under a cursor is a prompt at which nothing is typed. Pure.

Nobody can know every prompt. One that was there when a command had just ended is known to be empty;
another one is taken for empty if it ends as prompts do.
"""

from __future__ import annotations

import re
from typing import Final

_END: Final = re.compile("[#$%>❯»›λ➜➤→▶⟩⟫\ue0b0-\ue0d4] *$")
_REST: Final = re.compile(
    r"\s*(?:(?:[bd]?quote|cmdsubst|mathsubst|math|braceparam|heredocd?|pipe|cmdand|cmdor|for|while"
    r"|until|repeat|select|if|then|else|elif|case|function|subsh|cursh|cond|array|always) ?)*[>?] *"
)
"""What shells show where a command goes on: bash and dash ``> ``, csh ``? ``, zsh what is open."""


def goes_on(before: str, known: str = "") -> bool:
    """Whether a shell waits there for the rest of a command.

    Args:
        before: what stands left of the cursor.
        known: its prompt, as far as one is known.
    """
    return before != known and _REST.fullmatch(before) is not None


def against(before: str, behind: str, known: str = "") -> str:
    """Why it is no empty prompt; empty if it is one.

    Args:
        before: what stands left of the cursor.
        behind: what stands right of it.
        known: the prompt that was empty the last time; empty if none is known.
    """
    # What some shells show at the right end stands apart.
    if behind.strip() and not behind.startswith("  "):
        return "something is typed at its prompt"
    if known and before == known:
        return ""
    if goes_on(before):
        return "its shell waits for the rest of a command"
    if known and before.startswith(known):
        return "something is typed at its prompt"
    if _END.search(before) is None:
        return "something is typed at its prompt, or it shows none"
    return ""

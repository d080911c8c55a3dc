"""Whether the line under a cursor is a prompt at which nothing is typed. Pure.

Nobody can know every prompt. One that was there when a command had just ended is known to be empty;
another one is taken for empty if it ends as prompts do.
"""

from __future__ import annotations

import re
from typing import Final

_END: Final = re.compile("[#$%>❯»›λ➜➤→▶⟩⟫\ue0b0-\ue0d4] *$")
_LED: Final = re.compile(r"[$#%>❯] +\S")
_LED_FOR_SURE: Final = re.compile(r"[$#%] +\S")
"""A mark with which prompts end, and something behind it. Where the line itself ends as prompts do,
the marks that stand within prompts as well count for nothing."""

_TYPED: Final = "something is typed at its prompt"
_GOES_ON: Final = "its shell waits for the rest of a command"

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


def evidence(before: str, behind: str, known: str = "", *, is_first: bool = False) -> str:
    """What shows that a line is no empty prompt; empty where nothing does, which proves nothing.

    Args:
        before: what stands left of the cursor, from the beginning of the line.
        behind: what stands right of it.
        known: as for `against`.
        is_first: whether nothing stands above: where a command goes on, its beginning does.
    """
    if _is_typed_behind(behind):
        return _TYPED
    if known and before == known:
        return ""
    if goes_on(before) and not is_first:
        return _GOES_ON
    if known and before.startswith(known):
        return _TYPED
    if known and before.endswith(known):
        return ""  # what was written last did not end its line
    ends = _END.search(before) is not None
    return _TYPED if (_LED_FOR_SURE if ends else _LED).search(before) else ""


def against(before: str, behind: str, known: str = "") -> str:
    """Why it is not known to be an empty prompt; empty if it is taken for one.

    Args:
        before: what stands left of the cursor, from the beginning of the line.
        behind: what stands right of it.
        known: the prompt that was empty the last time; empty if none is known.
    """
    if _is_typed_behind(behind):
        return _TYPED
    if known and before == known:
        return ""
    if goes_on(before):
        return _GOES_ON
    if known and before.startswith(known):
        return _TYPED
    return "" if _END.search(before) else f"{_TYPED}, or it shows none"


def _is_typed_behind(behind: str) -> bool:
    """Whether something is typed there; what some shells show at the right end stands apart."""
    return bool(behind.strip()) and not behind.startswith("  ")

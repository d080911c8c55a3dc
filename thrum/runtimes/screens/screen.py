"""What was read from a screen."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct


class Kind(Enum):
    """What a screen is.

    Attributes:
        IDLE: an empty line waits for somebody's word. The only one at which it is safe to type.
        TYPED: something stands in that line already.
        BUSY: a turn goes on.
        PERMISSION: leave is asked for, see `Prompt`.
        GATE: it is asked whether the folder is trusted; nobody answers that but a person.
        MENU: something else is chosen from; nobody answers that but a person.
        SHELL: no runtime is there, but a shell.
        UNKNOWN: nobody can tell, such as with a version that looks otherwise.
    """

    IDLE = "idle"
    TYPED = "typed"
    BUSY = "busy"
    PERMISSION = "permission"
    GATE = "gate"
    MENU = "menu"
    SHELL = "shell"
    UNKNOWN = "unknown"


class Prompt(Struct, frozen=True):
    """A dialog that asks for leave.

    Attributes:
        pattern: which: ``claude.tool_confirmation``.
        approve: the keys that allow it this once, never for longer: tmux's names (``Enter``), or a
            letter or digit.
        deny: the keys that deny it; None where there are none.
        window: what stands there, without what moves by itself: another text is another dialog.
    """

    pattern: str
    approve: tuple[str, ...]
    deny: tuple[str, ...] | None
    window: str


class Screen(Struct, frozen=True):
    """What a screen is.

    Attributes:
        kind: what.
        why: in a few words for people, of ours alone: nothing of what stands there.
        prompt: what is asked for, if it is `Kind.PERMISSION`.
        line: what stands in the runtime's line: hostile; empty where there is none.
    """

    kind: Kind
    why: str
    prompt: Prompt | None = None
    line: str = ""

    @property
    def is_safe(self) -> bool:
        """Whether somebody may type there."""
        return self.kind is Kind.IDLE

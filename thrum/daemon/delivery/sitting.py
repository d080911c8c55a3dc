"""A runtime's session while it goes on: what it does, and what is on its way to it. Pure."""

from __future__ import annotations

import math
from enum import Enum
from typing import Final

from msgspec import Struct, field


class Doing(Enum):
    """What a session does, as its last word says.

    Attributes:
        BUSY: a turn goes on; at its next boundary mail is given.
        IDLE: it waits for its person.
        ASKING: it waits for leave to do something.
        ENDED: it is no more.
    """

    BUSY = "busy"
    IDLE = "idle"
    ASKING = "asking"
    ENDED = "ended"


class Boundary(Enum):
    """Where a session may be spoken to; the names are those of `thrum.runtimes`."""

    START = "start"
    PROMPT = "prompt"
    TOOLS = "tools"
    END_OF_TURN = "end_of_turn"
    BEFORE_COMPACTION = "before_compaction"
    AFTER_COMPACTION = "after_compaction"
    END = "end"
    NOTICE = "notice"
    PERMISSION = "permission"


GIVES: Final = frozenset({Boundary.PROMPT, Boundary.TOOLS, Boundary.END_OF_TURN})
"""Where what arrived meanwhile is given; at the start the page of the session tells of mail."""

LONGEST_TOOL: Final = 80
"""Characters of a tool's name that are kept."""

MOST_TURNS: Final = 8
"""Turns in a row that mail may begin; then a person has to say something."""

STALE_S: Final = 30.0
"""Seconds without a sign after which a session may do nothing, whatever its last word was: no
runtime tells of a turn that its person interrupted."""

BEGINS_S: Final = 3.0
"""Seconds within which the hook of a session that begins has told of it; what waits to wake it may
be started before."""

# A compaction comes in the midst of a turn or while the session is idle, may be refused without a
# word, and leaves what the session does as it is.
_AFTER: Final = {
    Boundary.START: Doing.IDLE,
    Boundary.PROMPT: Doing.BUSY,
    Boundary.TOOLS: Doing.BUSY,
    Boundary.END_OF_TURN: Doing.IDLE,
    Boundary.PERMISSION: Doing.ASKING,
    Boundary.END: Doing.ENDED,
}


class Sitting(Struct, eq=False):
    """One session.

    Attributes:
        doing: what it does.
        since_ns: since when.
        heard_ns: when it gave its last sign.
        tool: the tool for which it asks leave, or that it used last in this turn.
        turns: turns in a row that mail has begun.
        quiet_at: the number of the last arrival at a time when nothing was left to give; -1 if
            that is not known.
        on_the_way: ids of what was handed to somebody who has not yet said that it got through.
        sign_at: when it was heard of last, by the clock that only goes forward.
        left: how often something left `on_the_way`.
        is_known: whether it was looked what is to be given to it.
        is_roused: whether the next prompt may be word of mail that was put into its inbox.
        asked: how many ask for it at a boundary right now, who come first.
        lay: ids of what lay there when it began, which begins no turn: it comes with the first one.
    """

    doing: Doing = Doing.IDLE
    since_ns: int = 0
    heard_ns: int = 0
    tool: str = ""
    turns: int = 0
    quiet_at: int = -1
    on_the_way: set[str] = field(default_factory=set)
    sign_at: float = 0.0
    left: int = 0
    is_known: bool = False
    is_roused: bool = False
    asked: int = 0
    lay: frozenset[str] = frozenset()

    def passes(
        self, boundary: Boundary, now_ns: int, *, by_person: bool = True, tool: str = ""
    ) -> None:
        """Notes that the session came to a boundary; a person's prompt allows turns anew."""
        if boundary is Boundary.PROMPT and self.is_roused:
            self.turns, self.is_roused = self.turns + 1, False
        elif boundary is Boundary.PROMPT and by_person:
            self.turns = 0
        self.heard_ns = now_ns
        doing = _AFTER.get(boundary, self.doing)
        if doing is not self.doing or not self.since_ns:
            self.doing, self.since_ns = doing, now_ns
        # A compaction or a notice comes in the midst of what it does.
        self.tool = tool[:LONGEST_TOOL] if boundary in _AFTER else self.tool
        if doing is Doing.BUSY:
            self.lay = frozenset()

    def goes_on(self, now_ns: int) -> None:
        """Notes that mail has begun one more turn."""
        self.turns += 1
        self.lay = frozenset()
        self.doing, self.since_ns, self.heard_ns = Doing.BUSY, now_ns, now_ns

    def is_let(self, now_ns: int) -> None:
        """Notes that it was answered what it asked leave for, so that its turn goes on."""
        if self.doing is Doing.ASKING:
            self.doing, self.since_ns, self.heard_ns = Doing.BUSY, now_ns, now_ns

    def may_begin_turn(self) -> bool:
        """Whether mail may begin one more turn."""
        return self.turns < MOST_TURNS

    def pause(self, now: float) -> float:
        """Seconds until somebody who waits may begin a turn; infinite while only something that
        happens can change that.

        Args:
            now: the clock that only goes forward.
        """
        if self.asked or self.doing is Doing.ENDED or not self.may_begin_turn():
            return math.inf
        return 0.0 if self.doing is Doing.IDLE else max(self.sign_at + STALE_S - now, 0.0)

    def lets_go(self, handed: set[str]) -> None:
        """Notes that these are not on their way any more, because they got through or did not."""
        self.on_the_way -= handed
        self.left += 1

"""A launch, and how it went: whether the runtime came up. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

import anyio

from thrum.daemon.tmux.panes import Pane

STARTING: Final = "starting"
READY: Final = "ready"
FAILED: Final = "failed"

LONGEST_S: Final = 60.0
"""Seconds for which it is looked how a launch goes."""

STANDS_S: Final = 600.0
"""Seconds for which it is looked whether what was typed comes to stand in a line, to be sent."""

QUIET_S: Final = 5.0
"""Seconds in which nothing is written, after which a runtime that says nothing of itself is up, and
a shell that still waits has found nothing to run."""

ENDED_S: Final = 2.0
"""Seconds for which a shell waits again, after which what ran there has ended. Files that the shell
reads when it begins may run programs, too, and their ends are none."""


@dataclass(eq=False)
class Launch:
    """A runtime that was launched in a pane.

    Attributes:
        session: the session.
        pane_id: the pane, by tmux's own number.
        runtime: the name of the runtime.
        agent: who lives there; empty if nobody does.
        began: when, by the clock that only goes forward.
        began_ns: when, by the wall clock.
        state: how it went so far.
        reason: why it failed, or what else is to be known; empty for nothing.
        ran: whether a program was seen in front of the shell.
        prompt_s: seconds after which it is asked to prime itself if no hook has told it what it
            needs; None if it never is, or was.
        is_told: whether a hook that is heard has told it that.
        is_typed: whether that was typed, and was not sent yet.
        typed: set once its command is typed, or nothing more is tried.
        over: set once it is not starting any more.
    """

    session: str
    pane_id: str
    runtime: str
    agent: str
    began: float
    began_ns: int
    state: str = STARTING
    reason: str = ""
    ran: bool = False
    prompt_s: float | None = None
    is_told: bool = True
    is_typed: bool = False
    typed: anyio.Event = field(default_factory=anyio.Event)
    over: anyio.Event = field(default_factory=anyio.Event)

    def turns(self, state: str, reason: str = "") -> None:
        """Notes how it went."""
        self.state, self.reason = state, reason
        if state != STARTING:
            self.over.set()


class Seen(NamedTuple):
    """What is seen of a launch.

    Attributes:
        pane: the pane; None if it is gone.
        is_shell: whether the pane's shell waits for a command.
        is_heard: whether a hook of the agent's session was heard since.
        quiet_s: seconds since something was written there.
        age_s: seconds since it was launched.
    """

    pane: Pane | None
    is_shell: bool
    is_heard: bool
    quiet_s: float
    age_s: float


class Verdict(NamedTuple):
    """How a launch goes, and why."""

    state: str
    reason: str = ""


def judge(launch: Launch, seen: Seen) -> Verdict:
    """How a launch goes by what is seen of it."""
    what = launch.runtime
    if seen.is_heard:
        return Verdict(READY)
    if seen.pane is None:
        return Verdict(FAILED, "the session ended")
    if seen.pane.is_dead:
        return Verdict(FAILED, f"{what} ended, and its shell")
    quiet = min(seen.quiet_s, seen.age_s)
    if seen.is_shell and launch.state == FAILED:
        return Verdict(FAILED)  # whatever somebody types there since
    if seen.is_shell:
        if quiet < (ENDED_S if launch.ran else QUIET_S):
            return Verdict(STARTING)
        return Verdict(FAILED, f"{what} ended" if launch.ran else f"{what} did not begin")
    is_up = quiet >= QUIET_S or seen.age_s >= LONGEST_S
    return Verdict(READY if is_up else STARTING)


def last_words(screen: str) -> str:
    """What stands above the shell's prompt, in one line: mostly why a program ended."""
    lines = [each.strip() for each in screen.splitlines() if each.strip()]
    said = lines[-2] if len(lines) > 1 else ""
    return "".join(each if each.isprintable() else " " for each in said)[:200]

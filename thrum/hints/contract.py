"""What a hint is, and what the sources of hints may look at.

A source is a pure function of what was typed and of a state that it can only read. It is listed in
`thrum.hints.registry` under the key of its command.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol

Severity = Literal["warn", "info"]


class Option(NamedTuple):
    """A command that can be typed, and what it is for.

    Attributes:
        note: what it does besides.
    """

    label: str
    cmd: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Hint:
    """One hint.

    Attributes:
        code: a stable token, ``command.what``.
        severity: ``warn`` keeps a command from being carried out where it comes before that.
        message: one line.
        options: what can be done.
        allow_force: whether ``--force`` carries the command out all the same.
    """

    code: str
    severity: Severity
    message: str
    options: tuple[Option, ...] = ()
    allow_force: bool = False

    def tree(self) -> dict[str, Any]:
        """As programs get it."""
        rows = [
            {"label": each.label, "cmd": each.cmd} | ({"note": each.note} if each.note else {})
            for each in self.options
        ]
        return {
            "code": self.code,
            "severity": self.severity,
            "message": self.message,
            "options": rows,
        }


class State(Protocol):
    """What sources may ask; whatever cannot be found out raises a `ThrumError`, and is silence."""

    def unseen_s(self, agent: str) -> float | None:
        """Seconds since an agent of this clone was seen; None for others, and if nobody knows."""

    def has_agents(self) -> bool:
        """Whether anybody is registered in this worktree."""

    def unconnected(self) -> Sequence[str]:
        """Titles of the agent runtimes on this machine that setup has not told of Thrum."""

    def is_linked_worktree(self, folder: str) -> bool:
        """Whether the folder is a worktree besides the main one."""

    def session_state(self, session: str) -> str:
        """How it stands with the tmux session of that name; empty if there is none."""

    def role_texts(self) -> tuple[str, ...]:
        """The roles for which the repository has a text."""

    def role_answers(self) -> Mapping[str, Any] | None:
        """What was chosen for the roles; None where nothing was."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a source is asked about.

    Attributes:
        command: the key of the command.
        state: what can be looked at.
        args: what was typed, by name.
        is_done: whether the command was carried out.
        result: what it gave then.
    """

    command: str
    state: State
    args: Mapping[str, Any] = field(default_factory=dict)
    is_done: bool = False
    result: Mapping[str, Any] = field(default_factory=dict)


Source = Callable[[Asked], Iterable[Hint]]

"""A state that says what the test says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from thrum.errors import ThrumError


class State:
    """See `thrum.hints.contract.State`; with `fails`, nothing can be found out."""

    def __init__(
        self,
        *,
        unseen: Mapping[str, float] | None = None,
        agents: bool = False,
        unconnected: tuple[str, ...] = (),
        texts: tuple[str, ...] = (),
        answers: Mapping[str, Any] | None = None,
        worktrees: tuple[str, ...] = (),
        sessions: Mapping[str, str] | None = None,
        fails: bool = False,
    ) -> None:
        self._unseen = unseen or {}
        self._agents = agents
        self._unconnected = unconnected
        self._texts = texts
        self._answers = answers
        self._worktrees = worktrees
        self._sessions = sessions or {}
        self._fails = fails

    def _check(self) -> None:
        if self._fails:
            raise ThrumError("daemon_down", "it is away")

    def unseen_s(self, agent: str) -> float | None:
        self._check()
        return self._unseen.get(agent)

    def has_agents(self) -> bool:
        self._check()
        return self._agents

    def unconnected(self) -> tuple[str, ...]:
        self._check()
        return self._unconnected

    def is_linked_worktree(self, folder: str) -> bool:
        self._check()
        return folder in self._worktrees

    def session_state(self, session: str) -> str:
        self._check()
        return self._sessions.get(session, "")

    def role_texts(self) -> tuple[str, ...]:
        self._check()
        return self._texts

    def role_answers(self) -> Mapping[str, Any] | None:
        self._check()
        return self._answers

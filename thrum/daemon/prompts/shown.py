"""A question as it is shown, and as pages are told of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

import msgspec

from thrum.daemon.prompts.prompt import PANE, Prompt
from thrum.daemon.rpc.pushed import Pushed


class Waits(msgspec.Struct, omit_defaults=True):
    """A question that waits for an answer.

    `id` is that of the message that told supervisors of it; `details` is what the agent wants to
    use `tool` for, as its model wrote it. `way` says how an answer gets back: hook or pane, the
    latter in `target`. Where no key refuses, `can_deny` is false.
    """

    id: str
    agent_id: str
    runtime: str
    since: str
    expires_at: str
    way: str
    recipients: list[str]
    nudges: int
    tool: str = ""
    details: str = ""
    pattern: str = ""
    target: str = ""
    can_deny: bool = True


class PromptsTold(Pushed):
    """The questions that wait for leave are others than before; `prompts` has all of them."""

    name: ClassVar = "notification.prompts"
    prompts: list[Waits]


def shown(prompts: Iterable[Prompt]) -> list[Waits]:
    """The questions, the oldest first."""
    return [_shown(each) for each in sorted(prompts, key=_age)]


def _age(prompt: Prompt) -> tuple[str, str]:
    return prompt.first_detected, prompt.message_id


def _shown(prompt: Prompt) -> Waits:
    return Waits(
        id=prompt.message_id,
        agent_id=prompt.agent_id,
        runtime=prompt.runtime,
        since=prompt.first_detected,
        expires_at=prompt.expires_at,
        way=prompt.way,
        recipients=list(prompt.recipients),
        nudges=prompt.nudges,
        tool=prompt.tool,
        details=prompt.details,
        pattern=prompt.pattern,
        target=prompt.target,
        can_deny=prompt.way != PANE or prompt.deny_key is not None,
    )

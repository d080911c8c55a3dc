"""Buttons below a question for leave: what they say, and what follows when one is pressed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from thrum.daemon.prompts import supervisors
from thrum.daemon.prompts.service import Prompts
from thrum.errors import LATER, ThrumError

if TYPE_CHECKING:
    from thrum.daemon.prompts.prompt import Prompt
    from thrum.daemon.telegram.desk import Desk

ALLOW: Final = "a"
DENY: Final = "d"


def buttons(desk: Desk, prompt_id: str) -> list[tuple[str, str]]:
    """What stands on each button, and what it says; none where nobody waits for an answer."""
    known = _asked(desk, prompt_id)
    if known is None:
        return []
    allow = ("Allow once", f"{ALLOW}:{prompt_id}")
    if known.target and known.deny_key is None:
        return [allow]
    return [allow, ("Refuse", f"{DENY}:{prompt_id}")]


async def answer(desk: Desk, prompt_id: str, *, is_allowed: bool) -> str:
    """Answers a question, once; what whoever pressed the button is told.

    Raises:
        ThrumError: it can be tried again.
    """
    node, person = desk.node, desk.stanza.person
    known = _asked(desk, prompt_id)
    if known is None:
        return "Nobody waits for this answer any more."
    may = await node.store.ask(lambda db: supervisors.may_answer(db, known, person))
    if not may:
        return f"What @{known.agent_id} asks is not for you to answer."
    try:
        await node.service(Prompts).answer(prompt_id, is_allowed=is_allowed, by=person)
    except ThrumError as error:
        if error.kind in LATER:
            raise
        return error.message
    return f"{'Allowed' if is_allowed else 'Refused'}: @{known.agent_id}"


def _asked(desk: Desk, prompt_id: str) -> Prompt | None:
    return next((each for each in desk.waiting if each.message_id == prompt_id), None)

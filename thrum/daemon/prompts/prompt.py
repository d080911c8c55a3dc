"""One question for leave, as long as it waits for an answer."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

HOOK: Final = "hook"
PANE: Final = "pane"


class Prompt(Struct, frozen=True, kw_only=True):
    """A question that an agent's runtime asks.

    Attributes:
        message_id: of the message by which supervisors were told of it.
        agent_id: who is kept from going on.
        runtime: the agent's runtime.
        session: the runtime's own id of the session.
        tool: what the agent wants to use.
        details: for what, in one line.
        pattern: how it was recognized: ``claude.hook``, or the pattern of a screen.
        target: the pane that shows it; empty where a hook waits for the answer.
        approve_key: what is typed there to allow it; several keys stand between commas.
        deny_key: what is typed to refuse it; None where no key does.
        recipients: who was told of it.
        first_detected: since when it waits, RFC 3339.
        last_nudge_at: when supervisors were told of it last.
        nudges: how often they were.
        pane_hash: of what its pane showed; empty where a hook waits.
        expires_at: from when on no answer counts.
    """

    message_id: str
    agent_id: str
    runtime: str
    session: str = ""
    tool: str = ""
    details: str = ""
    pattern: str = ""
    target: str = ""
    approve_key: str = ""
    deny_key: str | None = None
    recipients: tuple[str, ...] = ()
    first_detected: str = ""
    last_nudge_at: str = ""
    nudges: int = 1
    pane_hash: bytes = b""
    expires_at: str = ""

    @property
    def way(self) -> str:
        """How an answer gets back: by the hook that waits for it, or by keys in the pane."""
        return PANE if self.target else HOOK

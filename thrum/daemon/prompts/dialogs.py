"""Dialogs that panes show: whether one is a question of ours still, and typing an answer to it.

What stands on a screen is hostile. So an answer types the keys that the marks of the runtime list
for the dialog, and those only while the very same dialog stands there.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from msgspec.structs import replace

from thrum.daemon.prompts.prompt import Prompt
from thrum.daemon.tmux import guard, reaching
from thrum.daemon.tmux.service import Tmux
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from thrum.daemon.node import Node
    from thrum.daemon.notices import PaneQuiet
    from thrum.daemon.tmux.guard import Facts, Guard
    from thrum.daemon.tmux.panes import Pane

COMMA = ","
"""Between keys where they are kept."""


def fingerprint(window: str) -> bytes:
    """What is kept of a dialog, to know it again: 32 bytes."""
    return hashlib.sha256(window.encode(errors="surrogatepass")).digest()


def is_same(prompt: Prompt, quiet: PaneQuiet) -> bool:
    """Whether a pane shows the dialog that a question is of, and nothing of it has changed."""
    asks = quiet.screen.prompt
    return (
        asks is not None
        and prompt.target.partition(":")[0] == quiet.session
        and (prompt.agent_id, prompt.runtime) == (quiet.agent, quiet.runtime)
        and (prompt.pattern, prompt.pane_hash) == (asks.pattern, fingerprint(asks.window))
    )


def keys(prompt: Prompt, quiet: PaneQuiet, *, is_allowed: bool) -> tuple[str, ...]:
    """What is typed as the answer to a question; nothing where its dialog is another one by now, or
    no key says that."""
    asks = quiet.screen.prompt
    if asks is None or not is_same(prompt, quiet):
        return ()
    return asks.approve if is_allowed else asks.deny or ()


def standing(prompt: Prompt, quiet: PaneQuiet) -> Guard:
    """The usual guard, for a pane that shows the dialog that a question is of.

    Args:
        prompt: the question.
        quiet: where its dialog was seen.
    """
    from thrum.runtimes.screens import reading

    def against(facts: Facts) -> str:
        usual = guard.usual(facts)
        if usual or facts.shown is None:
            return usual or "nobody has looked"
        screen = reading.read(quiet.runtime, facts.shown)
        is_there = is_same(prompt, replace(quiet, screen=screen, rows=facts.shown.rows))
        return "" if is_there else "its dialog has changed"

    return against


class Dialogs:
    """Looks at panes, and types into them.

    Args:
        node: whose.
    """

    def __init__(self, node: Node) -> None:
        self._node = node

    async def look(self, agent_id: str) -> tuple[Pane, PaneQuiet] | None:
        """What the agent's pane shows now; None where it is not known to run in one.

        Raises:
            ThrumError: as `Watcher.look`.
        """
        tmux = self._node.service(Tmux)
        found = await reaching.home_of(tmux, agent_id)
        if found is None:
            return None
        identity, pane = found
        return pane, await tmux.watcher.look(pane, identity)

    async def type(self, prompt: Prompt, *, is_allowed: bool) -> None:
        """Types the answer to a question, if its dialog is still there.

        Raises:
            ThrumError: ``not_found``, it is not; ``conflict``, nothing may be typed now, or no key
                says that; as `look` and `Typist.answer`. Nothing was typed.
        """
        found = await self.look(prompt.agent_id)
        if found is None or not is_same(prompt, found[1]):
            raise ThrumError(
                "not_found",
                f"nothing was typed: the dialog of @{prompt.agent_id} is not there any more",
                "`thrum prompts` shows what waits",
            )
        pane, quiet = found
        typed = keys(prompt, quiet, is_allowed=is_allowed)
        if not typed:
            raise ThrumError("conflict", f"nothing was typed: no key refuses {prompt.pattern}")
        may = standing(prompt, quiet)
        await self._node.service(Tmux).typist.answer(pane, typed, may=may)

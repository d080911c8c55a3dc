"""Claims, for a model: paths, globs or keys that are its own for a while."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from thrum.mcp.asking import Failed, in_thread, said_as
from thrum.mcp.outside import Outside
from thrum.mcp.tools import Call, Result

_SHOWN = ("what", "agent_id", "until", "note")


class Claiming:
    """What the tools about claims do.

    Args:
        outside: the world.
    """

    def __init__(self, outside: Outside) -> None:
        self._outside = outside

    async def claim(self, call: Call) -> Result:
        """See `catalogue.CLAIM`.

        Raises:
            Failed: nothing can be claimed, or nobody knows.
        """
        said = _parts(call.given.get("what"))
        if not said:
            raise Failed("claim: 'what' names nothing; paths, globs or keys such as task:42")
        answer = await self._ask("claim", "claim.take", said, note=call.given.get("note"))
        refused = [row for row in answer.get("refused") or () if isinstance(row, dict)]
        if refused:
            return {"status": "refused", "held": _claims(row.get("holder") for row in refused)}
        found = {"status": "claimed", "claims": _claims(answer.get("claims") or ())}
        return found | ({"notice": answer["notice"]} if answer.get("notice") else {})

    async def release(self, call: Call) -> Result:
        """See `catalogue.RELEASE`.

        Raises:
            Failed: it is not this agent's, or nobody knows.
        """
        said = _parts(call.given.get("what"))
        more = {} if said else {"all": True}
        answer = await self._ask("release", "claim.release", said, **more)
        return {"status": "released", "claims": _claims(answer.get("claims") or ())}

    async def _ask(self, doing: str, method: str, said: list[str], **more: object) -> Result:
        def ask() -> Result:
            directory, what = self._outside.rooted(said)
            params = {"what": what, "directory": directory, **more}
            given = {name: value for name, value in params.items() if value}
            me = self._outside.me().agent_id
            answer = self._outside.call(method, {**given, "caller_agent_id": me})
            return answer if isinstance(answer, dict) else {}

        with said_as(doing):
            return await in_thread(ask)


def _parts(text: object) -> list[str]:
    return [part.strip() for part in str(text or "").split(",") if part.strip()]


def _claims(rows: Iterable[Any]) -> list[Result]:
    """What a model needs to know of claims."""
    found = [row for row in rows if isinstance(row, Mapping)]
    return [{name: row[name] for name in _SHOWN if row.get(name)} for row in found]

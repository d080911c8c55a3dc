"""``send_message`` that waits for the answer. What is sent stays sent, whatever comes of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from thrum.errors import ThrumError
from thrum.mcp import mail, recipients
from thrum.mcp.asking import in_thread
from thrum.mcp.catalogue import LONGEST_S
from thrum.mcp.mail import Row
from thrum.mcp.tools import Call, Result, Tools
from thrum.mcp.waiting import Waits

_MOST_NAMED: Final = 5


class Questions:
    """The messages of one server whose answers are waited for."""

    def __init__(self, tools: Tools, waits: Waits) -> None:
        self._tools = tools
        self._waits = waits

    async def send(self, call: Call) -> Result:
        """See `catalogue.SEND`.

        Raises:
            Failed: it was not sent, or nobody knows.
        """
        seconds = min(int(call.given.get("wait") or 0), LONGEST_S)
        if seconds <= 0:
            return await self._tools.send(call)
        # From here on whatever arrives is looked at, however quick the answer is.
        since = await self._waits.present()
        sent = await self._tools.send(call)
        try:
            thread = await self._thread(sent) if call.given.get("reply_to") else ""

            def answers(row: Row) -> bool:
                is_beside = bool(thread) and row.get("thread_id") == thread
                return is_beside or row.get("reply_to") == sent["message_id"]

            found = await self._waits.until(call, seconds, answers, since)
            if found is not None:
                return sent | {"answer": mail.shown(found.row)}
            said = f"no answer yet; {await self._state(sent)}"
        except ThrumError as error:
            said = f"it is sent, but the answer cannot be waited for: {error.message}"
        hint = "check_messages gives what comes later"
        return sent | {"warnings": [*sent.get("warnings", ()), f"{said}; {hint}"]}

    async def _thread(self, sent: Result) -> str:
        return str((await self._message(sent)).get("thread_id") or "")

    async def _state(self, sent: Result) -> str:
        """How far the message came, in one line."""
        found = (await self._message(sent)).get("recipients") or ()
        rows = [each for each in found if isinstance(each, dict)]
        return " and ".join(_parts(rows)) or "nobody has got it"

    async def _message(self, sent: Result) -> dict[str, Any]:
        outside = self._tools.outside

        def get() -> Any:
            params = {"message_id": sent["message_id"], "caller_agent_id": outside.me().agent_id}
            return outside.call("message.get", params)

        answer = await in_thread(get)
        found = answer.get("message") if isinstance(answer, dict) else None
        return found if isinstance(found, dict) else {}


def _parts(rows: list[dict[str, Any]]) -> Iterator[str]:
    """Those who have read it, those who were shown it, and the others."""
    left = rows
    for key, what in (("read_at", "read by"), ("seen_at", "shown to"), ("agent_id", "unseen by")):
        some = [row for row in left if row.get(key)]
        left = [row for row in left if not row.get(key)]
        if some:
            yield f"{what} {_named(some)}"


def _named(rows: list[dict[str, Any]]) -> str:
    names = [recipients.named(row) for row in rows[:_MOST_NAMED]]
    more = len(rows) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")

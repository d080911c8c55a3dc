"""The Bot API of Telegram over HTTPS: one call is one question and one answer.

Its paths hold the token. So nothing that the HTTP client raises or logs leaves this module: what
went wrong is said anew, in words in which no path stands.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec
from anyio import to_thread

from thrum.daemon.telegram.stanza import Id
from thrum.daemon.telegram.token import Token
from thrum.daemon.telegram.update import TelegramUser

if TYPE_CHECKING:
    from types import ModuleType

    import httpx2

POLL_S: Final = 30
MARGIN_S: Final = 10.0
MOST_UPDATES: Final = 32
"""Updates that are taken at once; the others wait with Telegram."""
LARGEST: Final = 16 * 1024 * 1024
"""Bytes of an answer."""
LONGEST_PAUSE_S: Final = 3600
KINDS: Final = ("message", "edited_message", "callback_query")

R = TypeVar("R")


class Away(Exception):
    """Telegram cannot be reached, or is not well: it is asked again later."""


class Limited(Exception):
    """Telegram wants a pause.

    Attributes:
        seconds: how long.
    """

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Telegram wants a pause of {seconds} s")
        self.seconds = seconds


class WrongToken(Exception):
    """Telegram knows no bot of that token."""


class Contended(Exception):
    """Another program asks for the same bot's updates."""


class RefusedThere(Exception):
    """Telegram understood, and will not do it, however often it is asked."""


class _Parameters(msgspec.Struct):
    retry_after: int = 0
    migrate_to_chat_id: Id = 0


class _Answer(msgspec.Struct):
    ok: bool
    result: msgspec.Raw = msgspec.field(default_factory=lambda: msgspec.Raw(b"null"))
    error_code: int = 0
    description: str = ""
    parameters: _Parameters = msgspec.field(default_factory=_Parameters)


class _SentThere(msgspec.Struct):
    message_id: Id


class BotApi:
    """A bot. Use it as a context.

    Args:
        base: where the Bot API is.
        token: the bot's.
    """

    def __init__(self, base: str, token: Token) -> None:
        self._base = base
        self._token = token
        self._http: httpx2.AsyncClient | None = None
        self._module: ModuleType | None = None

    async def __aenter__(self) -> BotApi:
        # Off the loop: it is the first time that anybody needs it.
        self._module = await to_thread.run_sync(_imported)
        self._http = self._module.AsyncClient(
            follow_redirects=False, limits=self._module.Limits(max_connections=8)
        )
        return self

    async def __aexit__(self, *error: object) -> None:
        if self._http is not None:
            await self._http.aclose()

    async def me(self) -> TelegramUser:
        """The bot itself."""
        return self._as(TelegramUser, await self._call("getMe"))

    async def updates(self, offset: int, seconds: int = POLL_S) -> Sequence[bytes]:
        """What happened from an update on; waits for it."""
        about: dict[str, Any] = {
            "timeout": seconds,
            "limit": MOST_UPDATES,
            "allowed_updates": KINDS,
        }
        if offset:
            about["offset"] = offset
        raw = await self._call("getUpdates", about, seconds + MARGIN_S)
        return [bytes(each) for each in self._as(list[msgspec.Raw], raw)]

    async def send(
        self,
        chat_id: int,
        text: str,
        *,
        mode: str = "",
        reply_to: int = 0,
        topic: int = 0,
        buttons: Sequence[tuple[str, str]] = (),
    ) -> int:
        """Sends a message; its number there.

        Args:
            chat_id: where.
            text: what is said.
            mode: HTML, or empty for a plain text.
            reply_to: to which message; 0 for none.
            topic: in which topic of a forum; 0 for none.
            buttons: what stands on each below it, and what it says when it is pressed.
        """
        about: dict[str, Any] = {"chat_id": chat_id, "text": text, **_mode(mode)}
        about["link_preview_options"] = {"is_disabled": True}
        if reply_to:
            about["reply_parameters"] = {
                "message_id": reply_to,
                "allow_sending_without_reply": True,
            }
        if topic:
            about["message_thread_id"] = topic
        if buttons:
            row = [{"text": label, "callback_data": data} for label, data in buttons]
            about["reply_markup"] = {"inline_keyboard": [row]}
        return self._as(_SentThere, await self._call("sendMessage", about)).message_id

    async def edit(self, chat_id: int, tele_id: int, text: str, *, mode: str = "") -> None:
        """Changes the text of a message of the bot's."""
        about = {"chat_id": chat_id, "message_id": tele_id, "text": text, **_mode(mode)}
        await self._call("editMessageText", about)

    async def delete(self, chat_id: int, tele_id: int) -> None:
        """Takes a message of the bot's back."""
        await self._call("deleteMessage", {"chat_id": chat_id, "message_id": tele_id})

    async def unbutton(self, chat_id: int, tele_id: int) -> None:
        """Takes the buttons of a message of the bot's away."""
        about = {"chat_id": chat_id, "message_id": tele_id}
        await self._call("editMessageReplyMarkup", about)

    async def answer(self, pressed: str, text: str) -> None:
        """Tells who pressed a button what came of it."""
        await self._call("answerCallbackQuery", {"callback_query_id": pressed, "text": text[:200]})

    async def _call(
        self, name: str, about: dict[str, Any] | None = None, seconds: float = MARGIN_S
    ) -> msgspec.Raw:
        """Asks Telegram.

        Raises:
            Away, Limited, WrongToken, Contended, RefusedThere: see there.
        """
        status, content = await self._post(name, about or {}, seconds)
        try:
            found = msgspec.json.decode(content, type=_Answer)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            # The text of it may be anybody's, a proxy's for one.
            raise Away(f"{name}: what answers is not Telegram (status {status})") from None
        if not found.ok:
            raise self._failure(name, found, status)
        return found.result

    async def _post(self, name: str, about: dict[str, Any], seconds: float) -> tuple[int, bytes]:
        assert self._http is not None
        assert self._module is not None
        url = f"{self._base}/bot{self._token.reveal()}/{name}"
        try:
            async with self._http.stream("POST", url, json=about, timeout=seconds) as answer:
                content = bytearray()
                async for chunk in answer.aiter_bytes():
                    content += chunk
                    if len(content) > LARGEST:
                        raise Away(f"{name}: the answer is too large")
                return answer.status_code, bytes(content)
        except (self._module.HTTPError, self._module.InvalidURL, OSError) as error:
            text = self._token.without(str(error)) or type(error).__name__
            raise Away(f"{name}: {text}") from None

    def _failure(self, name: str, found: _Answer, status: int) -> Exception:
        code = found.error_code or status
        said = self._token.without(" ".join(found.description.split())[:200])
        if code == 429:
            return Limited(min(max(found.parameters.retry_after, 1), LONGEST_PAUSE_S))
        if code in {401, 404}:
            return WrongToken("Telegram knows no bot of this token")
        if code == 409:
            return Contended(
                "a webhook is set for the bot" if "webhook" in said else "another program polls it"
            )
        if code >= 500:
            return Away(f"{name}: Telegram says {code} {said}")
        if found.parameters.migrate_to_chat_id:
            said += f"; its chat_id is {found.parameters.migrate_to_chat_id} now"
        return RefusedThere(f"{name}: {said or code}")

    def _as(self, kind: type[R], raw: msgspec.Raw) -> R:
        try:
            return msgspec.json.decode(raw, type=kind)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            raise Away("what answers is not Telegram") from None


def _mode(mode: str) -> dict[str, str]:
    return {"parse_mode": mode} if mode else {}


def _imported() -> ModuleType:
    """The HTTP client, kept from writing down what it asks for: its paths hold the token."""
    import httpx2

    for name in ("httpx2", "httpcore2"):
        quiet = logging.getLogger(name)
        quiet.setLevel(logging.CRITICAL + 1)
        quiet.propagate = False
    return httpx2

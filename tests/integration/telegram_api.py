"""A Bot API as Telegram documents it, over real HTTP on this machine: what it takes, keeps,
refuses, and how it fails.

Tests write as people at phones do (`BotServer.say`), look at what the bot wrote (`BotServer.sent`),
and have answers be lost or refused (`BotServer.fail`).
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

TOKEN: Final = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0"
BOT: Final = {"id": 123456789, "is_bot": True, "first_name": "Thrum", "username": "thrum_bot"}
ANN: Final = {"id": 5, "is_bot": False, "first_name": "Ann", "username": "ann"}
EVE: Final = {"id": 6, "is_bot": False, "first_name": "Eve", "username": "eve"}
PHONE: Final = 5
"""Ann's chat with the bot."""
TAGS: Final = frozenset({"b", "i", "u", "s", "code", "pre", "a", "blockquote"})
LIMIT: Final = 4096

LOST: Final = "lost"
"""It is done, and the answer never comes."""
HANG_UP: Final = "hang up"
"""It is not done, and the connection ends."""
GARBAGE: Final = "garbage"
"""Something answers that is not Telegram."""


class Refusal(Exception):
    """What the API answers instead of a result."""

    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


class _Entities(HTMLParser):
    """Text of the documented HTML, which has to be balanced."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag not in TAGS:
            raise Refusal(400, f'Bad Request: can\'t parse entities: Unsupported start tag "{tag}"')
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            raise Refusal(400, "Bad Request: can't parse entities: Unmatched end tag")

    def handle_data(self, data: str) -> None:
        self.text += data

    def finished(self) -> str:
        self.close()
        if self._open:
            raise Refusal(400, "Bad Request: can't parse entities: Can't find end tag")
        return self.text


def shown(text: str, mode: str) -> str:
    """The text that people see."""
    if mode != "HTML":
        return text
    parser = _Entities()
    parser.feed(text)
    return parser.finished()


@dataclass
class BotServer:
    """The server's state.

    Attributes:
        chats: those that know the bot.
        sent: what the bot wrote, by its number; as people see it.
        calls: every call that arrived: method and params.
        told: what was answered to who pressed buttons.
    """

    port: int = 0
    chats: set[int] = field(default_factory=lambda: {PHONE})
    sent: dict[int, dict[str, Any]] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    lost: int = 0
    _updates: list[dict[str, Any]] = field(default_factory=list)
    _faults: list[tuple[str, Any]] = field(default_factory=list)
    _next: int = 1000
    _numbers: int = 0
    _poll: int = 0
    _is_away: bool = False
    _changed: threading.Condition = field(default_factory=threading.Condition)

    @property
    def base(self) -> str:
        """What `telegram.api_base` is to be."""
        return f"http://127.0.0.1:{self.port}"

    # -- people --

    def say(
        self, text: str | None, who: dict[str, Any] = ANN, chat: int = PHONE, **more: Any
    ) -> dict[str, Any]:
        """Somebody writes; the message as the bot is told of it."""
        kind = "private" if chat > 0 else "supergroup"
        message = {
            "message_id": self._number(),
            "from": who,
            "chat": {"id": chat, "type": kind},
            "date": int(time.time()),
            "text": text,
            **more,
        }
        message = {key: value for key, value in message.items() if value is not None}
        self.tell(message=message)
        return message

    def edit(self, message: dict[str, Any], text: str) -> None:
        """Somebody changes what they wrote."""
        self.tell(edited_message={**message, "text": text, "edit_date": int(time.time())})

    def press(self, tele_id: int, label: str, who: dict[str, Any] = ANN) -> None:
        """Somebody presses a button below what the bot wrote."""
        data = self.sent[tele_id]["buttons"][label]
        self.tell(callback_query={"id": f"q{self._number()}", "from": who, "data": data})

    def tell(self, **update: Any) -> None:
        """Has the bot be told of anything."""
        with self._changed:
            self._updates.append({"update_id": self._next, **update})
            self._next += 1
            self._changed.notify_all()

    def tell_raw(self, update: Any) -> None:
        """Has the bot be told something that is no update."""
        with self._changed:
            self._updates.append(update)
            self._changed.notify_all()

    @property
    def texts(self) -> list[str]:
        """What people see of what the bot wrote, in its order."""
        return [each["text"] for _, each in sorted(self.sent.items())]

    @property
    def unread(self) -> int:
        """Updates that the bot did not confirm."""
        return len(self._updates)

    # -- faults --

    def fail(self, method: str, fault: Any, times: int = 1) -> None:
        """Has the next calls of a method fail."""
        self._faults += [(method, fault)] * times

    def be_away(self, is_away: bool) -> None:
        """Has every connection end before anything is done, or not any more."""
        with self._changed:
            self._is_away = is_away
            self._changed.notify_all()

    def fault(self, method: str) -> Any:
        """What is to go wrong with a call."""
        with self._changed:
            if self._is_away:
                return HANG_UP
            for at, (name, fault) in enumerate(self._faults):
                if name == method:
                    del self._faults[at]
                    return fault
        return None

    # -- the bot --

    def answer(self, method: str, about: dict[str, Any]) -> Any:
        """The result of a call.

        Raises:
            Refusal: there is none.
        """
        with self._changed:
            self.calls.append((method, about))
        handler = getattr(self, f"_{method}", None)
        if handler is None:
            raise Refusal(404, "Not Found")
        return handler(**about)

    def _getMe(self) -> Any:
        return BOT

    def _getUpdates(
        self, timeout: int = 0, limit: int = 100, offset: int = 0, allowed_updates: Any = ()
    ) -> Any:
        with self._changed:
            self._poll += 1
            mine = self._poll
            self._changed.notify_all()
            if offset:
                self._updates = [e for e in self._updates if _number_of(e) >= offset]
            until = time.monotonic() + timeout
            while not self._updates and not self._is_away:
                if not self._changed.wait(max(until - time.monotonic(), 0)):
                    return []
                if self._poll != mine:
                    said = "Conflict: terminated by other getUpdates request"
                    raise Refusal(409, said)
            return self._updates[:limit]

    def _sendMessage(
        self,
        chat_id: int,
        text: str,
        parse_mode: str = "",
        reply_parameters: Any = None,
        message_thread_id: int = 0,
        reply_markup: Any = None,
        link_preview_options: Any = None,
    ) -> Any:
        if chat_id not in self.chats:
            raise Refusal(400, "Bad Request: chat not found")
        seen = _checked(text, parse_mode)
        number = self._number()
        rows = (reply_markup or {}).get("inline_keyboard", [])
        with self._changed:
            self.sent[number] = {
                "chat": chat_id,
                "text": seen,
                "source": text,
                "mode": parse_mode,
                "reply_to": (reply_parameters or {}).get("message_id", 0),
                "topic": message_thread_id,
                "buttons": {b["text"]: b["callback_data"] for row in rows for b in row},
            }
        return {"message_id": number, "chat": {"id": chat_id}, "date": int(time.time())}

    def _editMessageText(
        self, chat_id: int, message_id: int, text: str, parse_mode: str = ""
    ) -> Any:
        seen = _checked(text, parse_mode)
        known = self._known(chat_id, message_id, "edit")
        if known["source"] == text:
            raise Refusal(400, "Bad Request: message is not modified")
        known |= {"text": seen, "source": text}
        return {"message_id": message_id}

    def _editMessageReplyMarkup(
        self, chat_id: int, message_id: int, reply_markup: Any = None
    ) -> Any:
        known = self._known(chat_id, message_id, "edit")
        if not known["buttons"]:
            raise Refusal(400, "Bad Request: message is not modified")
        known["buttons"] = {}
        return {"message_id": message_id}

    def _deleteMessage(self, chat_id: int, message_id: int) -> Any:
        self._known(chat_id, message_id, "delete")
        del self.sent[message_id]
        return True

    def _answerCallbackQuery(self, callback_query_id: str, text: str = "") -> Any:
        self.told.append(text)
        return True

    def _known(self, chat_id: int, message_id: int, verb: str) -> dict[str, Any]:
        known = self.sent.get(message_id)
        if known is None or known["chat"] != chat_id:
            raise Refusal(400, f"Bad Request: message to {verb} not found")
        return known

    def _number(self) -> int:
        with self._changed:
            self._numbers += 1
            return self._numbers


def _number_of(update: Any) -> int:
    number = update.get("update_id") if isinstance(update, dict) else None
    return number if isinstance(number, int) else 0


def _checked(text: str, mode: str) -> str:
    seen = shown(text, mode)
    if not seen.strip():
        raise Refusal(400, "Bad Request: message text is empty")
    if len(seen.encode("utf-16-le")) // 2 > LIMIT:
        raise Refusal(400, "Bad Request: message is too long")
    return seen


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        size = int(self.headers.get("Content-Length", "0"))
        about = json.loads(self.rfile.read(size) or b"{}")
        _, bot, method = self.path.split("/", 2)
        api = self.server.api
        fault = api.fault(method)
        if fault == HANG_UP:
            self._hang_up()
            return
        if fault == GARBAGE:
            self._answer(200, b"<html>log in to the network</html>")
            return
        try:
            if bot != f"bot{TOKEN}":
                raise Refusal(401, "Unauthorized")
            if isinstance(fault, Refusal):
                raise fault
            result = api.answer(method, about)
        except Refusal as refusal:
            told: dict[str, Any] = {
                "ok": False,
                "error_code": refusal.code,
                "description": refusal.description,
            }
            if refusal.parameters:
                told["parameters"] = refusal.parameters
            self._answer(refusal.code, json.dumps(told).encode())
            return
        if fault == LOST:
            api.lost += 1
            self._hang_up()
            return
        self._answer(200, json.dumps({"ok": True, "result": result}).encode())

    def _answer(self, status: int, body: bytes) -> None:
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            self.close_connection = True  # The daemon was killed meanwhile.

    def _hang_up(self) -> None:
        self.close_connection = True
        self.connection.close()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: tests look at `BotServer.calls`."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    api: BotServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: who is killed hangs up without a word."""


@contextmanager
def served() -> Iterator[BotServer]:
    """A server for the while."""
    server = _Server(("127.0.0.1", 0), _Handler)
    api = server.api = BotServer(port=server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

"""A model on loopback that says what a test tells it to, in the words of each client's service.

It keeps every request: what a client sent is what reached the model.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any, Final, NamedTuple

_MOST_USED: Final = 200
_NUMBERS: Final = count()
_TOKEN: Final = 4
"""Characters of one, more or less: some clients compact only what becomes shorter by it."""


class Say(NamedTuple):
    """The model says a text, after so many seconds."""

    text: str
    after: float = 0.0


class Use(NamedTuple):
    """The model calls a tool.

    Attributes:
        tool: its name.
        arguments: for it.
        after: so many seconds later.
        space: the space of names that it is in, where a service has such.
        freeform: a text in the place of arguments, for tools of Codex that take one.
        meanwhile: what is called as long as the tool is not offered, as when its server is slow.
    """

    tool: str
    arguments: dict[str, Any]
    after: float = 0.0
    space: str = ""
    freeform: str = ""
    meanwhile: Use | None = None


class Fail(NamedTuple):
    """The service answers with an error."""

    status: int = 500


Step = Say | Use | Fail


class Heard(NamedTuple):
    """A request for an answer: the path, and what was sent."""

    path: str
    body: dict[str, Any]

    @property
    def said(self) -> list[tuple[str, str]]:
        """Every text in it with its role, in order; what the system is told has ``system``."""
        return list(_said(self.body))

    @property
    def text(self) -> str:
        """All of it in one."""
        return "\n".join(text for _, text in self.said)


def offered(body: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The tools that the model may call, each behind the space of names that it is in."""
    for tool in body.get("tools") or ():
        space = str(tool.get("name", "")) if "tools" in tool else ""
        inner = tool.get("tools") or tool.get("functionDeclarations") or [tool]
        yield from ((space, str((each.get("function") or each).get("name"))) for each in inner)


def _said(body: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for key in ("system", "instructions", "systemInstruction"):
        yield from (("system", text) for text in _texts(body.get(key)))
    for key in ("messages", "input", "contents"):
        turns = body.get(key)
        for turn in turns if isinstance(turns, list) else ():
            role = str(turn.get("role") or turn.get("type"))
            for inner in ("content", "parts", "output"):
                yield from ((role, text) for text in _texts(turn.get(inner)))


def _texts(found: Any) -> Iterator[str]:
    if isinstance(found, str):
        yield found
    elif isinstance(found, list):
        for each in found:
            yield from _texts(each)
    elif isinstance(found, dict):
        for key in ("text", "content", "parts", "output", "functionResponse", "response"):
            yield from _texts(found.get(key))


@dataclass
class Model:
    """The service.

    Attributes:
        steps: what it says next; when there is nothing left it says what it thinks of.
        thinks: what it says to a request by itself: ``done``.
        heard: the requests for an answer, in their order. Those that a client makes for itself (a
            title, a count of tokens) are kept apart, because they take no step.
        asides: these.
        used: the tools that it called, in their order.
    """

    steps: list[Step] = field(default_factory=list)
    thinks: Callable[[Heard], Step] = lambda _heard: Say("done")
    heard: list[Heard] = field(default_factory=list, repr=False)
    asides: list[Heard] = field(default_factory=list, repr=False)
    used: list[Use] = field(default_factory=list)

    def __post_init__(self) -> None:
        model = self
        self._lock = threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                raw = self.rfile.read(length) if length else self._chunks()
                model.answer(self, json.loads(raw or b"{}"))

            def _chunks(self) -> bytes:
                found = b""
                while size := int(self.rfile.readline().strip() or b"0", 16):
                    found += self.rfile.read(size)
                    self.rfile.readline()
                return found

            def do_GET(self) -> None:
                send(self, 200, {"data": [{"id": "m", "object": "model"}], "models": []})

            def log_message(self, *_: Any) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        """Ends it."""
        self._server.shutdown()
        self._server.server_close()

    def wait(self, count: int, seconds: float = 60.0) -> Heard:
        """The request of that number, from 1, when it is there."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with self._lock:
                if len(self.heard) >= count:
                    return self.heard[count - 1]
            time.sleep(0.05)
        raise AssertionError(f"only {len(self.heard)} of {count} requests came")

    def answer(self, handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        """Says the next step in the words of the service that is asked."""
        heard = Heard(handler.path, body)
        tokens = len(json.dumps(body)) // _TOKEN
        if "count_tokens" in heard.path or "countTokens" in heard.path:
            send(handler, 200, {"input_tokens": tokens, "totalTokens": tokens})
            return
        with self._lock:
            if is_aside(heard):
                self.asides.append(heard)
                step: Step = Say("a title")
            else:
                self.heard.append(heard)
                step = self._next(heard)
        if isinstance(step, Fail):
            send(handler, step.status, {"error": {"message": "scripted", "type": "api_error"}})
            return
        time.sleep(step.after)
        if heard.path.startswith("/v1/messages"):
            stream(handler, anthropic(step, tokens), named=True)
        elif heard.path.startswith("/v1/responses"):
            stream(handler, responses(step, tokens), named=True)
        elif "chat/completions" in heard.path and not body.get("stream"):
            send(handler, 200, completion(step, tokens))
        elif "chat/completions" in heard.path:
            stream(handler, completions(step, tokens), ending="data: [DONE]\n\n")
        elif "streamGenerateContent" in heard.path:
            stream(handler, gemini(step, tokens))
        else:
            send(handler, 200, next(iter(gemini(step, tokens))))

    def _next(self, heard: Heard) -> Step:
        step = self.steps[0] if self.steps else self.thinks(heard)
        if not isinstance(step, Use):
            del self.steps[:1]
            return step
        if step.meanwhile and (step.space, step.tool) not in offered(heard.body):
            assert len(self.used) < _MOST_USED, f"{step.tool} is never offered"
            step = step.meanwhile
        else:
            del self.steps[:1]
        self.used.append(step)
        return step


def is_aside(heard: Heard) -> bool:
    """Whether a client asks for itself: a title, a summary, a check, without any tool."""
    body = heard.body
    return not (body.get("tools") or body.get("functions"))


def send(handler: BaseHTTPRequestHandler, status: int, document: dict[str, Any]) -> None:
    """Answers with one document."""
    raw = json.dumps(document).encode()
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(raw)))
    handler.end_headers()
    handler.wfile.write(raw)


def stream(
    handler: BaseHTTPRequestHandler,
    events: Iterator[dict[str, Any]],
    *,
    named: bool = False,
    ending: str = "",
) -> None:
    """Answers with events, one after the other."""
    handler.send_response(200)
    handler.send_header("Content-Type", "text/event-stream")
    handler.send_header("Connection", "close")
    handler.end_headers()
    for event in events:
        name = f"event: {event['type']}\n" if named else ""
        handler.wfile.write(f"{name}data: {json.dumps(event)}\n\n".encode())
    handler.wfile.write(ending.encode())
    handler.close_connection = True


def anthropic(step: Say | Use, tokens: int) -> Iterator[dict[str, Any]]:
    """As ``POST /v1/messages`` streams it."""
    usage = {"input_tokens": tokens, "output_tokens": 5}
    message: dict[str, Any] = {
        "id": f"msg_{next(_NUMBERS)}",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": usage,
    }
    yield {"type": "message_start", "message": message}
    if isinstance(step, Say):
        block: dict[str, Any] = {"type": "text", "text": ""}
        delta = {"type": "text_delta", "text": step.text}
    else:
        block = {"type": "tool_use", "id": f"toolu_{id(step):x}", "name": step.tool, "input": {}}
        delta = {"type": "input_json_delta", "partial_json": json.dumps(step.arguments)}
    yield {"type": "content_block_start", "index": 0, "content_block": block}
    yield {"type": "content_block_delta", "index": 0, "delta": delta}
    yield {"type": "content_block_stop", "index": 0}
    reason = "end_turn" if isinstance(step, Say) else "tool_use"
    yield {
        "type": "message_delta",
        "delta": {"stop_reason": reason, "stop_sequence": None},
        "usage": usage,
    }
    yield {"type": "message_stop"}


def responses(step: Say | Use, tokens: int) -> Iterator[dict[str, Any]]:
    """As ``POST /v1/responses`` streams it."""
    yield {"type": "response.created", "response": {"id": "resp_1"}}
    if isinstance(step, Say):
        item: dict[str, Any] = {
            "type": "message",
            "id": f"msg_{next(_NUMBERS)}",
            "role": "assistant",
            "content": [{"type": "output_text", "text": step.text}],
        }
    else:
        item = {
            "type": "function_call",
            "id": "fc_1",
            "call_id": f"call_{id(step):x}",
            "name": step.tool,
            "arguments": json.dumps(step.arguments),
        }
        item |= {"namespace": step.space} if step.space else {}
        if step.freeform:
            del item["arguments"]
            item |= {"type": "custom_tool_call", "id": "ctc_1", "input": step.freeform}
    yield {"type": "response.output_item.done", "output_index": 0, "item": item}
    usage = {
        "input_tokens": tokens,
        "input_tokens_details": None,
        "output_tokens": 5,
        "output_tokens_details": None,
        "total_tokens": tokens + 5,
    }
    yield {"type": "response.completed", "response": {"id": "resp_1", "usage": usage}}


def completions(step: Say | Use, tokens: int) -> Iterator[dict[str, Any]]:
    """As ``POST /v1/chat/completions`` streams it."""
    if isinstance(step, Say):
        delta: dict[str, Any] = {"role": "assistant", "content": step.text}
        reason = "stop"
    else:
        call = {"name": step.tool, "arguments": json.dumps(step.arguments)}
        found = {"index": 0, "id": f"call_{id(step):x}", "type": "function", "function": call}
        delta = {"role": "assistant", "content": None, "tool_calls": [found]}
        reason = "tool_calls"
    base = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    yield {**base, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    usage = {"prompt_tokens": tokens, "completion_tokens": 5, "total_tokens": tokens + 5}
    yield {**base, "choices": [{"index": 0, "delta": {}, "finish_reason": reason}], "usage": usage}


def completion(step: Say | Use, tokens: int) -> dict[str, Any]:
    """The same in one piece."""
    first, last = completions(step, tokens)
    message, ending = first["choices"][0]["delta"], last["choices"][0]
    choice = {"index": 0, "message": message, "finish_reason": ending["finish_reason"]}
    return {**last, "object": "chat.completion", "choices": [choice]}


def gemini(step: Say | Use, tokens: int) -> Iterator[dict[str, Any]]:
    """As ``POST /v1beta/models/…:streamGenerateContent?alt=sse`` streams it."""
    if isinstance(step, Say):
        part: dict[str, Any] = {"text": step.text}
    else:
        part = {"functionCall": {"name": step.tool, "args": step.arguments}}
    yield {
        "candidates": [
            {"content": {"role": "model", "parts": [part]}, "finishReason": "STOP", "index": 0}
        ],
        "usageMetadata": {
            "promptTokenCount": tokens,
            "candidatesTokenCount": 5,
            "totalTokenCount": tokens + 5,
        },
        "modelVersion": "m",
        "responseId": "r1",
    }

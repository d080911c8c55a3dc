"""Whether what setup wrote works: it is started as a runtime would, and asked once."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from thrum.runtimes import mark
from thrum.runtimes.contract import Adapter
from thrum.setup import fired

DEADLINE_S: Final = 20.0
"""Seconds for all of it; a runtime waits for ten or more."""

_PROTOCOL: Final = "2025-06-18"
_MOST_SAID: Final = 300


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of it.

    Attributes:
        works: whether the server introduced itself and listed tools.
        said: that, or what went wrong, in one line.
        tools: the names of its tools.
        seconds: how long it took, from its start to its end.
    """

    works: bool
    said: str
    tools: tuple[str, ...] = ()
    seconds: float = 0.0


def hook(
    adapter: Adapter,
    program: Path,
    folder: Path,
    env: Mapping[str, str],
    seconds: float = DEADLINE_S,
) -> str:
    """What is wrong with the hooks of a runtime; empty if they give the empty reply.

    They are told of an event that nobody knows, so nothing happens.

    Args:
        adapter: the runtime.
        program: what it starts.
        folder: the work tree that it is started in.
        env: its environment.
        seconds: after which it counts as hanging, and is killed.
    """
    line = mark.hook(program, fired.TRIAL, adapter.name)
    try:
        done = _run(["/bin/sh", "-c", line], "{}", folder, env, seconds)
    except subprocess.TimeoutExpired:
        return f"its hook did not answer within {seconds:g} s"
    except OSError as error:
        return f"its hook cannot be started: {error.strerror or error}"
    expected = adapter.silence
    if done.returncode:
        reason = done.stderr.strip()[-_MOST_SAID:] or "and said nothing"
        return f"its hook ended with {done.returncode}: {reason}"
    if done.stdout.strip() != expected.strip():
        return f"its hook answered {done.stdout[:_MOST_SAID]!r} instead of {expected!r}"
    return ""


def server(
    program: Path, folder: Path, env: Mapping[str, str], seconds: float = DEADLINE_S
) -> Seen:
    """Starts ``PROGRAM mcp serve``, has it say who it is and what tools it has, and ends it.

    Args:
        program: what runtimes start.
        folder: the work tree that it is started in.
        env: its environment.
        seconds: after which it counts as hanging, and is killed.
    """
    began = time.monotonic()
    try:
        done = _run([str(program), "mcp", "serve"], _QUESTIONS, folder, env, seconds)
    except subprocess.TimeoutExpired:
        return Seen(False, f"did not answer within {seconds:g} s and was ended")
    except OSError as error:
        return Seen(False, f"{program} cannot be started: {error.strerror or error}")
    took = time.monotonic() - began
    answers = _answers(done.stdout.splitlines())
    name = (answers.get(0, {}).get("serverInfo") or {}).get("name")
    tools = tuple(str(each.get("name")) for each in answers.get(1, {}).get("tools") or ())
    if name and tools:
        return Seen(True, f"answers, with {len(tools)} tools, in {took:.1f} s", tools, took)
    last = [each.strip() for each in done.stderr.splitlines() if each.strip()][-1:]
    reason = last[0][:_MOST_SAID] if last else f"ended with {done.returncode} and said nothing"
    return Seen(False, f"does not answer: {reason}", (), took)


def _run(
    argv: Sequence[str], given: str, folder: Path, env: Mapping[str, str], seconds: float
) -> subprocess.CompletedProcess[str]:
    """Runs a program to its end, with something on stdin.

    Raises:
        subprocess.TimeoutExpired: it took longer, and was killed.
        OSError: it cannot be started.
    """
    return subprocess.run(
        argv,
        cwd=folder,
        env=dict(env),
        input=given,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=seconds,
        check=False,
    )


def _line(method: str, request: int | None, params: Mapping[str, object]) -> str:
    number = {} if request is None else {"id": request}
    return json.dumps({"jsonrpc": "2.0", **number, "method": method, "params": params}) + "\n"


_QUESTIONS: Final = (
    _line(
        "initialize",
        0,
        {
            "protocolVersion": _PROTOCOL,
            "capabilities": {},
            "clientInfo": {"name": "thrum setup", "version": "1"},
        },
    )
    + _line("notifications/initialized", None, {})
    + _line("tools/list", 1, {})
)


def _answers(lines: Sequence[str]) -> dict[int, dict[str, Any]]:
    """The results by the numbers of their requests; whatever else there is is left out."""
    found: dict[int, dict[str, Any]] = {}
    for line in lines:
        try:
            message = json.loads(line)
        except ValueError:
            continue
        result = message.get("result") if isinstance(message, dict) else None
        if isinstance(result, dict) and isinstance(message.get("id"), int):
            found[message["id"]] = result
    return found

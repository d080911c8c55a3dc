"""A program in the place of a runtime: reads what setup wrote as the real one would, and strictly.

What the real one refuses, ignores without a word or reads as something else is `Refused` here, with
a sentence that says why. A hook is really started, with what the runtime would send it, and what it
prints does what it would do there.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Final

LONGEST_S: Final = 700
"""Seconds beyond which a time was meant in another unit: nobody lets a hook run so long."""


class Refused(Exception):
    """The real one would not take this."""


@dataclass(frozen=True)
class Handler:
    """A hook: when, what, for how many seconds, and of these events which; all if it is empty."""

    event: str
    line: str
    seconds: float
    matcher: str = ""


@dataclass(frozen=True)
class Server:
    """An MCP server.

    Attributes:
        words: what starts it.
        seconds: how long one call may take; None where nothing is said.
        start: how long it may take until its tools are known; None where nothing is said.
    """

    words: tuple[str, ...]
    seconds: float | None = None
    start: float | None = None


@dataclass
class Outcome:
    """What the runtime made of a reply.

    Attributes:
        context: texts that stand in front of the model.
        turn: the text that begins one more turn.
        shown: what the person sees.
    """

    context: list[str] = field(default_factory=list)
    turn: str = ""
    shown: str = ""


@dataclass
class Fake:
    """One runtime, in one work tree of one person."""

    home: Path
    root: Path
    hooks: list[Handler] = field(default_factory=list)
    servers: dict[str, Server] = field(default_factory=dict)
    wakers: list[Handler] = field(default_factory=list)

    name: ClassVar[str] = ""
    events: ClassVar[frozenset[str]] = frozenset()
    env: ClassVar[Mapping[str, str]] = {}

    def load(self) -> None:
        """Reads all files that the real one reads.

        Raises:
            Refused: it would not take one of them, or would take it for something else.
        """
        raise NotImplementedError

    def understood(self, event: str, stdout: str, status: int) -> Outcome:
        """What the real one makes of a reply."""
        raise NotImplementedError

    def folder(self) -> Path:
        """Where hooks are started."""
        return self.root

    def fire(self, event: str, given: Mapping[str, Any]) -> Outcome:
        """Lets an event happen: starts its hooks one after the other, and acts on the replies."""
        found = Outcome()
        for hook in (each for each in self.hooks if each.event == event and is_meant(each, given)):
            ran = subprocess.run(
                ["/bin/sh", "-c", hook.line],
                input=json.dumps(given),
                cwd=self.folder(),
                env={"HOME": str(self.home), "THRUM_HOOK_MS": "30000", **self.env},
                capture_output=True,
                text=True,
                check=False,
                timeout=60,
            )
            made = self.understood(event, ran.stdout, ran.returncode)
            found.context += made.context
            found.turn, found.shown = made.turn or found.turn, made.shown or found.shown
        return found

    def hook(self, event: str, line: Any, time: Any, unit: float = 1, matcher: str = "") -> None:
        """Takes in one hook whose time is given in the runtime's unit."""
        demand(event in self.events, f"{self.name} knows no event {event!r}")
        demand(isinstance(line, str) and bool(line), f"{event}: a command is missing")
        demand(shlex.split(line)[0].startswith("/"), f"{event}: the command is not absolute")
        self.hooks.append(Handler(event, line, seconds(time, unit, event), matcher))

    def waker(self, event: str, words: Iterable[Any], time: Any) -> None:
        """Takes in one hook that goes on in the background, and its seconds."""
        demand(event in self.events, f"{self.name} knows no event {event!r}")
        line = tuple(words)
        demand(all(isinstance(each, str) for each in line), f"{event}: a word is no text")
        demand(line[0].startswith("/"), f"{event}: the command is not absolute")
        is_number = isinstance(time, (int, float)) and not isinstance(time, bool)
        is_long = is_number and 3600 <= time <= 2**31 / 1000
        demand(is_long, f"{event}: {time} is no sensible time in the background")
        self.wakers.append(Handler(event, shlex.join(line), float(time)))

    def server(
        self,
        name: str,
        words: Iterable[Any],
        time: Any = None,
        unit: float = 1,
        start: Any = None,
    ) -> None:
        """Takes in one MCP server whose times are given in the runtime's unit.

        Args:
            name: its name.
            words: what starts it.
            time: for one call.
            unit: how many of its units of time are a second.
            start: until its tools are known.
        """
        line = tuple(words)
        demand(bool(line) and all(isinstance(each, str) for each in line), f"{name}: no command")
        demand(line[0].startswith("/"), f"{name}: the command is not absolute")
        limits = [None if each is None else seconds(each, unit, name) for each in (time, start)]
        self.servers[name] = Server(line, *limits)


def is_meant(hook: Handler, given: Mapping[str, Any]) -> bool:
    """Whether a hook is for such an event: its matcher names what the event says of its kind."""
    kinds = {given.get(key) for key in ("source", "trigger", "reason", "notification_type")}
    return not hook.matcher or bool(kinds & set(hook.matcher.split("|")))


def named(words: str) -> frozenset[str]:
    """The names of events, written one behind the other."""
    return frozenset(words.split())


def demand(is_met: bool, why: str) -> None:
    if not is_met:
        raise Refused(why)


def seconds(time: Any, unit: float, what: str) -> float:
    """A time in seconds; one that makes no sense was written in another unit."""
    demand(isinstance(time, (int, float)) and not isinstance(time, bool), f"{what}: no time")
    demand(1 <= time / unit <= LONGEST_S, f"{what}: {time} is no sensible time in this unit")
    return float(time / unit)


def keys(found: Any, allowed: str, required: str, what: str) -> dict[str, Any]:
    """An object with these keys, and no other ones."""
    demand(isinstance(found, dict), f"{what} is no object")
    more = set(found) - set(allowed.split()) - set(required.split())
    demand(not more, f"{what} has unknown keys: {', '.join(sorted(more))}")
    lacking = set(required.split()) - set(found)
    demand(not lacking, f"{what} lacks {', '.join(sorted(lacking))}")
    return dict(found)


def document(path: Path, *, comments: bool = False) -> dict[str, Any]:
    """The JSON object in a file; empty where there is no file."""
    if not path.exists():
        return {}
    text = path.read_text()
    if comments:
        text = re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE)
    return json_object(text, str(path))


def json_object(text: str, what: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise Refused(f"{what} is no JSON: {error}") from None
    demand(isinstance(found, dict), f"{what} is no object")
    return dict(found)


def groups(
    found: Any,
    group_keys: str,
    handler_keys: str,
    take: Callable[[str, dict[str, Any], str], None],
) -> None:
    """Reads hooks in groups of handlers with a matcher, the shape of Claude Code."""
    demand(isinstance(found, dict), "hooks is no object")
    for event, each in found.items():
        demand(isinstance(each, list), f"{event} is no list")
        for group in each:
            inner = keys(group, group_keys, "hooks", f"a group of {event}")
            demand(isinstance(inner["hooks"], list), f"{event}: hooks is no list")
            for handler in inner["hooks"]:
                read = keys(handler, handler_keys, "type command", f"a hook of {event}")
                take(event, read, inner.get("matcher", ""))


def specific(event: str, inner: Any, more: str = "") -> Outcome:
    """The part of a reply that is for one event: its name, and a text for the model."""
    said = keys(inner, f"additionalContext {more}", "hookEventName", f"the reply to {event}")
    demand(said["hookEventName"] == event, f"the reply is to {said['hookEventName']}")
    text = said.get("additionalContext", "")
    demand(isinstance(text, str), "additionalContext is no text")
    return Outcome([text] if text else [])


def decided(event: str, said: Mapping[str, Any], word: str, where: Iterable[str]) -> Outcome:
    """A turn that goes on, at the events that know such a thing."""
    demand(event in set(where), f"{event} takes no decision")
    demand(said.get("decision") == word, f"{said.get('decision')!r} is no decision")
    reason = said.get("reason")
    demand(isinstance(reason, str) and bool(reason), "a decision without a reason")
    return Outcome(turn=str(reason))

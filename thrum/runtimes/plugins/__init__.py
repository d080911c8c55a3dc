"""Files in TypeScript for runtimes whose plugins ask us, where others start a command.

A plugin calls the launcher as a hook of a command would be called, ``hook EVENT --runtime NAME``,
with what it knows as JSON on stdin. The reply is JSON: ``context`` is put in front of the model,
``turn`` begins one more turn, ``decision`` answers what leave is asked for, ``{}`` says nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from thrum.runtimes import handlers
from thrum.runtimes.contract import Answer, Event, Json, Moment, Reach

_PROGRAM: Final = '"__THRUM__"'


def text(name: str, program: Path) -> str:
    """The plugin of a runtime, which starts that program.

    Raises:
        OSError: the file is not there.
    """
    source = Path(__file__).with_name(f"{name}.ts").read_text(encoding="utf-8")
    return source.replace(_PROGRAM, json.dumps(str(program)))


def understood(
    name: str, moment: Moment, given: Mapping[str, Json], _env: Mapping[str, str]
) -> Event:
    """An event as our plugins describe it."""
    said = handlers.texts(given)
    return Event(
        name=name,
        moment=moment,
        session=said.get("session", ""),
        cwd=said.get("cwd", ""),
        source=said.get("source", ""),
        is_subagent=given.get("subagent") is True,
        is_continued=given.get("continued") is True,
        tool=said.get("tool", ""),
        details=said.get("details", "")[: handlers.DETAILS],
    )


def say(found: Event, reach: Reach, text: str) -> Answer:
    """What a plugin shall do with a text at a moment."""
    begins = reach is Reach.TURN or found.moment is Moment.END_OF_TURN
    return handlers.said({"turn" if begins else "context": text})


def decided(_found: Event, is_allowed: bool, _by: str) -> Answer:
    """What a plugin shall answer where leave is asked for."""
    return handlers.said({"decision": "allow" if is_allowed else "deny"})


def woken(text: str) -> Answer:
    """What a plugin shall do with a text that comes while a session is idle."""
    return handlers.said({"turn": text})

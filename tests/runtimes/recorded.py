"""What runtimes send to their hooks, and what they have to be answered: ``fixtures/runtimes``."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "fixtures" / "runtimes"


@dataclass(frozen=True)
class Sent:
    """One call of a hook.

    Attributes:
        runtime: who sends it.
        case: the name of the file.
        event: the event's name on the command line.
        stdin: what comes on stdin.
        means: the fields of the event that it is; None where it is none to us.
        text: a text that is said.
        reply: what has to be printed for it: JSON, or a plain text.
        empty: what has to be printed when there is nothing to say.
        env: what the runtime sets.
    """

    runtime: str
    case: str
    event: str
    stdin: dict[str, Any]
    means: dict[str, Any] | None
    text: str
    reply: Any
    empty: Any
    env: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.runtime}-{self.case}"


def sent(runtime: str) -> list[Sent]:
    """All that is recorded of a runtime."""
    files = sorted((FOLDER / runtime).glob("*.json"))
    return [
        Sent(runtime, file.stem, **json.loads(file.read_text()))
        for file in files
        if file.stem != "transcript"
    ]


def transcript(runtime: str) -> tuple[list[Any], list[list[str]]]:
    """Lines of a conversation, and the turns in them; none where no conversation can be read."""
    file = FOLDER / runtime / "transcript.json"
    found = json.loads(file.read_text()) if file.exists() else {"lines": [], "turns": []}
    return found["lines"], found["turns"]

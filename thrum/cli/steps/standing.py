"""Running a command of ours as whoever stands in another folder."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from thrum.cli.context import Context
from thrum.errors import KINDS, ThrumError

LIMIT_S: Final = 60.0

_SPEAKERS: Final = (
    "THRUM_NAME",
    "THRUM_AGENT_ID",
    "THRUM_ROLE",
    "THRUM_MODULE",
    "THRUM_DISPLAY",
    "THRUM_HOME",
)
"""Variables that say who somebody is, or where; they hold for the folder that one comes from."""


def there(context: Context, folder: Path, *words: str, name: str = "") -> dict[str, Any]:
    """The JSON document of a command that runs in that folder.

    The daemon asks the kernel who calls and where it stands, so nothing that is said from here
    makes an agent at home there.

    Args:
        context: where one comes from.
        folder: where the command stands.
        words: what is typed behind ``thrum``.
        name: as which of the agents that live there; empty if that does not matter.

    Raises:
        ThrumError: what the command refuses; ``timed_out``; ``internal``, it broke.
    """
    kept = {key: value for key, value in context.env.items() if key not in _SPEAKERS}
    env = {**kept, "THRUM_NAME": name} if name else kept
    try:
        done = _run(["--json", *words], folder, env)
    except subprocess.TimeoutExpired:
        text = f"`thrum {' '.join(words[:2])}` in {folder} did not end within {LIMIT_S:g} s"
        raise ThrumError("timed_out", text) from None
    if done.returncode:
        raise _refusal(words, done.stderr)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _run(
    line: Sequence[str], folder: Path, env: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Runs the program to its end.

    Raises:
        subprocess.TimeoutExpired: it took too long.
    """
    return subprocess.run(
        [sys.executable, "-P", "-m", "thrum", *line],
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=LIMIT_S,
        check=False,
    )


def _refusal(words: tuple[str, ...], said: str) -> ThrumError:
    """The error that the command printed."""
    for line in reversed(said.splitlines()):
        try:
            error = dict(json.loads(line)["error"])
        except (ValueError, KeyError, TypeError):
            continue
        kind = str(error.pop("kind", ""))
        error.pop("code", None)
        message, hint = str(error.pop("message", "")), error.pop("hint", None)
        return ThrumError(kind if kind in KINDS else "internal", message, hint, error)
    return ThrumError("internal", f"`thrum {' '.join(words[:2])}` broke: {said.strip()[-500:]}")

"""Two answers to one question at once, and a daemon that is killed meanwhile."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from tests.integration.conftest import World
from tests.integration.program import THRUM


def answered(world: World, main: Path, waits: str, pause_s: float) -> str:
    """Has a question be allowed and refused, and kills the daemon after a while.

    Args:
        world: where.
        main: whose daemon.
        waits: the id of the question.
        pause_s: the while.

    Returns:
        Which of the two was told that it is the answer: one at most; empty if none.
    """
    answers = {
        verb: subprocess.Popen(
            [*THRUM, "prompts", verb, waits, "--json"],
            cwd=main,
            env=world.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for verb in ("approve", "deny")
    }
    time.sleep(pause_s)
    world.kill(main)
    granted = [verb for verb, each in answers.items() if each.wait(60) == 0]
    assert len(granted) <= 1
    return "".join(granted)

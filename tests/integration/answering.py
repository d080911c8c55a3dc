"""Two answers to one question at once, and a daemon that is killed meanwhile."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final

from tests.integration.conftest import World
from thrum import paths
from thrum.client import Client
from thrum.errors import ThrumError

ANSWERS: Final = {"allow": True, "deny": False}
LONGEST_S: Final = (0.01, 0.05, 0.2, 1.0)
"""Seconds at most until the daemon is killed: most of an answer is done within a few hundredths."""


def pause_s(chance: random.Random) -> float:
    """How long the daemon lives while two answer."""
    return chance.uniform(0, chance.choice(LONGEST_S))


def answered(world: World, main: Path, who: str, waits: str, pause_s: float) -> str:
    """Has a question be allowed and refused, and kills the daemon after a while.

    Args:
        world: where.
        main: whose daemon; this process stands there.
        who: the agent who answers.
        waits: the id of the question.
        pause_s: the while.

    Returns:
        Which of the two was told that it is the answer: one at most; empty if none.
    """
    with ThreadPoolExecutor(len(ANSWERS)) as hands:
        give = partial(_is_the_answer, main, who, waits)
        given = {name: hands.submit(give, allow) for name, allow in ANSWERS.items()}
        time.sleep(pause_s)
        world.kill(main)
        granted = [name for name, each in given.items() if each.result(60)]
    assert len(granted) <= 1
    return "".join(granted)


def _is_the_answer(main: Path, who: str, waits: str, allow: bool) -> bool:
    try:
        with Client(paths.at(main).socket, 60, 60) as client:
            client.call("prompt.answer", {"caller_agent_id": who, "id": waits, "allow": allow})
    except (ThrumError, OSError):
        return False  # somebody else had answered, or the daemon was gone
    return True

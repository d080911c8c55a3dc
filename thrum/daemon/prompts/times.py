"""When supervisors are reminded of a question, and when it is given up. Pure."""

from __future__ import annotations

import math
from typing import Final

_MINUTE_NS: Final = 60 * 1_000_000_000

REMINDERS_NS: Final = tuple(each * _MINUTE_NS for each in (5, 15, 45, 120, 240))
"""From the first word of it; the last of these is the sixth."""

MOST: Final = len(REMINDERS_NS) + 1
"""Words of one question; after the last one its agent is stuck."""

EXPIRES_NS: Final = 480 * _MINUTE_NS


def words(age_ns: int) -> int:
    """How many words of a question supervisors have got by that age.

    One stands for those that a machine slept through.
    """
    return 1 + sum(each <= age_ns for each in REMINDERS_NS)


def due_ns(first_ns: int, nudges: int) -> float:
    """When supervisors are to be told once more; infinite if they are not.

    Args:
        first_ns: when they were told first.
        nudges: how often they were.
    """
    return first_ns + REMINDERS_NS[nudges - 1] if 1 <= nudges < MOST else math.inf

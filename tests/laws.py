"""How many examples a law is tried with."""

from __future__ import annotations

from hypothesis import settings

ORDINARY = 100
"""What a law that says nothing is tried with in the ordinary suite."""

SOAK = 2000
"""The same in the soak, where every law is tried as many times more often."""


def examples(count: int) -> int:
    """So many in the ordinary suite, in the soak more by as much as everywhere.

    Asked while a test module is loaded; the profile has been chosen by then.
    """
    return count * settings().max_examples // ORDINARY

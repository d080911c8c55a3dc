"""The result of a method that has nothing to tell."""

from __future__ import annotations

import msgspec


class Nothing(msgspec.Struct):
    """Null."""

"""Pages of an answer that there are, and those that there are not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from thrum.errors import ThrumError
from thrum.plurals import counted


def demand(answer: Mapping[str, Any], page: int) -> None:
    """Refuses a page after the last one, which would look as if there were nothing at all.

    Raises:
        ThrumError: ``usage``.
    """
    last = int(answer.get("total_pages") or 0)
    if page > max(last, 1):
        whole = f"the whole is {counted(last, 'page')}" if last else "there is nothing to show"
        raise ThrumError("usage", f"there is no page {page:,}; {whole}")

"""What the author of a message said in its `structured`, apart from how it came here.

A message that came by a bridge notes there which one it is at the other side. Programs look at
that; who reads the message is told by its author's name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from thrum.names import is_proxy

PEER: Final = "peer"


def structured_text(row: Mapping[str, Any]) -> str:
    """What the author of a message said for programs, as text; empty if that is nothing.

    Args:
        row: the message, as the daemon tells it.
    """
    body = row.get("body")
    found = body.get("structured") if isinstance(body, dict) else None
    if not found:
        return ""
    text = found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)
    return _own(text) if is_proxy(str(row.get("agent_id") or "")) else text


def _own(text: str) -> str:
    """The part that the author wrote, where the rest says by which peer it came."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if not isinstance(said, dict) or said.get("source") != PEER:
        return text
    return str(said.get("structured") or "")

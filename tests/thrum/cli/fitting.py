"""Values that parameters take, for tests that go over all of them."""

from __future__ import annotations

from typing import Final

from thrum.cli.signature import Parameter
from thrum.cli.takes import Syntax

RIGHT: Final[dict[Syntax, tuple[str, ...]]] = {
    "pair": ("a:b", "path:a:b"),
    "duration": ("5m", "-30s", "+1h30m", "0"),
    "moment": ("2d", "3h", "2026-05-01", "2026-05-01T08:00:00Z"),
    "name": ("nux", "api_reviewer", "peer:nux"),
    "role": ("tester", "@tester", "QA.lead"),
    "member role": ("*", "tester"),
    "module": ("engine", "web.ui"),
    "somebody": ("nux", "@nux", "user:jo", "role:tester", "@Nux"),
}
"""By how they are written."""


def value(parameter: Parameter, otherwise: str) -> str:
    """A value that it takes; this other one where it takes anything."""
    if parameter.is_number:
        return str(parameter.minimum or 1)
    if parameter.takes.is_closed:
        return parameter.takes.words[0]
    return RIGHT[parameter.takes.syntax][0] if parameter.takes.syntax else otherwise

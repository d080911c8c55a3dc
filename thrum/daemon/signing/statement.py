"""What a signature is over."""

from __future__ import annotations

from typing import Final

import msgspec

from gitstore import canonical

PREFIX: Final = b"thrum event\n"
"""Before the line, so that a signature of ours is of no use anywhere else."""

UNSIGNED: Final = ("sig", "sequence")
"""Fields that no signature is over: itself, and the number that older programs put into a line."""


def signed_bytes(line: bytes) -> bytes:
    """What a signature of the line is over: its canonical form, without the signature.

    So a line that an older program wrote anew, with other escapes and order, is the same.

    Raises:
        ValueError: the line is no JSON object.
    """
    fields = msgspec.json.decode(line, type=dict[str, object])
    for name in UNSIGNED:
        fields.pop(name, None)
    return PREFIX + canonical(fields)

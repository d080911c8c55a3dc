"""What commands print, for pages."""

from __future__ import annotations

import pytest

from thrum.daemon.children.children import Finished
from thrum.daemon.web import reports


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (b'{"error": {"kind": "repository", "message": "no", "hint": "mend it"}}', "repository"),
        (b'{"error": {"kind": "of a later program", "message": "no"}}', "internal"),
        (b"Traceback (most recent call last):", "internal"),
        (b"", "internal"),
        (b'{"error": {}}', "internal"),
        (b"[1]", "internal"),
    ],
)
def test_a_refusal_of_the_command_is_passed_on(said: bytes, kind: str) -> None:
    done = Finished(1, b"", said, was_cut=False, timed_out=False)
    assert reports._refusal("log", done).kind == kind

"""The text of a message from one place."""

from __future__ import annotations

from typing import Any

import pytest

from thrum.cli.steps import body
from thrum.errors import ThrumError


def read(
    world: Any, text: str | None = None, *, stdin: bool = False, file: str | None = None
) -> str:
    return body.read(world.context([], stdin="piped\n\n"), text, stdin=stdin, file=file)


def test_each_place_gives_its_text(world: Any) -> None:
    (world.root / "note").write_bytes("grüße\r\n".encode())
    assert read(world, "typed\n") == "typed\n"
    assert read(world, "") == ""
    assert read(world, "-") == read(world, stdin=True) == read(world, "-", stdin=True) == "piped\n"
    assert read(world, file="note") == "grüße"


@pytest.mark.parametrize(
    ("text", "stdin", "file", "says"),
    [
        (None, False, None, "there is no text"),
        ("x", True, None, "more than one place"),
        ("-", False, "note", "more than one place"),
        ("x", False, "note", "more than one place"),
        ("\udcff", False, None, "not valid UTF-8"),
        (None, False, "latin", "latin is not valid UTF-8"),
    ],
)
def test_what_is_refused(
    world: Any, text: str | None, stdin: bool, file: str | None, says: str
) -> None:
    (world.root / "latin").write_bytes(b"\xff")
    with pytest.raises(ThrumError, match=says) as caught:
        read(world, text, stdin=stdin, file=file)
    assert caught.value.kind == "usage"

"""What a command may be."""

from __future__ import annotations

import pytest

from thrum.daemon.queue.command import LONGEST, check_text
from thrum.errors import ThrumError

FINE = (
    "true",
    "echo $(id) `id` 'it' \"is\"; # all",
    " leading",
    "é 漢 \u202e",
    'echo "open',
    "x" * LONGEST,
)


@pytest.mark.parametrize("text", FINE, ids=range(len(FINE)))
def test_what_somebody_could_type_in_one_line_is_fine(text: str) -> None:
    check_text(text)


KEYS = ("a\nb", "a\r", "\x03", "\x1b[31mred", "a\tb", "a\0b", "\x7f", "\u2028", "\x9b0m", "\ud800")


@pytest.mark.parametrize("text", KEYS, ids=range(len(KEYS)))
def test_keys_are_no_text(text: str) -> None:
    with pytest.raises(ThrumError) as refused:
        check_text(text)
    assert refused.value.kind == "invalid_params"


@pytest.mark.parametrize("text", ["", "  "])
def test_nothing_is_no_command(text: str) -> None:
    with pytest.raises(ThrumError, match="blank"):
        check_text(text)


@pytest.mark.parametrize("text", ["x" * (LONGEST + 1), "é" * LONGEST, "x" * 1_000_000])
def test_it_has_a_bound(text: str) -> None:
    with pytest.raises(ThrumError) as refused:
        check_text(text)
    assert refused.value.kind == "too_large"

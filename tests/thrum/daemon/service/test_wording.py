"""Errors in one line."""

from __future__ import annotations

import pytest

from thrum.daemon.service.wording import in_words

ONE, TWO = OSError("no disk"), KeyError("x")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ONE, "OSError: no disk"),
        (ValueError(), "ValueError"),
        (ValueError("first\nsecond"), "ValueError: first"),
        (ExceptionGroup("a", [ExceptionGroup("b", [ONE])]), "OSError: no disk"),
        (ExceptionGroup("a", [ONE, TWO]), "ExceptionGroup: a (2 sub-exceptions)"),
    ],
)
def test_the_error_that_matters_in_one_line(error: Exception, words: str) -> None:
    assert in_words(error) == words

"""Which words are offered in the place of a mistyped one."""

from __future__ import annotations

import pytest

from thrum.suggest import did_you_mean

KNOWN = ["ben", "inbox", "init", "log", "send", "sent", "--limit"]


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("inbx", "did you mean inbox or init?"),
        ("sned", "did you mean send or sent?"),
        ("in", "did you mean inbox or init?"),
        ("--limt", "did you mean --limit?"),
        # Two edits make "log" of it, and any other word of three letters too.
        ("foo", ""),
        ("bne", "did you mean ben?"),
        ("nebx", ""),
        ("x", ""),
        ("", ""),
        # Compared letter by letter, this would go on for as long as nobody has.
        ("e" * 10_000_000, ""),
        ("inboxinbox" * 100_000, ""),
    ],
)
def test_only_what_is_close_to_the_word_is_offered(word: str, said: str) -> None:
    assert did_you_mean(word, KNOWN) == said

"""What parameters say of their values."""

from __future__ import annotations

import re

from thrum.cli import signature, table, takes

PARAMETERS = [
    (name, each)
    for name, entry in table.COMMANDS.items()
    for each in signature.parameters(signature.load(entry))
]
KNOWN = {
    "agent": ("agent", "agent name"),
    "file": ("file", "repository file"),
    "group": ("group",),
    "role": ("role",),
    "module": ("module",),
    "message_id": ("message", "received message", "own message"),
    "message_ids": ("unread message",),
    "session_id": ("open session",),
    "method": ("method",),
}


def test_what_is_called_alike_takes_the_same() -> None:
    """So that a new command does not forget to say it."""
    for name, each in PARAMETERS:
        kinds = KNOWN.get(each.name)
        if kinds:
            assert set(each.takes.kinds) & set(kinds), (name, each.name)
        if each.is_switch or each.is_number:
            assert each.takes == takes.ANYTHING, (name, each.name)


def test_words_that_the_help_lists_are_offered() -> None:
    """A help of nothing but words (``status, on or off``) is a fixed set."""
    for name, each in PARAMETERS:
        if re.fullmatch(r"(\w+, )+\w+ or \w+", each.help):
            listed = re.split(r", | or ", each.help)
            assert listed == list(each.takes.words), (name, each.name)


def test_words() -> None:
    assert takes.words("on", "off") == takes.Takes((), ("on", "off"), "on|off", is_closed=True)
    assert takes.Takes() == takes.ANYTHING

"""What parameters say of their values."""

from __future__ import annotations

import re

import pytest

from thrum.cli import signature, table, takes

PARAMETERS = [
    (name, each)
    for name, entry in table.COMMANDS.items()
    for each in signature.parameters(signature.load(entry))
]
EACH = pytest.mark.parametrize(
    ("name", "parameter"), PARAMETERS, ids=lambda each: getattr(each, "name", each)
)
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


@EACH
def test_what_is_called_alike_takes_the_same(name: str, parameter: signature.Parameter) -> None:
    """So that a new command does not forget to say it."""
    kinds = KNOWN.get(parameter.name)
    if kinds:
        assert set(parameter.takes.kinds) & set(kinds), name
    if parameter.is_switch or parameter.is_number:
        assert parameter.takes == takes.ANYTHING


@EACH
def test_words_that_the_help_lists_are_offered(name: str, parameter: signature.Parameter) -> None:
    """A help of nothing but words (``status, on or off``) is a fixed set."""
    listed = re.fullmatch(r"(\w+, )+\w+ or \w+", parameter.help)
    if listed:
        assert re.split(r", | or ", parameter.help) == list(parameter.takes.words), name


def test_words() -> None:
    assert takes.words("on", "off") == takes.Takes((), ("on", "off"), "on|off", is_closed=True)
    assert takes.Takes() == takes.ANYTHING

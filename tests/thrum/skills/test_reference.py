"""The reference says what the declarations say, so it cannot fall behind them."""

from __future__ import annotations

import re

from tests.rows import row
from thrum.cli import signature
from thrum.cli.table import COMMANDS, ENTRIES, Entry, Group, Heading
from thrum.skills import reference

ROWS = re.findall(r"^- `(thrum [^`]+)`: (.+)$", reference.page(), re.M)


def below(entry: Entry) -> Heading:
    return entry.place.heading if isinstance(entry.place, Group) else entry.place


SHOWN = [entry for entry in ENTRIES if below(entry) is not Heading.HIDDEN]


def usage_of(name: str) -> str:
    """The usage line of a command."""
    (found,) = (
        usage
        for usage, _ in ROWS
        if re.match(rf"thrum {name}(?![\w-])(?! [a-z])", usage) and name in COMMANDS
    )
    return found


def test_every_command_that_the_help_shows_has_a_line() -> None:
    assert [summary for _, summary in ROWS] == [
        entry.summary for heading in Heading for entry in SHOWN if below(entry) is heading
    ]


def test_a_line_has_every_flag_of_the_command() -> None:
    for entry in SHOWN:
        with row(entry.name):
            usage = usage_of(entry.name)
            for each in signature.parameters(signature.load(entry)):
                word = each.flags[0] if each.flags else each.label
                assert re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", usage), word
                assert (f"[{word}" in usage) is not each.required


def test_what_the_help_hides_is_hidden() -> None:
    hidden = [entry.name for entry in ENTRIES if below(entry) is Heading.HIDDEN]
    assert hidden
    page = reference.page()
    assert [name for name in hidden if f"`thrum {name}" in page] == []

"""Sentences about agents that are at the same files."""

from __future__ import annotations

from thrum.prime import met
from thrum.prime.met import Meeting


def test_each_form_names_whom_what_and_how_to_reach_them() -> None:
    said = met.compose(
        [
            Meeting("1", "nux", "held", ("src/a.py",), 1),
            Meeting("2", "slit", "holds", ("b", "c"), 2),
            Meeting("3", "max", "changes", ("d", "e"), 5_000),
            Meeting("4", "max", "unheard of", ("d",), 1),
        ]
    )
    assert said.ids == ["1", "2", "3"]
    one, two, three = said.text.splitlines()
    assert one.startswith("You have changed src/a.py, which @nux holds. To agree")
    assert two.startswith("@slit has changed b, c, which you hold.")
    assert "@max has changed d, e and 4,998 other files too" in three
    assert all(
        line.endswith(f'thrum send "…" --to @{who}')
        for line, who in (
            (one, "nux"),
            (two, "slit"),
            (three, "max"),
        )
    )


def test_it_is_bounded_and_what_did_not_fit_is_not_told() -> None:
    long = [Meeting(str(n), "n" * 500, "held", ("p" * 4000,) * 5, 5) for n in range(9)]
    said = met.compose(long)
    assert len(said.text) <= met.MOST
    assert said.ids == ["0"]


def test_names_of_files_stay_on_their_line() -> None:
    said = met.compose([Meeting("1", "nux", "held", ("a\nb\x1b[31m",), 1)])
    assert len(said.text.splitlines()) == 1
    assert "\x1b" not in said.text

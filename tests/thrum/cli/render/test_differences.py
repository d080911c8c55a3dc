"""What changes in a file is seen in a moment."""

from __future__ import annotations

import json

from thrum.cli.render import differences
from thrum.cli.render.paint import NONE, Paint


def test_only_what_changes_and_a_line_around_it() -> None:
    before = "a\nb\nc\nd\n"
    assert differences.lines(NONE, before, "a\nb\nc\nx\nd\n") == [" c", "+x", " d"]
    assert differences.lines(NONE, before, before) == []
    assert differences.lines(NONE, "", "a\n") == ["+a"]
    assert differences.lines(NONE, "a\n", "") == ["-a"]


def test_of_a_file_of_one_line_our_values_are_shown() -> None:
    theirs = {"theirs": ["x" * 40 for _ in range(20)]}
    before = json.dumps(theirs)
    after = json.dumps({**theirs, "ours": {"command": "thrum"}})
    found = differences.lines(NONE, before, after)
    assert '+    "command": "thrum"' in found
    assert sum("x" in line for line in found) <= 1
    assert differences.lines(NONE, after, before)[-4:][1:] != found


def test_a_long_line_that_is_no_json_is_cut() -> None:
    (gone, come) = differences.lines(NONE, "{" + "a" * 500, "{" + "b" * 500)
    assert len(gone) == len(come) == 160
    assert come.endswith("…")


def test_what_is_in_a_file_does_not_draw_on_the_terminal() -> None:
    assert "\x1b" not in "".join(differences.lines(NONE, "", "\x1b[2J"))
    assert differences.lines(Paint(is_on=True), "a", "b") == [
        "\x1b[31m-a\x1b[0m",
        "\x1b[32m+b\x1b[0m",
    ]

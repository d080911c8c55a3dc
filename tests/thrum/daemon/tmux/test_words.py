"""Words for tmux: real tmux gives each back as it was, by a line and by arguments."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tmux import NEEDED, Tmux
from thrum.daemon.tmux import words
from thrum.errors import ThrumError

HOSTILE = (
    "",
    "plain",
    "$HOME ${PATH} $(id) `id`",
    "it's 'quoted' \"twice\"",
    "ends;",
    "\\; ; \\",
    "#{pid} #(id) ##",
    "~ ~root {a} } {",
    "two\nlines\r\n\tand a tab\x1b[31m\x7f",
    "%begin 1 2 1",
    "\u202e\u2066 é 漢 \U0001f9ff",
    "-t",
    "x" * 8_000,
)


@NEEDED
def test_tmux_gets_them_as_they_are(tmux: Tmux) -> None:
    tmux.do("new-session", "-d", "-s", "x", "cat")
    for text in HOSTILE:
        commands = [("set-option", "-g", "@a", "1"), ("set-option", "-g", "--", "@word", text)]
        _by_line(tmux, words.line(commands))
        assert tmux.do("show-options", "-gv", "@word") == text
        tmux.do("set-option", "-gu", "@word")
        tmux.do(*words.arguments(commands))
        assert tmux.do("show-options", "-gv", "@word") == text


@NEEDED
def test_a_command_is_an_argument_of_another(tmux: Tmux) -> None:
    tmux.do("new-session", "-d", "-s", "x", "cat")
    for text in HOSTILE:
        inner = words.quoted(("set-option", "-g", "--", "@word", text))
        _by_line(tmux, words.line([("if-shell", "-F", "1", inner)]))
        assert tmux.do("show-options", "-gv", "@word") == text


def _by_line(tmux: Tmux, line: bytes) -> None:
    done = subprocess.run(
        ["tmux", "-u", "-C", "attach", "-t", "=x"],
        env=tmux.environment,
        input=line,
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert b"%error" not in done.stdout


@given(st.lists(st.text(), min_size=1))
def test_a_line_is_one(command: list[str]) -> None:
    try:
        line = words.line([command])
    except ThrumError as error:
        assert error.kind == "invalid_params"
    else:
        assert (line.count(b"\n"), line[-1:]) == (1, b"\n")


@pytest.mark.parametrize("word", ["a\0b", "\ud800"])
def test_what_no_argument_can_hold_is_refused(word: str) -> None:
    for written in (words.line, words.arguments):
        with pytest.raises(ThrumError):
            written([["x", word]])


def test_keys_are_told_from_text() -> None:
    for text in ("a\n", "\x03", "\x1b[A", "\x9b", "\u2028"):
        assert words.has_control(text)
    for text in ("", "it's é 漢 $(x)", "\u202e"):
        assert not words.has_control(text)


def test_a_format_gives_a_text_back() -> None:
    assert words.literal("a#(x)##") == "a##(x)####"

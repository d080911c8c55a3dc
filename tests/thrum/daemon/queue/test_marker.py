"""What follows a command, and what is cut out by it."""

from __future__ import annotations

import subprocess

import pytest

from thrum.daemon.queue import marker as markers
from thrum.daemon.queue.marker import STATUS, marker, output, status

MARK = marker("bash", "0123456789abcdef")
END = f"$ {MARK.line}\n\n{MARK.word} 0\n$ "


def test_it_says_a_status_and_ends_with_it() -> None:
    script = MARK.line.replace('"$?"', "7")
    done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (7, f"\n{MARK.word} 7\n")


@pytest.mark.parametrize("shell", sorted(STATUS))
def test_its_word_does_not_stand_in_what_is_typed(shell: str) -> None:
    made = marker(shell, "abc")
    assert made.word not in made.line
    assert made.line.startswith(" ")
    assert status(f"$ {made.line}", made.word) is None
    assert status(f"x\n{made.word} 130\n$ ", made.word) == 130
    assert status(f"x {made.word} 1\n", made.word) is None
    assert status(f"{made.word} 1 more\n", made.word) is None


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("", ""),
        ("one\ntwo\n", "one\ntwo"),
        ("\n\n  indented\n\n\nlast\n\n", "  indented\n\n\nlast"),
        ("no end of the line", "no end of the line"),
        ("one\nno end", "one\nno end"),
        ("$ make\nwhat it said before\n", "$ make\nwhat it said before"),
        ("thrum-0123 0\n", "thrum-0123 0"),
    ],
)
def test_only_what_a_command_printed_is_its_output(said: str, expected: str) -> None:
    since = f"$ make\n{said}{END}"
    before = "$ make\nold\n$ make\nolder\n"
    assert output(since, before + since, "make", MARK, "$ ", "$ ") == expected


def test_it_is_found_where_lines_are_counted_anew() -> None:
    whole = f"$ make\nold\n$ make\nnew\n{END}"
    assert output("middle\nof something", whole, "make", MARK, "$ ", "$ ") == "new"
    assert output("x", f"no beginning\n{END}", "make", MARK, "$ ", "$ ") == "no beginning"


def test_it_is_found_where_a_terminal_breaks_lines() -> None:
    text = "echo " + "x" * 40
    typed = f"$ {text}"
    rows = "\n".join(typed[at : at + 20] for at in range(0, len(typed), 20))
    mark = "\n".join(f"$ {MARK.line}"[at : at + 20] for at in range(0, len(MARK.line) + 2, 20))
    since = f"{rows}\nsaid\n{mark}\n\n{MARK.word} 0\n$ "
    assert output(since, since, text, MARK, "$ ", "$ ") == "said"


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        (f"$\none\ntwo\n$\n\n{MARK.word} 0\n$\n", "one\ntwo"),
        (f"$ \none$ \n\n{MARK.word} 0\n$ \n", "one"),
        (f"$\n$\n\n{MARK.word} 0\n$\n", ""),
        (f"$\none\n$ {MARK.line}\n\n{MARK.word} 0\n$\n", "one"),
        (f"what was there\none\n$\n\n{MARK.word} 0\n$\n", ""),
        ("$\n", ""),
        ("", ""),
    ],
)
def test_where_nothing_is_echoed_it_begins_below_its_prompt(since: str, expected: str) -> None:
    shown = f"$ old\nolder\n{since}"
    assert output(since, shown, "make", MARK, "$ ", "$ ") == expected


def test_without_a_marker_everything_so_far_is() -> None:
    assert output("$ make\nso\nfar", "", "make", None, "$ ", "$ ") == "so\nfar"


def test_another_prompt_is_not_taken_for_output() -> None:
    since = f"~/a $ cd b\n~/b $ {MARK.line}\n\n{MARK.word} 0\n"
    assert output(since, since, "cd b", MARK, "~/a $ ", "~/a $ ") == ""


def test_where_nobody_knows_the_prompt_nothing_on_its_line_is_output() -> None:
    since = f"$ exit\nsaid\nouter$ {MARK.line}\n\n{MARK.word} 0\n"
    assert output(since, since, "exit", MARK, "$ ", "") == "said"


def test_a_megabyte_is_cut_in_no_time_worth_speaking_of() -> None:
    lines = "".join(f"line {number}\n" for number in range(100_000))
    since = f"$ make\n{lines}{END}"
    assert output(since, since, "make", MARK, "$ ", "$ ") == lines.rstrip()
    assert markers.status(since, MARK.word) == 0

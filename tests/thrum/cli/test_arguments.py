"""Flags anywhere on the line."""

from __future__ import annotations

import itertools
from typing import Annotated, Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from tests.rows import row
from tests.thrum.cli import fitting
from thrum.cli import arguments, signature, table
from thrum.cli.options import Options
from thrum.errors import ThrumError


def command(
    context: object,
    text: Annotated[str | None, typer.Argument(help="t")] = None,
    to: Annotated[str | None, typer.Option(help="t")] = None,
    scope: Annotated[list[str] | None, typer.Option(help="s")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="f")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="n")] = 5,
    role: Annotated[str | None, typer.Option(help="r")] = None,
) -> None:
    """A command with one parameter of each kind."""


PARAMETERS = signature.parameters(command)


def bind(*words: str, into: Options | None = None) -> dict[str, Any]:
    return arguments.bind(words, PARAMETERS, into or Options())


def test_a_list_that_must_be_given_must_hold_something() -> None:
    def find(context: object, query: Annotated[list[str], typer.Argument(help="q")]) -> None: ...

    parameters = signature.parameters(find)
    assert arguments.bind(["a", "b"], parameters, Options()) == {"query": ["a", "b"]}
    with pytest.raises(ThrumError, match="QUERY is missing"):
        arguments.bind([], parameters, Options())


@pytest.mark.parametrize(
    "words", list(itertools.permutations([("--to", "@x"), ("hello",), ("--follow",), ("--json",)]))
)
def test_the_order_does_not_matter(words: tuple[tuple[str, ...], ...]) -> None:
    options = Options()
    values = bind(*itertools.chain(*words), into=options)
    assert (values["to"], values["text"], values["follow"]) == ("@x", "hello", True)
    assert options.json


@pytest.mark.parametrize("words", [["--to", "-30s"], ["--to=-30s"]])
def test_a_value_may_begin_with_a_dash(words: list[str]) -> None:
    assert bind(*words)["to"] == "-30s"


@pytest.mark.parametrize(
    ("words", "value"),
    [(["--follow"], True), (["--follow=true"], True), (["--follow=false"], False), ([], False)],
)
def test_switches_take_a_truth_behind_an_equals_sign(words: list[str], value: bool) -> None:
    assert bind(*words)["follow"] is value


@pytest.mark.parametrize(
    "words",
    [["-n", "3", "-f"], ["-n3", "-f"], ["-fn3"], ["-fn", "3"], ["-n=3", "-f"], ["--lines=3", "-f"]],
)
def test_short_flags_may_be_written_together(words: list[str]) -> None:
    values = bind(*words)
    assert (values["lines"], values["follow"]) == (3, True)


def test_lists_take_commas_and_repetition() -> None:
    assert bind("--scope", "a:1,b:2", "--scope=c:3")["scope"] == ["a:1", "b:2", "c:3"]
    assert bind()["scope"] is None


@pytest.mark.parametrize(
    "words",
    [
        ["--to", "a", "--to", "b"],
        ["--to=a", "--to=a"],
        ["-n", "3", "--lines", "4"],
        ["--role", "a", "--role=b"],
        ["--repo", "a", "--repo", "b"],
        ["--module", "a", "x", "--module", "b"],
    ],
)
def test_a_second_value_where_one_is_taken_is_refused(words: list[str]) -> None:
    with pytest.raises(ThrumError) as caught:
        bind(*words)
    assert caught.value.kind == "usage"
    assert "more than once" in caught.value.message
    with pytest.raises(ThrumError):
        arguments.find_command(["--repo", "a", "--repo", "b", "inbox"], Options())


def test_a_switch_may_be_said_twice() -> None:
    assert bind("-f", "--follow")["follow"] is True


def test_two_dashes_end_the_flags() -> None:
    assert bind("--follow", "--", "--json")["text"] == "--json"
    assert bind("--", "-fn5")["text"] == "-fn5"


def test_a_single_dash_is_a_word() -> None:
    assert bind("-")["text"] == "-"


def test_a_flag_of_the_command_comes_before_the_one_of_every_command() -> None:
    options = Options()
    assert bind("--role", "tester", "--module", "auth", into=options)["role"] == "tester"
    assert (options.role, options.module) == ("", "auth")


def test_flags_may_stand_before_the_command() -> None:
    options = Options()
    name, rest = arguments.find_command(["--json", "--repo=/x", "inbox", "--unread"], options)
    assert (name, rest) == ("inbox", ["--unread"])
    assert (options.json, options.repo) == (True, "/x")
    name, rest = arguments.find_command(["--unread", "inbox"], Options())
    assert (name, rest) == ("inbox", ["--unread"])
    name, rest = arguments.find_command(["message", "--json", "get", "1"], options)
    assert (name, rest) == ("message get", ["1"])


@given(st.lists(st.text(max_size=8), max_size=6))
def test_any_line_is_read_or_refused(words: list[str]) -> None:
    try:
        values = bind(*words)
    except ThrumError as error:
        assert error.kind == "usage"
    else:
        assert isinstance(values["lines"], int)


def test_no_command_takes_the_last_of_two_values() -> None:
    for name in table.COMMANDS:
        with row(name):
            parameters = signature.parameters(signature.load(table.COMMANDS[name]))
            single = [
                each for each in parameters if each.flags and not (each.is_list or each.is_switch)
            ]
            for each in single:
                value = fitting.value(each, "1")
                words = [each.flags[0], value, f"{each.flags[-1]}={value}"]
                with pytest.raises(ThrumError, match="more than once"):
                    arguments.bind(words, parameters, Options())


@given(st.lists(st.text(max_size=8), max_size=6))
def test_any_beginning_of_a_line_is_read_or_refused(words: list[str]) -> None:
    try:
        arguments.find_command(words, Options())
    except ThrumError as error:
        assert error.kind == "usage"


@given(st.text(max_size=30))
def test_any_text_can_be_sent_behind_two_dashes(text: str) -> None:
    assert bind("--", text)["text"] == text
    assert bind(f"--to={text}")["to"] == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("-fix it", "'-fix it'"),
        ("-fix", "-fix"),
        ("- one\n- two", "'- one\n- two'"),
        ("--- end ---", "'--- end ---'"),
        ("-5 degrees=cold", "'-5 degrees=cold'"),
        ("--to is a flag", "'--to is a flag'"),
        ("-" + "x" * 80, "'-" + "x" * 39 + "…'"),
    ],
)
def test_a_text_that_begins_with_a_dash_is_told_where_it_belongs(text: str, shown: str) -> None:
    with pytest.raises(ThrumError) as refused:
        bind(text, "--to", "@x")
    assert refused.value.hint == f"if that is the TEXT, put it last, behind --: … -- {shown}"
    assert bind("--to", "@x", "--", text)["text"] == text


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["hi", "--cc", "@x"], "see --help"),
        (["--folow"], "did you mean --follow?"),
        (["hi", "--folow=true"], "did you mean --follow?"),
        (["hi", "-more of it"], "see --help"),
    ],
)
def test_what_can_be_no_text_is_a_flag(words: list[str], hint: str) -> None:
    with pytest.raises(ThrumError) as refused:
        bind(*words)
    assert refused.value.hint == hint


@pytest.mark.parametrize("flag", ["--to", "--to=@x", "--json", "-n", "--repo"])
def test_flags_behind_two_dashes_are_told_so(flag: str) -> None:
    with pytest.raises(ThrumError, match="stands behind --"):
        bind("--", "-fix it", flag, "x")

"""Questions to a person, and what may come instead of an answer."""

from __future__ import annotations

from typing import Any

import pytest

from thrum import names
from thrum.cli.steps import questioning
from thrum.errors import ThrumError


class Typing:
    """A terminal at which something else than a line is typed."""

    def __init__(self, raised: BaseException) -> None:
        self._raised = raised

    def readline(self) -> str:
        raise self._raised


def asked(world: Any, typed: str = "", raised: BaseException | None = None) -> Any:
    context = world.context([], terminal=True, stdin=typed)
    if raised:
        context.stdin = Typing(raised)
    return context


@pytest.mark.parametrize(
    ("typed", "said", "after"),
    [
        ("yes\n", "yes", ""),
        ("  two words \r\n", "two words", ""),
        ("\n", "", ""),
        ("half", "half", "\n"),
        ("", None, "\n"),
    ],
)
def test_what_follows_an_answer_begins_a_line(
    world: Any, typed: str, said: str | None, after: str
) -> None:
    context = asked(world, typed)
    assert questioning.answer(context, "Go on?") == said
    assert context.stderr.getvalue() == f"Go on? {after}"


def test_who_interrupts_is_let_go_on_a_new_line(world: Any) -> None:
    context = asked(world, raised=KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        questioning.answer(context, "Go on?")
    assert context.stderr.getvalue() == "Go on? \n"


def test_bytes_that_are_no_text_are_no_answer(world: Any) -> None:
    context = asked(world, raised=UnicodeDecodeError("utf-8", b"\xff", 0, 1, "no"))
    assert questioning.answer(context, "Go on?") == questioning.GARBAGE
    with pytest.raises(ThrumError):
        names.check_agent_name(questioning.GARBAGE)


def test_a_question_comes_again_until_the_answer_fits(world: Any) -> None:
    context = asked(world, "No Name\n\x1b[2J\nnux\n")
    assert questioning.insisted(context, "Name", "max", names.check_agent_name) == "nux"
    said = context.stderr.getvalue()
    assert said.count("  Name [max]: ") == 3
    assert "'No Name' may hold" in said
    assert "\x1b" not in said
    assert questioning.insisted(asked(world, "\n"), "Name", "max", names.check_agent_name) == "max"


@pytest.mark.parametrize("typed", ["", "No Name\n", "No Name"])
def test_the_end_of_input_is_no_answer(world: Any, typed: str) -> None:
    with pytest.raises(ThrumError, match="nothing was done") as refused:
        questioning.insisted(asked(world, typed), "Name", "max", names.check_agent_name)
    assert refused.value.kind == "usage"


def test_sentences_keep_to_the_terminal(world: Any) -> None:
    context = world.context([], terminal=True, columns=30)
    questioning.tell(context, "the name may hold only a-z, 0-9 and nothing else", indent="  ")
    assert context.stderr.getvalue() == ("  the name may hold only a-z,\n  0-9 and nothing else\n")

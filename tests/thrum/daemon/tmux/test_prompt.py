"""Prompts, and what is none."""

from __future__ import annotations

import pytest

from thrum.daemon.tmux.prompt import against, evidence, goes_on


@pytest.mark.parametrize(
    "before",
    [
        "$ ",
        "# ",
        "vm% ",
        "user@host:~/a b$ ",
        "❯ ",
        "root@vm ~ [1]# ",
        "~/x \ue0b0 ",
        "dev> ",
        "➜ ",
    ],
)
def test_an_empty_prompt_is_taken_for_one(before: str) -> None:
    assert against(before, "") == ""
    assert against(before, "      12:30:01 ✔") == ""


@pytest.mark.parametrize(
    "before", ["$ ls", "$ ls ", "$ cd /tmp/", "$ echo 'it is", "", "    ", "Continue? [y/N] "]
)
def test_whatever_is_typed_is_seen(before: str) -> None:
    assert "typed" in against(before, "")


def test_so_is_what_stands_behind_the_cursor() -> None:
    assert "typed" in against("$ ", "ls -l")
    assert "typed" in against("$ ", " ls", "$ ")


@pytest.mark.parametrize(
    "before", ["> ", ">", "? ", "quote> ", "dquote> ", "cmdsubst> ", "for while> ", "pipe dquote> "]
)
def test_a_command_that_goes_on_is_none(before: str) -> None:
    assert goes_on(before)
    assert "rest of a command" in against(before, "", "$ ")


@pytest.mark.parametrize("known", ["> ", "odd prompt:", "quote> "])
def test_a_prompt_that_is_known_to_be_empty_is_one(known: str) -> None:
    assert not goes_on(known, known)
    assert against(known, "", known) == ""
    assert "typed" in against(f"{known}echo $ ", "", known)


def test_after_a_change_of_folder_another_one_is() -> None:
    assert against("~/b $ ", "", "~/a $ ") == ""


@pytest.mark.parametrize(
    "before", ["$ ls > ", "$ echo $", "vm% grep -c %", "# cat <<EOF #", "~/x $ a ❯ "]
)
def test_a_half_line_that_ends_as_prompts_do_is_seen(before: str) -> None:
    assert "typed" in evidence(before, "")


@pytest.mark.parametrize("before", ["$ ls", "~/x> ls ", "❯ git status", "vm ~ % cd /tmp"])
def test_what_stands_behind_a_mark_shows_that_something_is_typed(before: str) -> None:
    assert "typed" in evidence(before, "")
    assert "typed" in evidence("$ ", "ls -l")


@pytest.mark.parametrize(
    "before", ["", "$ ", "➜  repo git:(main) ✗ ", "[12:30] me in ~/x ", "a > b > ", "dev> "]
)
def test_where_nothing_shows_it_nothing_is_said(before: str) -> None:
    assert evidence(before, "") == ""
    assert evidence(before, "      12:30:01 ✔") == ""


def test_a_prompt_that_is_known_says_what_is_typed_behind_it() -> None:
    assert "typed" in evidence("➜  repo ls", "", "➜  repo ")
    assert evidence("~/50 % x ", "", "~/50 % x ") == ""
    assert evidence("costs $ 5~/x $ ", "", "~/x $ ") == ""


def test_what_goes_on_has_its_beginning_above() -> None:
    assert "rest of a command" in evidence("> ", "")
    assert evidence("> ", "", is_first=True) == ""
    assert evidence("> ", "", "> ") == ""

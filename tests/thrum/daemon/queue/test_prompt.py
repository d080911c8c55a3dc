"""Prompts, and what is none."""

from __future__ import annotations

import pytest

from thrum.daemon.queue.prompt import against, goes_on


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

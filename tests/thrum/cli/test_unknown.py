"""Words that are no commands, and what somebody meant by them."""

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.thrum.cli import fitting
from thrum.cli import arguments, signature, table, unknown
from thrum.cli.options import Options

LINES = re.compile(r"`thrum ([^`]*)`")


def lines(name: str, word: str, rest: list[str]) -> list[str]:
    """The lines that are offered, as they are typed behind ``thrum``."""
    return LINES.findall(unknown.meant(name, word, rest))


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("read msg_1", ["message get msg_1", "message read msg_1"]),
        ("read", ["inbox", "message get MESSAGE_ID", "message read"]),
        ("ls", ["inbox", "team", "log"]),
        ("ls --unread", ["inbox --unread"]),
        ("start", ["daemon start", "session start"]),
        ("stop", ["daemon stop", "session end"]),
        ("threads", ["thread MESSAGE_ID", "inbox"]),
        ("messages", ["inbox", "log"]),
        ("agents", ["team", "agent list"]),
        ("who", ["team", "whoami", "who-has FILE"]),
        ("mail", ["inbox", "send"]),
        ("log-in bob", ["quickstart bob"]),
        ("Log_In", ["quickstart", "session start"]),
        ("LOGOUT", ["session end"]),
        ("say 'hi there' --to @x", ["send 'hi there' --to @x"]),
        ("answer AB12 done", ["reply AB12 done"]),
        ("heartbeat", ["session heartbeat"]),
        ("withdraw AB12", ["message withdraw AB12"]),
        ("glossary", ["help glossary"]),
        ("subscribe", ["wait", "log --follow"]),
        # The group behind what is done with it.
        ("list agents", ["agent list"]),
        ("show message AB12", ["message get AB12"]),
        ("create group crew", ["group create crew"]),
        ("stop daemon", ["daemon stop"]),
        # What is near to a word that people use.
        ("raed AB12", ["message get AB12", "message read AB12"]),
        # Within a group.
        ("message show AB12", ["message get AB12"]),
        ("message send hi", ["send hi"]),
        ("message list", ["inbox", "sent", "log"]),
        ("agent show nux", ["ping nux"]),
        ("agent whois nux", []),
        ("group rm crew @nux", ["group remove crew @nux"]),
        ("group rm crew", ["group delete crew", "group remove crew"]),
        ("group join crew @nux", ["group add crew @nux"]),
        ("context history", ["context show --versions"]),
        ("daemon down", ["daemon stop"]),
        ("sync now", ["sync force"]),
        ("rpc list", ["rpc describe"]),
        ("worktree remove x", ["worktree teardown x"]),
        ("worktree rm x", ["worktree teardown x"]),
        ("worktree stop x", ["worktree teardown x"]),
        ("tmux kick s", ["tmux kill s"]),
        ("tmux stop s", ["tmux kill s"]),
        ("context rm", ["context clear"]),
        ("session drop", ["session end"]),
        ("config set x y", ["config show"]),
        ("runtime set claude", ["runtime set-default claude"]),
        ("user delete bob", []),
        ("daemon edit", []),
        ("mcp install", ["setup"]),
        ("qwertz", []),
    ],
)
def test_what_people_say_leads_to_what_it_is_called_here(typed: str, offered: list[str]) -> None:
    first, *rest = shlex.split(typed)
    name, word, rest = (first, rest[0], rest[1:]) if first in table.GROUPS else ("", first, rest)
    assert lines(name, word, rest) == offered


@pytest.mark.parametrize("group", table.GROUPS)
def test_what_is_done_in_a_group_is_done_to_nothing_of_another(group: str) -> None:
    """Who follows a hint from `worktree remove x` deletes no agent x."""
    words = {*unknown.SAID, *(each for alike in unknown.ALIKE for each in alike)}
    told = {
        line for key, said in unknown.SAID.items() if key.startswith(f"{group} ") for line in said
    }
    mine = {group.split()[0], *(line.split()[0] for line in told)}
    for word in sorted(each for each in words if " " not in each):
        for line in lines(group, word, ["x"]):
            first = line.split()[0]
            assert first in mine or first not in table.GROUPS, line


@pytest.mark.parametrize("said", unknown.SAID)
def test_every_line_that_is_told_can_be_typed(said: str) -> None:
    """And nothing that is a command is called another way."""
    assert said not in table.COMMANDS
    assert said not in table.GROUPS
    for line in unknown.SAID[said]:
        name, words = arguments.find_command(shlex.split(line), Options())
        parameters = signature.parameters(signature.load(table.COMMANDS[name]))
        missing = [each for each in parameters if each.required][len(words) :]
        given = [fitting.value(each, "AB12") for each in missing]
        arguments.bind([*words, *given], parameters, Options())


@pytest.mark.parametrize("alike", unknown.ALIKE, ids=lambda alike: alike[0])
def test_every_other_word_leads_somewhere(alike: tuple[str, ...]) -> None:
    first, *others = alike
    ends = {entry.word for entry in table.ENTRIES}
    assert first in {*ends, *unknown.SAID}
    assert len(set(others)) == len(others)
    # A word that is a command by itself needs no other; in a group it may.
    assert first not in others


@given(st.sampled_from(sorted({*unknown.SAID, *sum(unknown.ALIKE, ())})), st.text(max_size=12))
def test_words_of_the_line_are_repeated_only_where_they_fit(said: str, text: str) -> None:
    """Whatever they are, the line that is offered means the same words when it is pasted."""
    name, _, word = said.rpartition(" ")
    for line in lines(name, word, [text]):
        found, words = arguments.find_command(shlex.split(line), Options())
        assert found in table.COMMANDS
        if text in words:
            parameters = signature.parameters(signature.load(table.COMMANDS[found]))
            arguments.bind(words, parameters, Options())


def test_it_is_one_line_with_the_exit_status_of_what_is_not_understood(world: Any) -> None:
    ran = world.run("read", "msg_1")
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert "`thrum message get msg_1` (show one message in full)" in ran.err
    told = world.run("read", "msg_1", "--json").error
    assert (told["kind"], "thrum message get" in told["hint"]) == ("usage", True)
    assert world.daemon.requests == []


def test_what_is_long_is_not_repeated() -> None:
    assert lines("", "say", ["word " * 40]) == ["send", "reply MESSAGE_ID"]


def test_help_says_it_as_well(world: Any) -> None:
    for typed, says in (("read", "thrum inbox"), ("message show", "thrum message get")):
        ran = world.run("help", *typed.split())
        assert (ran.code, says in ran.err) == (2, True)

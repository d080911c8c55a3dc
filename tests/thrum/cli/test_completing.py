"""What is offered for the rest of a line."""

from __future__ import annotations

import shlex
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.rows import row
from thrum.cli import arguments, completing, options, signature, table
from thrum.cli.completing import complete
from thrum.cli.options import Options
from thrum.errors import ThrumError


@pytest.fixture
def crowd(world: Any, message: Any) -> Any:
    """A world with agents, a group and messages."""
    world.daemon.answers |= {
        "agent.list": {
            "agents": [
                {"agent_id": "nux", "role": "tester", "module": "war"},
                {"agent_id": "furiosa", "role": "implementer", "module": "auth"},
                {"agent_id": "max", "role": "implementer", "module": ""},
            ]
        },
        "agent.whoami": {"agent_id": "furiosa"},
        "group.list": {"groups": [{"name": "war-rig", "description": "who drives"}]},
        "message.list": {"messages": [message("BBBBBB", "new"), message("AAAAAA", "old")]},
    }
    return world


def offered(world: Any, line: str) -> list[str]:
    words = shlex.split(line) + ([""] if line[-1:] in {"", " "} else [])
    return [each.value for each in complete(words, world.context([]))]


def test_an_empty_line_is_offered_what_the_help_lists(world: Any) -> None:
    assert offered(world, "") == list(table.first_words())
    assert "complete" not in offered(world, "comp")


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("inb", ["inbox"]),
        ("message ", list(table.subcommands("message"))),
        ("--json daemon st", ["start", "stop", "status"]),
        ("log s", ["show"]),
        ("log --follow s", []),
        ("message read --a", ["--all"]),
        ("send word --bro", ["--broadcast"]),
        ("send --broadcast --bro", []),
        ("send --file x --bod", []),
        ("send --body-f", []),
        ("send --body-file x --fil", []),
        ("agent delete x --fo", []),
        ("inbox --limit 3 --page-s", []),
        ("send --scope a:b --sco", ["--scope"]),
        ("--ver", ["--verbose", "--version"]),
        ("daemon --ver", ["--verbose"]),
        ("inbox --ver", ["--verbose"]),
        ("send --format ", ["markdown", "plain", "json"]),
        ("send --format=p", ["--format=plain"]),
        ("team l", ["local"]),
        ("agent set-status w", ["working"]),
        ("sync worktree o", ["on", "off"]),
        ("completion f", ["fish"]),
        ("send --to @", ["@furiosa", "@max", "@nux", "@everyone", "@war-rig"]),
        (
            "send --to ",
            ["@furiosa", "@max", "@nux", "@everyone", "@war-rig", "implementer", "tester"],
        ),
        ("send --to @nux,w", ["@nux,war-rig"]),
        ("send --to m", ["max"]),
        ("send --to @m", ["@max"]),
        ("send --to=@m", ["--to=@max"]),
        ("send --mention @nux,te", ["@nux,tester"]),
        ("send --mention wa", ["war-rig"]),
        ("send --to nux --mention @w", ["@war-rig"]),
        ("group add w", ["war-rig"]),
        ("group add war-rig f", ["furiosa"]),
        ("--role ", ["implementer", "tester"]),
        ("inbox --role te", ["tester"]),
        ("agent list --module w", ["war"]),
        ("reply ", ["BBBBBB", "AAAAAA"]),
        ("message read BBBBBB A", ["AAAAAA"]),
        ("reply msg_01M7XCNHBQTZPY0FK2ZTA", ["msg_01M7XCNHBQTZPY0FK2ZTAAAAAA"]),
        ("quickstart f", ["furiosa"]),
        ("send -- --t", []),
        ("nonsense ", []),
        ("message nonsense ", []),
        ("send --nonsense x", []),
        ("version x", []),
    ],
)
def test_what_fits(crowd: Any, line: str, values: list[str]) -> None:
    assert offered(crowd, line) == values


@pytest.mark.parametrize("words", [["\0"], ["--repo", "\0", "ping", ""], ["send", "--file", "\n/"]])
def test_what_no_line_can_hold_has_no_answer(world: Any, words: list[str]) -> None:
    assert complete(words, world.context([])) == []


def test_where_nothing_else_is_known_flags_are_offered(world: Any) -> None:
    assert offered(world, "inbox ")[:2] == ["--unread", "--all"]
    assert offered(world, "send ")[0] == "--to"
    assert offered(world, "send -- ") == []
    # Agents go there, though none is known.
    assert offered(world, "ping ") == []


def test_a_flag_of_the_command_hides_the_one_of_every_command(world: Any) -> None:
    assert offered(world, "team --").count("--all") == 1
    assert offered(world, "quickstart x --").count("--role") == 1


def test_each_candidate_says_what_it_is(crowd: Any) -> None:
    found = complete(["reply", "B"], crowd.context([]))
    assert found == [("BBBBBB", "@nux 2m ago: new")]
    assert complete(["send", "--form"], crowd.context([])) == [
        ("--format", "markdown, plain or json")
    ]
    assert complete(["inb"], crowd.context([])) == [("inbox", "Read your messages")]


def test_what_others_wrote_is_one_harmless_line(crowd: Any, message: Any) -> None:
    crowd.daemon.answers["message.list"] = {
        "messages": [message("AAAAAA", "two\nlines\tand \x1b[2J " + "long " * 99)]
    }
    crowd.daemon.answers["agent.list"] = {
        "agents": [{"agent_id": "a\nb"}, {"agent_id": "a\x1b[2J"}, {"agent_id": "a\u202eb"}]
    }
    (only,) = complete(["reply", ""], crowd.context([]))
    assert only.about.isprintable()
    assert len(only.about) <= completing.ABOUT
    assert "a" not in "".join(offered(crowd, "ping a"))


def test_candidates_are_bounded(crowd: Any) -> None:
    rows = [{"agent_id": f"agent_{number}"} for number in range(2 * completing.MOST)]
    crowd.daemon.answers["agent.list"] = {"agents": rows}
    assert len(offered(crowd, "ping ")) == completing.MOST


def test_another_repository_is_asked(crowd: Any, tmp_path: Any) -> None:
    crowd.root = tmp_path
    assert offered(crowd, "ping ") == []
    assert offered(crowd, "--repo shop ping f") == ["furiosa"]
    assert offered(crowd, "ping --repo shop f") == ["furiosa"]
    assert offered(crowd, "--repo sh") == ["shop/"]


def test_the_line_itself_cannot_silence_the_answer(crowd: Any) -> None:
    assert crowd.run("complete", "--", "--json", "--quiet", "ping", "f").out.startswith("furiosa")


def test_nothing_is_changed(crowd: Any) -> None:
    def files() -> dict[Any, bytes]:
        return {path: path.read_bytes() for path in crowd.root.rglob("*") if path.is_file()}

    before = files()
    for line in ("send --to ", "reply ", "message read ", "message edit ", "session end "):
        offered(crowd, line)
    reads = {"agent.list", "agent.whoami", "group.list", "message.list", "session.list"}
    assert {*crowd.daemon.methods} <= reads
    assert all("for_agent" not in params for _, params in crowd.daemon.requests)
    assert files() == before


def test_every_flag_of_every_command_is_offered(world: Any) -> None:
    for name in table.COMMANDS:
        with row(name):
            parameters = signature.parameters(signature.load(table.COMMANDS[name]))
            flags = {flag for each in parameters for flag in each.flags}
            assert {*offered(world, f"{name} -")} == flags | {*options.SWITCHES} | {*options.VALUES}


WORDS = st.lists(
    st.one_of(
        st.text(max_size=6),
        st.sampled_from([*table.first_words(), *options.SWITCHES, *options.VALUES]),
        st.sampled_from(["get", "--to", "--to=", "-n", "-fn", "--", "-", "@", "a,b", "--scope"]),
    ),
    max_size=6,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=WORDS)
def test_any_line_has_an_answer(world: Any, words: list[str]) -> None:
    typed = words[-1] if words else ""
    found = complete(words, world.context([]))
    assert all(each.value.startswith(typed) and each.value.isprintable() for each in found)
    assert all(each.about.isprintable() for each in found)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=WORDS)
def test_what_is_offered_can_be_read(world: Any, words: list[str]) -> None:
    """A flag or command that is offered is one that the reading of the line knows."""
    for each in complete(words, world.context([])):
        line = [*words[:-1], each.value]
        try:
            name, rest = arguments.find_command(line, Options())
            if name in table.COMMANDS:
                given_ = signature.parameters(signature.load(table.COMMANDS[name]))
                arguments.bind(rest, given_, Options())
        except ThrumError as error:
            assert "there is no" not in error.message or each.value not in error.message

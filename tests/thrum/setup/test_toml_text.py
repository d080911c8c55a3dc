"""One table of ours in a TOML text."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.laws import examples
from thrum.setup import toml_text

OURS = ("mcp_servers", "thrum")
SERVER = {"command": "/home/p/.thrum/bin/thrum", "args": ["mcp", "serve"], "tool_timeout_sec": 620}
LINES = st.sampled_from(
    [
        "# a remark, [not a table]",
        "",
        "[tools]",
        'web = "on" # why',
        "[mcp_servers.other]",
        'command = "npx"',
        'args = ["-y", "[x]"]',
        "[mcp_servers.other.env]",
        "[[hooks.Stop]]",
        "[profiles.thrum]",
        'text = """',
        "[inside]",
        '"""',
        "  [ indented . table ]",
        "a.b = 1",
        "x = {y = 1}",
    ]
)


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Lines that together may be TOML."""
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    lines = draw(st.lists(LINES, max_size=10))
    return newline.join(lines) + draw(st.sampled_from(["", newline, 3 * newline]))


def reads(text: str) -> bool:
    try:
        tomllib.loads(text)
    except ValueError:
        return False
    return True


@settings(max_examples=examples(150))
@given(texts().filter(reads), st.dictionaries(st.text(max_size=5), st.text(max_size=5), min_size=1))
def test_what_is_put_is_at_the_end_and_can_be_taken_out_again(
    text: str, value: dict[str, Any]
) -> None:
    after = toml_text.put(text, OURS, value)
    assert after.startswith(text)
    assert toml_text.find(after, OURS) == value
    assert toml_text.drop(after, OURS) in {text, text + "\n", text + "\r\n"}
    if not text or text.endswith("\n"):
        assert toml_text.drop(after, OURS) == text


@given(texts().filter(reads))
def test_a_table_that_changes_is_written_anew(text: str) -> None:
    once = toml_text.put(text, OURS, {"command": "/old"})
    twice = toml_text.put(once, OURS, SERVER)
    assert twice == toml_text.put(text, OURS, SERVER) or not text.endswith("\n")
    assert toml_text.find(twice, OURS) == SERVER


@pytest.mark.parametrize(
    "text",
    [
        '[mcp_servers.thrum]\ncommand = "/x"\n\n[after]\na = 1\n',
        '[before]\na = 1\n\n[mcp_servers.thrum]\ncommand = "/x" # [no]\n'
        '[mcp_servers.thrum.env]\nA = "1"\n',
        '[mcp_servers]\n[mcp_servers.thrum]\ncommand = "/x"\n',
        '[ mcp_servers . thrum ] # ours\ncommand = "/x"\n',
        '[mcp_servers."thrum"]\ncommand = "/x"\n',
        "[mcp_servers.thrum]\r\ncommand = '/x'\r\n[z]\r\n",
    ],
)
def test_a_table_is_taken_out_wherever_it_stands(text: str) -> None:
    rest = toml_text.drop(text, OURS)
    assert toml_text.find(rest, OURS) is None
    kept = tomllib.loads(text)
    del kept["mcp_servers"]
    assert {key: value for key, value in tomllib.loads(rest).items() if value} == {
        key: value for key, value in kept.items() if value
    }


@pytest.mark.parametrize(
    "text",
    [
        'mcp_servers = {thrum = {command = "/x"}}\n',
        'mcp_servers.thrum.command = "/x"\n',
        '[mcp_servers]\nthrum = {command = "/x"}\n',
        '[mcp_servers.thrum]\ncommand = "/x"\nnote = """\n[not a table]\n"""\n',
    ],
)
def test_one_that_stands_otherwise_is_left_alone(text: str) -> None:
    with pytest.raises(ValueError, match="cannot be changed safely"):
        toml_text.drop(text, OURS)


def test_a_text_that_looks_like_our_table_is_none() -> None:
    text = 'note = """\n[mcp_servers.thrum]\ncommand = "/x"\n"""\n'
    after = toml_text.put(text, OURS, SERVER)
    assert toml_text.find(after, OURS) == SERVER
    assert toml_text.drop(after, OURS) == text


@pytest.mark.parametrize("text", ["mcp_servers = 3\n", "a = \n", "[[mcp_servers]]\n", "\x00"])
def test_what_is_in_the_way_is_a_refusal(text: str) -> None:
    with pytest.raises(ValueError):
        toml_text.put(text, OURS, SERVER)


def test_nothing_can_be_taken_out_of_nothing() -> None:
    with pytest.raises(KeyError):
        toml_text.drop("a = 1\n", OURS)

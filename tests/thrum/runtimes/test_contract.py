"""What adapters have in common."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum.runtimes.contract import Adapter, Event, Hook, Moment, Scope, Where, cut

PROGRAM = Path("/home/me/.thrum/bin/thrum")


def where(scope: Scope, **env: str) -> Where:
    return Where(scope, Path("/work"), Path("/home/me"), env, PROGRAM)


@pytest.mark.parametrize(
    ("scope", "env", "variable", "expected"),
    [
        (Scope.PROJECT, {}, "", "/work/.tool"),
        (Scope.PROJECT, {"TOOL_HOME": "/else"}, "TOOL_HOME", "/work/.tool"),
        (Scope.USER, {}, "TOOL_HOME", "/home/me/.tool"),
        (Scope.USER, {"TOOL_HOME": "/else"}, "TOOL_HOME", "/else"),
        (Scope.USER, {"TOOL_HOME": "/else"}, "", "/home/me/.tool"),
        (Scope.USER, {"TOOL_HOME": ""}, "TOOL_HOME", "/home/me/.tool"),
    ],
)
def test_where_a_runtimes_folder_is(
    scope: Scope, env: dict[str, str], variable: str, expected: str
) -> None:
    assert where(scope, **env).folder(".tool", variable) == Path(expected)


def test_an_adapter_that_says_nothing_does_nothing() -> None:
    silent = Adapter("silent", "Silent", ())
    event = Event("x", Moment.START)
    assert list(silent.pieces(where(Scope.USER))) == []
    assert silent.read("x", {}, {}) is None
    assert silent.reply(event, "text") == silent.reply(None, "") == ("", "", 0)
    assert list(silent.transcripts(where(Scope.USER))) == []
    assert list(silent.turns({"type": "user"})) == []
    assert silent.hook("x") is None


def test_a_hook_is_found_by_its_event() -> None:
    stop, start = Hook("stop", Moment.END_OF_TURN), Hook("start", Moment.START)
    adapter = Adapter("x", "X", (), hooks=(stop, start))
    assert (adapter.hook("start"), adapter.hook("stop")) == (start, stop)
    assert adapter.hook("Stop") is None


@given(text=st.text(alphabet="ab\n"), longest=st.integers(min_value=40, max_value=80))
def test_a_text_is_cut_at_a_line_and_says_so(text: str, longest: int) -> None:
    found = cut(text, longest)
    assert len(found) <= longest
    if len(text) <= longest:
        assert found == text
        return
    kept, _, hint = found.rpartition("\n")
    assert hint.endswith("`thrum inbox`")
    assert text.startswith(kept)
    if "\n" in text[: longest - len(hint) - 1]:
        assert text[len(kept)] == "\n"


@pytest.mark.parametrize("text", ["", "x", "x" * 100_000])
def test_no_bound_cuts_nothing(text: str) -> None:
    assert cut(text, 0) == text

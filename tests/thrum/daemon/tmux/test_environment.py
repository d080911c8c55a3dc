"""What a session inherits, and what it does not."""

from __future__ import annotations

import pytest

from thrum.daemon.tmux import environment
from thrum.errors import ThrumError


def test_only_what_is_named_is_handed_on() -> None:
    daemons = {
        "HOME": "/h",
        "LC_ALL": "C",
        "XDG_RUNTIME_DIR": "/run",
        "TMUX": "/tmp/x,1,2",
        "TMUX_PANE": "%1",
        "THRUM_NAME": "other",
        "CLAUDECODE": "1",
        "CLAUDE_PROJECT_DIR": "/elsewhere",
        "SECRET_TOKEN": "x",
        "MY_KEY": "y",
    }
    found = environment.handed_on(daemons)
    assert sorted(found) == ["HOME", "LC_ALL", "XDG_RUNTIME_DIR"]
    more = environment.handed_on(daemons, ["MY_*", "THRUM_*"])
    assert sorted(more) == ["HOME", "LC_ALL", "MY_KEY", "XDG_RUNTIME_DIR"]


def test_marks_of_others_are_empty() -> None:
    there = ["THRUM_NAME", "THRUM_X", "CLAUDECODE", "GEMINI_CLI", "PATH"]
    found = environment.blanked(there, {"THRUM_NAME": "me"})
    assert found == {"THRUM_X": "", "CLAUDECODE": "", "GEMINI_CLI": ""}


@pytest.mark.parametrize("name", ["", "lower", "A B", "A=B", "1A", "A\n"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(ThrumError, match="no name"):
        environment.checked({name: "x"})


def test_values_may_hold_anything_but_nul() -> None:
    values = {"A": "x=y; $(z)\n", "B": ""}
    assert environment.checked(values) == values
    with pytest.raises(ThrumError, match="NUL"):
        environment.checked({"A": "x\0"})

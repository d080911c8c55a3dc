"""Names of sessions and of panes in files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum.daemon.tmux import target
from thrum.daemon.tmux.target import Target
from thrum.errors import ThrumError


@pytest.mark.parametrize(
    ("name", "session"),
    [
        ("api", "api"),
        ("bare one", "bare-one"),
        ("a:b.c", "a-b-c"),
        ("$(x)", "s--x-"),
        ("-t", "s-t"),
        ("réda", "r-da"),
    ],
)
def test_a_name_becomes_one_that_is_nothing_else(name: str, session: str) -> None:
    assert target.clean(name) == session


@given(st.text(max_size=20))
def test_a_clean_name_stays_as_it_is(name: str) -> None:
    try:
        session = target.clean(name)
    except ThrumError as error:
        assert error.kind == "invalid_params"
    else:
        assert target.clean(session) == session
        assert target.parse(f"{session}:3.4") == Target(session, 3, 4)


@pytest.mark.parametrize("name", ["", "..", "::", "-", "x" * 201])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(ThrumError):
        target.clean(name)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("api", Target("api")),
        ("api:1", Target("api", 1)),
        ("api:1.2", Target("api", 1, 2)),
        ("api:win.2", Target("api", None, 2)),
        ("api:-1.999999999999", Target("api")),
        ("", Target("")),
    ],
)
def test_what_files_say_is_read(text: str, found: Target) -> None:
    assert target.parse(text) == found

"""What a monitor may be told to do."""

from __future__ import annotations

import pytest

from thrum.daemon.monitors.job import (
    LARGEST_COMMAND,
    LONGEST_NAME,
    MOST_DEBOUNCE_S,
    check_command,
    check_debounce,
    check_name,
)
from thrum.errors import ThrumError


@pytest.mark.parametrize(("given", "found"), [(0, 60), (30, 30), (3600, 3600)])
def test_debounce(given: int, found: int) -> None:
    assert check_debounce(given) == found


@pytest.mark.parametrize("given", [-1, 1, 29, MOST_DEBOUNCE_S + 1, 1 << 62])
def test_no_debounce(given: int) -> None:
    with pytest.raises(ThrumError) as refused:
        check_debounce(given)
    assert refused.value.kind == "invalid_params"


@pytest.mark.parametrize("name", ["errs", "0", "a-b", "_x", "n" * LONGEST_NAME])
def test_a_name(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize(
    "name", ["", "-a", "A", "a b", "a:b", "../a", "a\n", "é", "n" * (LONGEST_NAME + 1), "\u202ea"]
)
def test_no_name(name: str) -> None:
    with pytest.raises(ThrumError):
        check_name(name)


def test_a_command() -> None:
    check_command(("sh", "-c", "echo $(x) `y` \n'"), {"A_1": "a=b", "_": ""})


@pytest.mark.parametrize(
    ("argv", "env"),
    [
        ((), {}),
        (("",), {}),
        (("a\0b",), {}),
        (("a",), {"A": "\0"}),
        (("a",), {"": "x"}),
        (("a",), {"A=B": "x"}),
        (("a",), {"1A": "x"}),
        (("a", "x" * LARGEST_COMMAND), {}),
        (("a",), {"A": "x" * LARGEST_COMMAND}),
    ],
)
def test_no_command(argv: tuple[str, ...], env: dict[str, str]) -> None:
    with pytest.raises(ThrumError) as refused:
        check_command(argv, env)
    assert refused.value.kind in {"invalid_params", "too_large"}

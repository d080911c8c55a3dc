"""Scopes and refs on the line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum.cli.pairs import pair, pairs
from thrum.errors import ThrumError


@given(st.text(min_size=1).filter(lambda text: ":" not in text), st.text(min_size=1))
def test_the_first_colon_parts_them(kind: str, value: str) -> None:
    assert pair(f"{kind}:{value}", "--scope") == {"type": kind, "value": value}


@pytest.mark.parametrize("text", ["", ":", "a", "a:", ":b"])
def test_both_parts_must_be_there(text: str) -> None:
    with pytest.raises(ThrumError, match="--ref takes type:value") as caught:
        pair(text, "--ref")
    assert caught.value.kind == "usage"


def test_none_are_none() -> None:
    assert pairs(None, "--ref") == []
    assert pairs(["a:b", "c:d"], "--ref") == [pair("a:b", "--ref"), pair("c:d", "--ref")]

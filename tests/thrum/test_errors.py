"""Kinds of failure."""

from __future__ import annotations

import pytest

from thrum.errors import KINDS, ThrumError


def test_kinds_have_codes_and_unknown_ones_cannot_be_raised() -> None:
    assert ThrumError("anonymous_caller", "x").code == -32002
    assert all(kind.code < 0 and kind.meaning.endswith(".") for kind in KINDS.values())
    with pytest.raises(ValueError):
        ThrumError("no_such_kind", "x")

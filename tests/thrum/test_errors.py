"""Kinds of failure."""

from __future__ import annotations

import pytest

from thrum.errors import KINDS, ThrumError


def test_kinds_have_codes_and_unknown_ones_cannot_be_raised() -> None:
    assert ThrumError("anonymous_caller", "x").code == -32002
    assert all(kind.code < 0 and kind.meaning.endswith(".") for kind in KINDS.values())
    with pytest.raises(ValueError):
        ThrumError("no_such_kind", "x")


def test_the_text_has_the_hint_and_the_message_has_not() -> None:
    details = {"file": "x"}
    error = ThrumError("config", "it is wrong", "correct it", details)
    assert (str(error), error.message, error.hint) == (
        "it is wrong (correct it)",
        "it is wrong",
        "correct it",
    )
    details["file"] = "another"
    assert error.details == {"file": "x"}
    assert str(ThrumError("config", "it is wrong")) == "it is wrong"


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_goes_whole_through_copy_and_raise(kind: str) -> None:
    with pytest.raises(ThrumError, match="words") as caught:
        raise ThrumError(kind, "words")
    assert (caught.value.kind, caught.value.code) == (kind, KINDS[kind].code)


def test_codes_are_those_that_json_rpc_keeps_for_itself_or_for_servers() -> None:
    own = {-32700, -32600, -32601, -32602, -32603}
    assert all(kind.code in own or -32099 <= kind.code <= -32000 for kind in KINDS.values())

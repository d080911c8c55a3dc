"""How keys are named, and what is none."""

from __future__ import annotations

import base64

import pytest

from thrum import keys


def test_an_id_is_of_one_key_and_always_the_same() -> None:
    one, other = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))
    assert keys.id_of(one) == keys.id_of(one) != keys.id_of(other)
    assert len(keys.id_of(one)) == keys.ID_LENGTH


@pytest.mark.parametrize("text", ["", "****", base64.b64encode(b"x" * 31).decode(), "é"])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        keys.id_of(text)

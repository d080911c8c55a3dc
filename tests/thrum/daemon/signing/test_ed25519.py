"""Real signatures."""

from __future__ import annotations

import pytest

from thrum import keys
from thrum.daemon.signing.ed25519 import PrivateKey, is_by, new_private


def test_a_signature_is_one_keys_over_those_bytes() -> None:
    mine, other = PrivateKey(new_private()), PrivateKey(new_private())
    value = mine.sign(b"said")
    assert is_by(mine.public, b"said", value)
    assert not is_by(mine.public, b"said otherwise", value)
    assert not is_by(other.public, b"said", value)
    assert mine.id == keys.id_of(mine.public) != other.id


@pytest.mark.parametrize("value", ["", "****", "é", "AAAA", "A" * 86 + "=="])
def test_what_others_wrote_is_wrong_and_no_error(value: str) -> None:
    assert not is_by(PrivateKey(new_private()).public, b"said", value)
    assert not is_by(value, b"said", value)


def test_what_is_no_key_does_not_sign() -> None:
    with pytest.raises(ValueError):
        PrivateKey("AAAA")

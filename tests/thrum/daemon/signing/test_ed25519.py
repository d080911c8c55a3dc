"""Real signatures."""

from __future__ import annotations

import base64

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


def test_keys_and_signatures_are_as_the_standard_has_them() -> None:
    """So a key file is good for any library. The numbers are those of RFC 8032, 7.1, test 3."""
    seed, public, value = (
        base64.b64encode(bytes.fromhex(each)).decode()
        for each in (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        )
    )
    key = PrivateKey(seed)
    assert (key.public, key.sign(bytes.fromhex("af82"))) == (public, value)
    assert is_by(public, bytes.fromhex("af82"), value)


def test_where_a_signature_ends_is_no_matter_of_what_was_signed() -> None:
    key = PrivateKey(new_private())
    value = base64.b64decode(key.sign(b"said"))
    longer, shorter = value + b"s", value[:-1]
    assert not is_by(key.public, b"aid", base64.b64encode(longer).decode())
    assert not is_by(key.public, value[-1:] + b"said", base64.b64encode(shorter).decode())

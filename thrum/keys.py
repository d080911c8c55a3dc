"""How the keys that clones sign with are written and named."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Final

ID_LENGTH: Final = 32
"""Digits of a key's id: half of a SHA-256, hexadecimal, which people can compare."""

PUBLIC_BYTES: Final = 32


def id_of(public: str) -> str:
    """The id of a public key, which is given in base64.

    Raises:
        ValueError: it is none.
    """
    return hashlib.sha256(public_bytes(public)).hexdigest()[:ID_LENGTH]


def public_bytes(public: str) -> bytes:
    """The bytes of a public key.

    Raises:
        ValueError: they are no key.
    """
    try:
        data = base64.b64decode(public, validate=True)
    except binascii.Error as error:
        raise ValueError(f"not a key: {error}") from None
    if len(data) != PUBLIC_BYTES:
        raise ValueError(f"a key has {PUBLIC_BYTES} bytes, not {len(data)}")
    return data

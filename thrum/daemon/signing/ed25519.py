"""Signatures by Ed25519.

The library is loaded with the first signature that is made or looked at, so no start waits for it.
"""

from __future__ import annotations

import base64
import os
from typing import Final

from thrum.keys import id_of, public_bytes

SEED_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64


def new_private() -> str:
    """A new private key, in base64."""
    return base64.b64encode(os.urandom(SEED_BYTES)).decode()


class PrivateKey:
    """A key that signs.

    Attributes:
        public: its other half, in base64.
        id: its name, which every line bears that it signs, so it is worked out once.

    Raises:
        ValueError: the text is no key.
    """

    def __init__(self, private: str) -> None:
        from nacl.bindings import crypto_sign, crypto_sign_seed_keypair

        public, self._secret = crypto_sign_seed_keypair(base64.b64decode(private, validate=True))
        self._signed = crypto_sign
        self.public = base64.b64encode(public).decode()
        self.id = id_of(self.public)

    def sign(self, data: bytes) -> str:
        """The signature over the data, in base64."""
        return base64.b64encode(self._signed(data, self._secret)[:SIGNATURE_BYTES]).decode()


def is_by(public: str, data: bytes, value: str) -> bool:
    """Whether the owner of the public key signed that data. Never raises for what others wrote."""
    from nacl.bindings import crypto_sign_open
    from nacl.exceptions import BadSignatureError

    try:
        signature = base64.b64decode(value, validate=True)
        key = public_bytes(public)
        if len(signature) != SIGNATURE_BYTES:
            return False  # the library takes the first bytes of what it is given, whatever follows
        crypto_sign_open(signature + data, key)
    except (BadSignatureError, ValueError):
        return False
    return True

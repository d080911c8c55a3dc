"""Signatures by Ed25519.

The library is loaded with the first signature that is made or looked at, so no start waits for it.
"""

from __future__ import annotations

import base64
import binascii

from thrum.keys import id_of, public_bytes


def new_private() -> str:
    """A new private key, in base64."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return base64.b64encode(Ed25519PrivateKey.generate().private_bytes_raw()).decode()


class PrivateKey:
    """A key that signs.

    Attributes:
        public: its other half, in base64.
        id: its name, which every line bears that it signs, so it is worked out once.

    Raises:
        ValueError: the text is no key.
    """

    def __init__(self, private: str) -> None:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        data = base64.b64decode(private, validate=True)
        self._key = Ed25519PrivateKey.from_private_bytes(data)
        self.public = base64.b64encode(self._key.public_key().public_bytes_raw()).decode()
        self.id = id_of(self.public)

    def sign(self, data: bytes) -> str:
        """The signature over the data, in base64."""
        return base64.b64encode(self._key.sign(data)).decode()


def is_by(public: str, data: bytes, value: str) -> bool:
    """Whether the owner of the public key signed that data. Never raises for what others wrote."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        signature = base64.b64decode(value, validate=True)
        Ed25519PublicKey.from_public_bytes(public_bytes(public)).verify(signature, data)
    except (InvalidSignature, ValueError, binascii.Error):
        return False
    return True

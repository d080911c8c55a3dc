"""What this clone makes of signatures: nothing, a word beside each message, or a demand."""

from __future__ import annotations

from enum import Enum
from typing import Final

from thrum.config import Config
from thrum.errors import ThrumError

KEY: Final = "signatures"


class Policy(Enum):
    """The value is the word in the configuration."""

    OFF = "off"
    WARN = "warn"
    REQUIRE = "require"


def of(config: Config) -> Policy:
    """The policy that is set.

    Raises:
        ThrumError: ``config``, the word is none of them.
    """
    word = config.get(KEY)
    try:
        return Policy(word)
    except ValueError:
        raise ThrumError(
            "config",
            f"{KEY} in {config.path} must be off, warn or require, not {word!r}",
            "correct the file",
        ) from None

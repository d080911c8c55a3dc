"""The word in the configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from thrum.config import Config
from thrum.daemon.signing import policy
from thrum.daemon.signing.policy import Policy
from thrum.daemon.signing.service import Signing
from thrum.errors import ThrumError


def config(word: object) -> Config:
    return Config(Path("config.json"), {policy.KEY: word} if word else {}, keys=Signing.keys)


def test_a_word_is_a_policy() -> None:
    assert policy.of(config("off")) is Policy.OFF
    assert policy.of(config("require")) is Policy.REQUIRE
    assert policy.of(config(None)) is Policy.WARN


def test_another_word_is_refused_with_those_there_are() -> None:
    with pytest.raises(ThrumError, match="off, warn or require"):
        policy.of(config("maybe"))

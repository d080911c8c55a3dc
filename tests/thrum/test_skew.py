from __future__ import annotations

import pytest

from thrum import skew
from thrum.skew import PROTOCOL, Age, age, remedy


@pytest.mark.parametrize(
    ("version", "protocol", "expected"),
    [
        ("1.2.3", PROTOCOL, Age.SAME),
        ("v1.2.3", PROTOCOL, Age.SAME),
        ("1.2.3+local", PROTOCOL, Age.SAME),
        ("1.2.2", PROTOCOL, Age.OLDER),
        ("1.2.3rc1", PROTOCOL, Age.OLDER),
        ("1.2.3-dev", PROTOCOL, Age.OLDER),
        ("1.2.3", 0, Age.OLDER),
        ("1.9", PROTOCOL - 1, Age.OLDER),
        ("1.2.10", PROTOCOL, Age.NEWER),
        ("1.0", PROTOCOL + 1, Age.NEWER),
        ("dev+unknown", PROTOCOL, Age.UNKNOWN),
        ("", PROTOCOL, Age.UNKNOWN),
        (None, None, Age.UNKNOWN),
        ("1.2.3", "x", Age.OLDER),
    ],
)
def test_the_protocol_counts_first_and_then_the_version(
    monkeypatch: pytest.MonkeyPatch, version: object, protocol: object, expected: Age
) -> None:
    monkeypatch.setattr(skew, "__version__", "1.2.3")
    health = {"version": version, "protocol": protocol}
    assert age(health) is expected


def test_who_says_no_protocol_is_older(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(skew, "__version__", "1.2.3")
    assert age({"version": "1.2.3"}) is Age.OLDER


@pytest.mark.parametrize(
    ("version", "restarts", "updates"),
    [("1.2.2", True, False), ("1.2.3", True, False), ("1.3", False, True), ("dev", True, True)],
)
def test_only_what_helps_is_said(
    monkeypatch: pytest.MonkeyPatch, version: str, restarts: bool, updates: bool
) -> None:
    monkeypatch.setattr(skew, "__version__", "1.2.3")
    said = remedy({"version": version, "protocol": PROTOCOL})
    assert ("daemon restart" in said, "update this program" in said) == (restarts, updates)

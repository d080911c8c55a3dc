"""Where one goes whose address is gone; doors themselves are opened in `test_networks`."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from thrum.daemon.peers.doors import now_at


@pytest.mark.parametrize(
    ("choices", "found"),
    [
        (["10.7.0.1"], "10.7.0.1"),
        (["10.7.0.9", "10.7.0.1"], "10.7.0.1"),
        (["10.8.0.1", "10.7.0.9"], "10.7.0.9"),
        (["10.8.0.1", "10.7.1.1"], None),
        ([], None),
    ],
)
def test_one_stays_or_goes_where_peers_will_follow(choices: list[str], found: str | None) -> None:
    wanted = None if found is None else IPv4Address(found)
    assert now_at("10.7.0.1", list(map(IPv4Address, choices))) == wanted

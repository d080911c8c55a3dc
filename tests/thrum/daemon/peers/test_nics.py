"""At which addresses peers may be served, by interfaces that are handed in."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface

import pytest

from thrum.daemon.peers import nics
from thrum.daemon.peers.nics import VIRTUAL, Nic
from thrum.errors import ThrumError


def nic(name: str, *addresses: str, is_up: bool = True) -> Nic:
    return Nic(name, is_up, tuple(map(IPv4Interface, addresses)))


HOME = (
    nic("lo", "127.0.0.1/8"),
    nic("en0", "192.168.1.7/24", "169.254.3.3/16"),
    nic("en1", "10.9.0.1/16", is_up=False),
    nic("docker0", "172.17.0.1/16"),
    nic("tailscale0", "100.101.1.2/32"),
)


def test_an_address_of_a_working_interface_is_served() -> None:
    assert nics.served(" 192.168.1.7 ", HOME) == IPv4Address("192.168.1.7")
    assert nics.choices(HOME) == [IPv4Address("192.168.1.7")]
    assert nics.tailnet(HOME) == IPv4Address("100.101.1.2")
    assert nics.tailnet(HOME[:4]) is None


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("0.0.0.0", "one is to be named"),
        ("127.0.0.1", "--type local"),
        ("100.101.1.2", "--type tailscale"),
        ("169.254.3.3", "one cable"),
        ("224.0.0.1", "no machine has it"),
        ("255.255.255.255", "no machine has it"),
        ("10.9.0.1", "is down"),
        ("172.17.0.1", "leads to no network"),
        ("192.168.1.8", "no interface has this address"),
    ],
)
def test_others_are_refused_with_a_reason(given: str, why: str) -> None:
    with pytest.raises(ThrumError, match=why) as refused:
        nics.served(given, HOME)
    assert refused.value.kind == "not_allowed"


@pytest.mark.parametrize("given", ["", "box", "1.2.3", "192.168.1.7:80", "fd00::1", "x" * 5000])
def test_what_is_no_address_of_a_peercode_is_told_so(given: str) -> None:
    with pytest.raises(ThrumError) as refused:
        nics.served(given, HOME)
    assert refused.value.kind == "invalid_params"
    assert len(refused.value.message) < 300


def test_what_is_served_instead_is_named() -> None:
    with pytest.raises(ThrumError) as refused:
        nics.served("192.168.1.8", HOME)
    assert refused.value.hint == "served can be 192.168.1.7"
    with pytest.raises(ThrumError) as refused:
        nics.served("192.168.1.8", HOME[:1])
    assert refused.value.hint == "this machine has no address of a network"


@pytest.mark.parametrize("prefix", VIRTUAL)
def test_an_interface_that_looks_virtual_counts_only_where_it_is_named(prefix: str) -> None:
    name = f"{prefix}0"
    table = [nic(name, "10.0.0.1/24")]
    with pytest.raises(ThrumError, match="leads to no network") as refused:
        nics.served("10.0.0.1", table, ())
    assert "peers.interfaces" in str(refused.value.hint)
    assert nics.served("10.0.0.1", table, nics.named(f"x, {name}")) == IPv4Address("10.0.0.1")


def test_a_peer_in_a_network_of_ours_stays_there() -> None:
    nics.check_neighbour("192.168.1.9", "192.168.1.200", HOME)
    nics.check_neighbour("203.0.113.1", "198.51.100.1", HOME)
    nics.check_neighbour("box", "198.51.100.1", HOME)
    with pytest.raises(ThrumError, match="cross-subnet"):
        nics.check_neighbour("192.168.1.9", "192.168.2.9", HOME)


def test_the_interfaces_of_this_machine_are_read() -> None:
    table = nics.table()
    assert IPv4Address("127.0.0.1") in {each.ip for nic in table for each in nic.addresses}

"""The network interfaces of this machine, and which of their addresses peers may be served at.

Everything but `table` is pure: the interfaces are handed in.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable, Sequence
from ipaddress import IPv4Address, IPv4Interface
from typing import Final, NamedTuple

from thrum.daemon.peers.address import TAILNET
from thrum.errors import ThrumError

VIRTUAL: Final = (
    *("utun", "tun", "tap", "ppp", "gif", "stf", "awdl", "llw"),
    *("docker", "br-", "veth", "virbr", "vmnet", "vboxnet"),
)
"""How interfaces begin that lead into tunnels, containers and virtual machines."""
KEY: Final = "peers.interfaces"


class Nic(NamedTuple):
    """An interface.

    Attributes:
        name: as the system calls it.
        is_up: whether it works.
        addresses: those of IPv4, each with its network.
    """

    name: str
    is_up: bool
    addresses: tuple[IPv4Interface, ...]


def table() -> list[Nic]:
    """The interfaces as they are now."""
    # Imported here: most daemons serve no network.
    import socket

    import psutil

    states = psutil.net_if_stats()
    return [
        Nic(name, name in states and states[name].isup, tuple(_ipv4(rows, socket.AF_INET)))
        for name, rows in psutil.net_if_addrs().items()
    ]


def _ipv4(rows: Iterable[object], family: int) -> Iterable[IPv4Interface]:
    for row in rows:
        if getattr(row, "family", None) == family:
            mask = getattr(row, "netmask", None) or "32"
            yield IPv4Interface(f"{getattr(row, 'address', '')}/{mask}")


def served(text: str, nics: Sequence[Nic], allowed: Collection[str] = ()) -> IPv4Address:
    """The address of a network at which peers may be served.

    Args:
        text: what was asked for.
        nics: the interfaces.
        allowed: names of interfaces that count although they are virtual.

    Raises:
        ThrumError: ``invalid_params``, it is no address; ``not_allowed``, not this one.
    """
    wanted = _parsed(text)
    why = _unfit(wanted)
    if why:
        raise ThrumError("not_allowed", f"peers cannot be served at {wanted}: {why}", _choice(nics))
    found = [nic for nic in nics if wanted in {each.ip for each in nic.addresses}]
    if not found:
        text = f"peers cannot be served at {wanted}: no interface has this address"
        raise ThrumError("not_allowed", text, _choice(nics, allowed))
    for nic in found:
        if nic.is_up and not is_virtual(nic.name, allowed):
            return wanted
    name = found[0].name
    if not found[0].is_up:
        raise ThrumError("not_allowed", f"{name}, which has the address {wanted}, is down")
    text = f"{name}, which has the address {wanted}, leads to no network of machines"
    raise ThrumError("not_allowed", text, f"if it does, name it in {KEY} of the configuration")


def _parsed(text: str) -> IPv4Address:
    try:
        found = ipaddress.ip_address(text.strip())
    except ValueError:
        shown = f'--type network --address "{text[:200]}": not a valid IP'
        raise ThrumError("invalid_params", shown) from None
    if not isinstance(found, IPv4Address):
        raise ThrumError("invalid_params", f"{found} is no IPv4 address, and a peercode holds one")
    return found


def _unfit(wanted: IPv4Address) -> str:
    """What is wrong with an address whatever interface has it; empty if nothing is."""
    if wanted.is_unspecified:
        return "it stands for every address, and one is to be named"
    if wanted.is_loopback:
        return "it is this machine's own; use --type local"
    if wanted in TAILNET:
        return "it is a tailnet's; use --type tailscale"
    if wanted.is_link_local:
        return "it is of one cable alone"
    if wanted.is_multicast or wanted.is_reserved:
        return "no machine has it"
    return ""


def is_virtual(name: str, allowed: Collection[str] = ()) -> bool:
    """Whether an interface leads into a tunnel, a container or a virtual machine."""
    return name not in allowed and name.startswith(VIRTUAL)


def choices(nics: Iterable[Nic], allowed: Collection[str] = ()) -> list[IPv4Address]:
    """The addresses at which peers of a network may be served."""
    return [
        each.ip
        for nic in nics
        if nic.is_up and not is_virtual(nic.name, allowed)
        for each in nic.addresses
        if not _unfit(each.ip)
    ]


def _choice(nics: Iterable[Nic], allowed: Collection[str] = ()) -> str:
    found = ", ".join(map(str, choices(nics, allowed)))
    return f"served can be {found}" if found else "this machine has no address of a network"


def tailnet(nics: Iterable[Nic]) -> IPv4Address | None:
    """The address that this machine has in a tailnet."""
    found = (each.ip for nic in nics if nic.is_up for each in nic.addresses)
    return next((each for each in found if each in TAILNET), None)


def check_neighbour(old: str, new: str, nics: Iterable[Nic]) -> None:
    """Whether a peer that was in a network of ours stays in it.

    Args:
        old: its address of before, without the port.
        new: the one that it says it has now.
        nics: the interfaces.

    Raises:
        ThrumError: ``not_allowed``.
    """
    try:
        before, now = IPv4Address(old), IPv4Address(new)
    except ValueError:
        return  # not of IPv4, or a name: `address.check_change` says what of it is right
    for each in (one for nic in nics for one in nic.addresses):
        if before in each.network and now not in each.network:
            text = f"cross-subnet peer.address_changed rejected: {now} is not in {each.network}"
            raise ThrumError("not_allowed", text)


def named(text: str) -> frozenset[str]:
    """The names in a list with commas or blanks between them."""
    return frozenset(text.replace(",", " ").split())

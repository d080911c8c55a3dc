"""Addresses of peers: over what they are reached, and where one may say it has moved."""

from __future__ import annotations

import ipaddress
from typing import Final

from thrum.errors import ThrumError

LOCAL: Final = "local"
NETWORK: Final = "network"
TAILSCALE: Final = "tailscale"

TAILNET: Final = ipaddress.IPv4Network("100.64.0.0/10")
"""The addresses that Tailscale gives."""

_SAME_PREFIX: Final = 24
"""Bits of the network in which a peer of one network stays."""


def split(address: str) -> tuple[str, int]:
    """Host and port.

    Raises:
        ThrumError: ``invalid_params``.
    """
    host, colon, port = address.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not (colon and host and port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
        raise ThrumError("invalid_params", f"{address[:200]!r} is no address as in 192.0.2.7:9100")
    return host, int(port)


def inferred(address: str) -> str:
    """Over what an address is reached: loopback is ``local``, a tailnet's ``tailscale``."""
    host, _ = split(address)
    if host == "localhost":
        return LOCAL
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return NETWORK
    if found.is_loopback:
        return LOCAL
    return TAILSCALE if found in TAILNET else NETWORK


def is_name(address: str) -> bool:
    """Whether it has a machine's name, and no number."""
    host, _ = split(address)
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return True
    return False


def check_change(transport: str, old: str, new: str) -> None:
    """Whether a peer may be reached at the new address from now on.

    Who has a peer's token must not lead us to talk to, and show tokens to, just anybody.

    Raises:
        ThrumError: ``invalid_params``, one is no address; ``not_allowed``.
    """
    before, now = _ip(old), _ip(new)
    if transport == LOCAL and not now.is_loopback:
        raise ThrumError("not_allowed", f"local peer address must be loopback, got {now}")
    if transport == TAILSCALE and now not in TAILNET:
        raise ThrumError("not_allowed", f"tailscale peer must be in {TAILNET}, got {now}")
    if transport == NETWORK and not _are_neighbours(before, now):
        text = f"network peer must stay on same /{_SAME_PREFIX} subnet, was {before} now {now}"
        raise ThrumError("not_allowed", text)


def _are_neighbours(
    one: ipaddress.IPv4Address | ipaddress.IPv6Address,
    other: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> bool:
    if one == other:
        return True
    if one.version != 4 or other.version != 4:
        return False
    return other in ipaddress.IPv4Network(f"{one}/{_SAME_PREFIX}", strict=False)


def _ip(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    host, _ = split(address)
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        raise ThrumError("invalid_params", f"invalid new IP: {host[:200]}") from None

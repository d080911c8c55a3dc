"""A cable between two networks that loses, doubles, delays and mixes up packets, or is cut.

It does what ``tc netem`` does, which many kernels lack: each end is an interface of its network
whose packets this process carries to the other one. So what a daemon meets is what its own TCP
makes of a bad line.
"""

from __future__ import annotations

import fcntl
import heapq
import itertools
import os
import random
import selectors
import struct
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.namespaces import Namespace, enter

NIC: Final = "lan0"
"""How the interface at each end is called."""
DEVICE: Final = Path("/dev/net/tun")

_TUNSETIFF: Final = 0x400454CA
_TAP: Final = 0x0002
_BARE: Final = 0x1000
_REQUEST: Final = struct.Struct("16sH22x")
_LONGEST: Final = 2048
"""Bytes of a packet, with room to spare."""
_IPV4: Final = b"\x08\x00"
_TCP: Final = 6
_SYN_OR_ACK: Final = 0x12
_SYN: Final = 0x02


@dataclass
class Weather:
    """What becomes of a packet.

    Attributes:
        loses: how often it is lost.
        doubles: how often it comes twice.
        shortest_s: how long it takes at least.
        longest_s: how long it takes at most, so one may come before another that went first.
    """

    loses: float = 0.0
    doubles: float = 0.0
    shortest_s: float = 0.0
    longest_s: float = 0.0


@dataclass
class Cable:
    """Carries packets between two ends in a thread of its own.

    Args:
        ends: descriptors whose reads and writes are packets.
        weather: as it is by now.
        seed: decides what becomes of each packet.

    Attributes:
        is_cut: whether nothing comes through; nobody is told so.
        carried: packets that came in at an end.
        lost: how many of them went no further, while it was not cut.
        calls: packets by which a TCP connection was asked for.
    """

    ends: tuple[int, int]
    weather: Weather
    seed: int
    is_cut: bool = False
    carried: int = 0
    lost: int = 0
    calls: int = 0
    _under_way: list[tuple[float, int, int, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self._numbers = itertools.count()
        self._ending, self._end = os.pipe()
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Takes it away, and its interfaces with it."""
        os.close(self._end)
        self._thread.join()
        for each in (self._ending, *self.ends):
            os.close(each)

    def _carry(self) -> None:
        with selectors.DefaultSelector() as awaited:
            awaited.register(self._ending, selectors.EVENT_READ)
            for end, other in (self.ends, self.ends[::-1]):
                awaited.register(end, selectors.EVENT_READ, other)
            while True:
                for key, _ in awaited.select(self._pause_s()):
                    if key.data is None:
                        return
                    self._take(os.read(key.fd, _LONGEST), key.data)
                self._deliver()

    def _pause_s(self) -> float | None:
        """Seconds until the next packet is due; None if there is none."""
        if not self._under_way:
            return None
        return max(self._under_way[0][0] - time.monotonic(), 0.0)

    def _take(self, packet: bytes, target: int) -> None:
        """Decides what becomes of a packet."""
        self.carried += 1
        self.calls += is_call(packet)
        if self.is_cut:
            return
        if self._chance.random() < self.weather.loses:
            self.lost += 1
            return
        for _ in range(1 + (self._chance.random() < self.weather.doubles)):
            takes = self._chance.uniform(self.weather.shortest_s, self.weather.longest_s)
            due = time.monotonic() + takes
            heapq.heappush(self._under_way, (due, next(self._numbers), target, packet))

    def _deliver(self) -> None:
        while self._under_way and self._under_way[0][0] <= time.monotonic():
            _, _, target, packet = heapq.heappop(self._under_way)
            try:
                if not self.is_cut:
                    os.write(target, packet)
            except OSError:
                self.lost += 1  # the interface is down, and takes nothing


def is_call(packet: bytes) -> bool:
    """Whether by this packet a TCP connection is asked for."""
    if packet[12:14] != _IPV4 or packet[23:24] != bytes([_TCP]):
        return False
    flags = 14 + 4 * (packet[14] & 0x0F) + 13
    return packet[flags] & _SYN_OR_ACK == _SYN


def _end_in(net: Namespace) -> int:
    """A new interface of a network; the descriptor ends it."""

    def made() -> int:
        enter(net.file)  # this thread alone
        end = os.open(DEVICE, os.O_RDWR | os.O_CLOEXEC)
        fcntl.ioctl(end, _TUNSETIFF, _REQUEST.pack(NIC.encode(), _TAP | _BARE))
        return end

    with ThreadPoolExecutor(1) as thread:
        end = thread.submit(made).result()
    net.ip("link", "set", NIC, "up")
    return end


@contextmanager
def cable(one: Namespace, two: Namespace, weather: Weather, seed: int) -> Iterator[Cable]:
    """A new one between two networks; skips the test where there can be none."""
    import pytest  # not by whoever only asks what a packet is

    if not os.access(DEVICE, os.R_OK | os.W_OK):
        pytest.skip(f"no interfaces of one's own here: {DEVICE} cannot be opened")
    made = Cable((_end_in(one), _end_in(two)), weather, seed)
    try:
        yield made
    finally:
        made.close()

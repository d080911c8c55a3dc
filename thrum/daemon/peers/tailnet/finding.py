"""By which address this machine is in a tailnet: what is named, what an interface has, what
Tailscale says, in this order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from ipaddress import AddressValueError, IPv4Address
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct, field

from thrum.daemon.peers import nics
from thrum.daemon.peers.address import TAILNET
from thrum.daemon.peers.nics import Nic
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from thrum.daemon.children.children import Children

NAMED: Final = "THRUM_TS_ADDRESS"
SOCKET: Final = "/var/run/tailscale/tailscaled.sock"
LIMIT_S: Final = 5.0
MOST_BYTES: Final = 4_194_304
RUNNING: Final = "Running"
NOT_THERE: Final = "tailscale not configured or not started"


class Finder(Struct):
    """Looks for the address.

    Attributes:
        children: runs the program of Tailscale.
        folder: where it stands.
        environment: what it is given.
        nics: gives the interfaces.
        socket: that of tailscaled.
        owner: the service in whose name.
        tried: what each way said the last time, a few words each.
    """

    children: Children
    folder: Path
    environment: Mapping[str, str]
    nics: Callable[[], Sequence[Nic]] = nics.table
    socket: Path = Path(SOCKET)
    owner: str = "peers"
    tried: list[str] = field(default_factory=list)

    async def find(self, named: str) -> IPv4Address:
        """The address.

        Args:
            named: what `NAMED` says; empty if nothing.

        Raises:
            ThrumError: ``config``, what is named is none; ``conflict``, there is none.
        """
        self.tried = []
        if named:
            return _named(named)
        found = nics.tailnet(self.nics()) or await self._by_program() or await self._by_socket()
        if found is None:
            raise ThrumError("conflict", NOT_THERE, "; ".join(self.tried) or None)
        return found

    async def _by_program(self) -> IPv4Address | None:
        argv = ["tailscale", *self._socket_flag(), "status", "--json"]
        try:
            done = await self.children.run(
                argv,
                owner=self.owner,
                cwd=self.folder,
                environment=self.environment,
                limit_s=LIMIT_S,
                most_bytes=MOST_BYTES,
            )
        except ThrumError as error:
            self.tried.append(f"tailscale status: {error.message}")
            return None
        if done.timed_out or done.code:
            why = "does not end" if done.timed_out else f"exit {done.code}"
            self.tried.append(f"tailscale status: {why}")
            return None
        try:
            said = msgspec.json.decode(done.out, type=dict[str, Any])
        except (msgspec.DecodeError, RecursionError):
            self.tried.append("tailscale status: no JSON")
            return None
        return self._from_status(said, "tailscale status")

    def _socket_flag(self) -> list[str]:
        return [] if str(self.socket) == SOCKET else [f"--socket={self.socket}"]

    async def _by_socket(self) -> IPv4Address | None:
        # Imported here: it brings a client of HTTP.
        from thrum.daemon.peers.tailnet import local_api

        try:
            said = await local_api.status(self.socket)
        except local_api.Unanswered as error:
            self.tried.append(str(error))
            return None
        return self._from_status(said, "tailscaled")

    def _from_status(self, said: Mapping[str, Any], who: str) -> IPv4Address | None:
        state, me = said.get("BackendState"), said.get("Self")
        if state != RUNNING:
            self.tried.append(f"{who}: its state is {str(state)[:40]!r}")
            return None
        rows = me.get("TailscaleIPs") if isinstance(me, dict) else None
        for each in rows if isinstance(rows, list) else ():
            found = _in_tailnet(str(each))
            if found:
                return found
        self.tried.append(f"{who}: it names no address of {TAILNET}")
        return None


def _named(text: str) -> IPv4Address:
    found = _in_tailnet(text)
    if found is None:
        shown = f"{NAMED}={text[:80]} is no address of {TAILNET}"
        raise ThrumError("config", shown, "name one, or none")
    return found


def _in_tailnet(text: str) -> IPv4Address | None:
    try:
        found = IPv4Address(text.strip())
    except AddressValueError:
        return None
    return found if found in TAILNET else None

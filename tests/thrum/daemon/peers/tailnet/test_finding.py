"""The address in a tailnet, by each of the ways in which it is looked for, in their order."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Interface
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import anyio
import pytest

from tests import tailscaled
from thrum.daemon.children.children import Children
from thrum.daemon.peers.nics import Nic
from thrum.daemon.peers.tailnet.finding import NOT_THERE, Finder
from thrum.errors import ThrumError

TAILSCALE = """#!/bin/sh
echo "$@" >> "$0.asked"
cat "$0.json"
exit $(cat "$0.code")
"""


@dataclass
class Machine:
    """One that may have a program, a socket and interfaces."""

    folder: Path
    nics: list[Nic] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)

    @property
    def socket(self) -> Path:
        return self.folder / "ts.sock"

    def install(self, said: Any, code: int = 0) -> None:
        """A program that says something."""
        program = self.folder / "tailscale"
        program.write_text(TAILSCALE)
        program.chmod(0o755)
        (self.folder / "tailscale.json").write_text(json.dumps(said))
        (self.folder / "tailscale.code").write_text(str(code))

    def find(self, named: str = "") -> str:
        async def found() -> IPv4Address | ThrumError:
            async with Children(time.time_ns) as children:
                path = f"{self.folder}:{os.defpath}"
                finder = Finder(children, self.folder, {"PATH": path}, lambda: self.nics)
                finder.socket = self.socket
                try:
                    return await finder.find(named)
                except ThrumError as error:
                    return error
                finally:
                    self.tried = finder.tried

        outcome = anyio.run(found)
        if isinstance(outcome, ThrumError):
            raise outcome
        return str(outcome)


@pytest.fixture
def machine() -> Iterator[Machine]:
    with TemporaryDirectory() as folder:
        yield Machine(Path(folder))


def test_what_is_named_beats_what_an_interface_has(machine: Machine) -> None:
    machine.nics = [Nic("tailscale0", True, (IPv4Interface("100.64.0.9/32"),))]
    machine.install(tailscaled.STATUS)
    assert machine.find("100.64.0.8") == "100.64.0.8"
    assert machine.find() == "100.64.0.9"
    assert not (machine.folder / "tailscale.asked").exists()


def test_the_program_is_asked_and_then_the_socket(machine: Machine) -> None:
    machine.install(tailscaled.STATUS)
    assert machine.find() == "100.64.0.7"
    asked = (machine.folder / "tailscale.asked").read_text()
    assert asked == f"--socket={machine.socket} status --json\n"
    machine.install({}, code=1)
    with tailscaled.served(machine.socket):
        assert machine.find() == "100.64.0.7"
    assert machine.tried == ["tailscale status: exit 1"]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({**tailscaled.STATUS, "BackendState": "NeedsLogin"}, "'NeedsLogin'"),
        ({**tailscaled.STATUS, "Self": None}, "names no address"),
        ({**tailscaled.STATUS, "Self": {"TailscaleIPs": ["fd7a::1", 7]}}, "names no address"),
        ({"BackendState": "Running", "Self": {"TailscaleIPs": "x"}}, "names no address"),
        ([], "no JSON"),
    ],
)
def test_without_one_it_is_said_what_was_tried(machine: Machine, said: Any, why: str) -> None:
    machine.install(said)
    with pytest.raises(ThrumError, match=NOT_THERE) as refused:
        machine.find()
    assert why in str(refused.value.hint)
    assert "No such file" in str(refused.value.hint)


@pytest.mark.parametrize("named", ["10.0.0.1", "box", "0.0.0.0", "100.63.255.255", "fd7a::1"])
def test_what_is_named_has_to_be_of_a_tailnet(machine: Machine, named: str) -> None:
    with pytest.raises(ThrumError, match="THRUM_TS_ADDRESS") as refused:
        machine.find(named)
    assert refused.value.kind == "config"

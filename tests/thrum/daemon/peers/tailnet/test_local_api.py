from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests import tailscaled
from thrum.daemon.peers.tailnet import local_api
from thrum.daemon.peers.tailnet.local_api import Unanswered


@pytest.fixture
def path() -> Iterator[Path]:
    with TemporaryDirectory() as folder:
        yield Path(folder, "ts.sock")


def test_it_is_asked_as_tailscale_wants_it(path: Path) -> None:
    with tailscaled.served(path) as asked:
        said = asyncio.run(local_api.status(path))
        name = asyncio.run(local_api.node_of(path, "100.64.0.7:51000"))
    assert said["BackendState"] == "Running"
    assert name == "desk.tail1.ts.net"
    assert asked[0].startswith("GET /localapi/v0/status HTTP/1.1\r\n")
    assert "local-tailscaled.sock" in asked[0]
    assert asked[1].startswith("GET /localapi/v0/whois?addr=100.64.0.7%3A51000 HTTP/1.1\r\n")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (tailscaled.answer(b"no match", "404 Not Found"), "answers 404"),
        (tailscaled.answer(b"[]"), "otherwise than tailscaled"),
        (tailscaled.answer(b"[" * 100_000), "otherwise than tailscaled"),
        (tailscaled.answer(b"{}"), "names no node"),
        (tailscaled.answer(json.dumps({"Node": {"Name": 7}}).encode()), "names no node"),
        (tailscaled.answer(b"x" * (local_api.LARGEST + 1)), "answers more than"),
        (b"SSH-2.0-x\r\n\r\n", "speaks no HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", "speaks no HTTP"),
        (b"", "speaks no HTTP"),
    ],
)
def test_what_is_no_answer_is_said_to_be_none(path: Path, said: bytes, why: str) -> None:
    with tailscaled.served(path, lambda _target: said), pytest.raises(Unanswered, match=why):
        asyncio.run(local_api.node_of(path, "100.64.0.7:51000"))


def test_where_nobody_listens_nobody_answers(path: Path) -> None:
    with pytest.raises(Unanswered, match="No such file"):
        asyncio.run(local_api.status(path))

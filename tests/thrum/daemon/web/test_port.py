"""Which port is taken, and that it is ours alone."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from thrum.daemon.web import port
from thrum.errors import ThrumError


@pytest.fixture
def free() -> int:
    """A port that is free."""
    with closing(port.listen("auto", 0)) as found:
        return found.port


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody else has."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_what_is_asked_for_is_taken(free: int) -> None:
    with closing(port.listen(f" {free} ", 0)) as found:
        assert (found.port, found.address) == (free, f"http://localhost:{free}")


def test_what_is_asked_for_and_not_free_is_refused(taken: int) -> None:
    with pytest.raises(ThrumError, match=f"port {taken}") as refused:
        port.listen(str(taken), 0)
    assert refused.value.kind == "system"


@pytest.mark.parametrize("wanted", ["0", "65536", "-1", "http", "99 99"])
def test_what_is_no_port_is_refused(wanted: str) -> None:
    with pytest.raises(ThrumError) as refused:
        port.listen(wanted, 0)
    assert refused.value.kind == "config"


@pytest.mark.parametrize("wanted", ["", "auto", "AUTO"])
def test_the_port_of_before_is_taken_again(free: int, wanted: str) -> None:
    with closing(port.listen(wanted, free)) as found:
        assert found.port == free


def test_one_of_before_that_is_anothers_now_is_left(taken: int) -> None:
    with closing(port.listen("auto", taken)) as found:
        assert found.port != taken


def test_the_usual_one_comes_before_any_other(
    free: int, taken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(port, "USUAL", free)
    with closing(port.listen("auto", taken)) as found, closing(port.listen("auto", 0)) as other:
        assert found.port == free != other.port


def test_both_addresses_of_a_port_are_ours() -> None:
    with closing(port.listen("auto", 0)) as found:
        for each in found.sockets:
            other = socket.socket(each.family)
            with other, pytest.raises(OSError):
                other.bind(each.getsockname()[:2])


def test_a_port_of_which_one_address_is_anothers_is_left() -> None:
    with closing(port.listen("auto", 0)) as found:
        number = found.port
        found.sockets[0].close()
        if len(found.sockets) == 2:
            with pytest.raises(ThrumError, match="::1"):
                port.listen(str(number), 0)


@pytest.mark.parametrize(
    ("text", "number"), [("9999\n", 9999), ("", 0), ("x", 0), ("70000", 0), (None, 0)]
)
def test_what_is_remembered(tmp_path: Path, text: str | None, number: int) -> None:
    file = tmp_path / "ws.port"
    if text is not None:
        file.write_text(text)
    assert port.remembered(file) == number

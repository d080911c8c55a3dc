import pytest

from thrum.daemon.peers import address
from thrum.errors import ThrumError


@pytest.mark.parametrize(
    ("text", "transport"),
    [
        ("127.0.0.1:9999", "local"),
        ("127.8.8.8:1", "local"),
        ("localhost:9999", "local"),
        ("[::1]:9999", "local"),
        ("100.64.0.1:9100", "tailscale"),
        ("100.127.255.255:9100", "tailscale"),
        ("100.128.0.1:9100", "network"),
        ("192.168.1.7:9100", "network"),
        ("box.example.org:9100", "network"),
        ("[fd00::7]:9100", "network"),
    ],
)
def test_over_what_an_address_is_reached(text: str, transport: str) -> None:
    assert address.inferred(text) == transport


@pytest.mark.parametrize("text", ["", "box", "box:", ":9100", "box:0", "box:65536", "box:-1"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ThrumError, match="no address"):
        address.split(text)


@pytest.mark.parametrize(
    ("transport", "old", "new", "is_allowed"),
    [
        ("local", "127.0.0.1:1", "127.0.0.1:2", True),
        ("local", "127.0.0.1:1", "192.168.1.7:1", False),
        ("tailscale", "100.64.0.1:1", "100.100.0.1:1", True),
        ("tailscale", "100.64.0.1:1", "100.128.0.1:1", False),
        ("tailscale", "100.64.0.1:1", "127.0.0.1:1", False),
        ("network", "192.168.1.7:1", "192.168.1.250:2", True),
        ("network", "192.168.1.7:1", "192.168.2.7:1", False),
        ("network", "192.168.1.7:1", "127.0.0.1:1", False),
        ("network", "[fd00::7]:1", "[fd00::7]:2", True),
        ("network", "[fd00::7]:1", "[fd00::8]:2", False),
        ("network", "[fd00::7]:1", "192.168.1.7:1", False),
    ],
)
def test_where_a_peer_may_move(transport: str, old: str, new: str, *, is_allowed: bool) -> None:
    if is_allowed:
        address.check_change(transport, old, new)
        return
    with pytest.raises(ThrumError) as refused:
        address.check_change(transport, old, new)
    assert refused.value.kind == "not_allowed"


def test_a_name_is_no_new_address() -> None:
    with pytest.raises(ThrumError, match="invalid new IP"):
        address.check_change("network", "192.168.1.7:1", "box.example.org:1")

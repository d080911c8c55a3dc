import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum.daemon.peers import peercode
from thrum.daemon.peers.peercode import Peercode
from thrum.errors import ThrumError

NAMES = st.text(min_size=1).filter(lambda name: name.strip() == name)


@given(NAMES, st.ip_addresses(v=4), st.integers(1, 65_535), st.binary(min_size=16, max_size=16))
def test_what_is_read_out_is_understood(name: str, host: object, port: int, drawn: bytes) -> None:
    code = peercode.draw(lambda count: drawn[:count])
    assert re.fullmatch(r"[0-9]{16}", code)
    made = Peercode(name, f"{host}:{port}", code)
    assert peercode.parse(f" {made.text()}\n") == made


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no peercode"),
        ("box:10.0.0.1:9100", "no peercode"),
        ("box:10.0.0.1:9100:", "no peercode"),
        ("box:example:9100:1", "no IPv4 address"),
        ("box:fe80::1:9100:1", "no IPv4 address"),
        ("box:10.0.0.1:0:1", "no number"),
        ("box:10.0.0.1:99999:1", "no number"),
        ("box:10.0.0.1:٣:1", "no number"),
        ("box:10.0.0.1:9100:12ab", "no row of digits"),
    ],
)
def test_what_is_none_is_refused_without_being_repeated(text: str, why: str) -> None:
    with pytest.raises(ThrumError, match=why) as refused:
        peercode.parse(text)
    assert refused.value.kind == "invalid_params"
    assert not text or text not in str(refused.value)

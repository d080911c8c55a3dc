"""What a failure means; what follows from it is tried between daemons in `test_networks`."""

from __future__ import annotations

import pytest

from thrum.daemon.peers.dialing import Refused, Unreachable
from thrum.daemon.peers.reconciling import Outcome, judged
from thrum.errors import ThrumError

WHERE = "10.7.0.1:9100"


@pytest.mark.parametrize(
    ("error", "meant"),
    [
        (Unreachable("nobody there"), Outcome.AWAY),
        (Refused(WHERE, "Method not found", -32601), Outcome.MENDED),
        (Refused(WHERE, "peer.repair: no matching peer", -32000), Outcome.STRANGERS),
        (Refused(WHERE, "Unauthorized", 0), Outcome.STRANGERS),
        (Refused(WHERE, "database is locked", -32000), Outcome.ODD),
        (ThrumError("storage", "the disk is full"), Outcome.ODD),
    ],
)
def test_each_failure_is_of_one_kind(error: Exception, meant: Outcome) -> None:
    assert judged(error) is meant

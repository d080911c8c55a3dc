"""What pages are told of claims."""

from __future__ import annotations

from typing import ClassVar

from thrum.daemon.projection.queries.claims import Claim
from thrum.daemon.rpc.pushed import Pushed


class ClaimTold(Pushed):
    """A claim was made, or is another than before; one that ends by its time is told of no more."""

    name: ClassVar = "notification.claim"
    claim: Claim

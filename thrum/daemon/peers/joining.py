"""Going to another daemon with the code of its pairing."""

from __future__ import annotations

from collections.abc import Sequence

from thrum.daemon.peers import introduction
from thrum.daemon.peers.dialing import Refused, Unreachable, dialed
from thrum.daemon.peers.introduction import Introduced
from thrum.daemon_identity import DaemonIdentity
from thrum.errors import ThrumError


async def introduced(
    who: DaemonIdentity, own_address: str, where: str, code: str, roots: Sequence[str], scope: str
) -> Introduced:
    """Shows the code; what the other side says of itself.

    Args:
        who: us.
        own_address: where the other side can call us.
        where: the other side's address.
        code: the digits.
        roots: our first commits.
        scope: what we give; empty where kinship decides.

    Raises:
        ThrumError: ``not_allowed``, the code does not count; ``not_found``, nobody is there.
    """
    shown = {"code": code, "address": own_address, "roots": list(roots), "scope": scope}
    try:
        async with dialed(where, code=code) as line:
            about = introduction.facts(who) | shown
            return await line.told("pair.request", about, Introduced)
    except Refused as error:
        raise ThrumError("not_allowed", f"pair.request to {where}: {error.said}") from None
    except Unreachable as error:
        hint = "is the other daemon running, and its `thrum peer add`?"
        raise ThrumError("not_found", f"pair.request to {where}: {error}", hint) from None

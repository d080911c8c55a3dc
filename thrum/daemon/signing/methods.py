"""``keys.*``: which keys count here, and changing that."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from thrum.clock import format_ns, normalize
from thrum.daemon.rpc.registry import EVERYWHERE, Call, Params, Rights, method
from thrum.daemon.signing import said
from thrum.daemon.signing.ring import Decision, Owned, Ring, Verdict
from thrum.daemon.signing.service import Signing, demand
from thrum.daemon.store import Transaction
from thrum.errors import ThrumError
from thrum.events import KeyRevoke

MOST_EVENTS: Final = 500
ERRORS: Final = ("not_found", "not_allowed", "ambiguous_id", "conflict", "storage")


class KeyRow(msgspec.Struct, omit_defaults=True):
    """A key of a clone.

    `state` is ours (this clone signs with it), trusted, contested (several claim to be the first of
    that clone), waiting (for somebody here to accept it) or revoked, and until when it counted.
    """

    key: str
    daemon_id: str
    public: str
    published_at: str
    state: str
    revoked_since: str = ""


class KeysListed(msgspec.Struct, omit_defaults=True):
    """The keys, the oldest first, and what is made of signatures; why nothing is signed."""

    keys: list[KeyRow]
    policy: str
    trouble: str = ""


class KeyParams(Params):
    """Which key, by its id or the beginning of it, and of which clone if several claim it."""

    key: str
    daemon_id: str = ""


class RevokeParams(Params):
    """Which key; what it signed after `since`, or from now on, counts no more."""

    key: str
    daemon_id: str = ""
    since: str = ""
    reason: Annotated[str, msgspec.Meta(max_length=500)] = ""


class KeyChanged(msgspec.Struct, omit_defaults=True):
    """The key as it is now; whether other clones hear of it; the key that came in its place."""

    key: KeyRow
    everywhere: bool = False
    successor: str = ""


class VerifyParams(Params):
    """Which events."""

    event_ids: Annotated[list[str], msgspec.Meta(max_length=MOST_EVENTS)]


class Judged(msgspec.Struct, omit_defaults=True):
    """What the signature of an event is worth: verified, unsigned, or wrong and why."""

    event_id: str
    signature: str
    signature_why: str = ""


class Verified(msgspec.Struct):
    """One for each event that is here; none where nobody looks at signatures."""

    events: list[Judged]


@method("keys.list", rights=Rights.READS, anonymous=True, transports=EVERYWHERE)
async def list_keys(call: Call, params: Params) -> KeysListed:
    """Lists the keys that clones sign with, and which of them count here."""
    signing, signer = call.service(Signing), call.node.signer
    ring = (await signing.judge()).ring
    own = signer.own() if signer else None
    rows = [
        _row(ring, each, own) for each in sorted(ring.published, key=ring.published.__getitem__)
    ]
    return KeysListed(rows, signing.policy.value, signer.trouble if signer else "")


@method("keys.verify", rights=Rights.READS, anonymous=True, transports=EVERYWHERE)
async def verify(call: Call, params: VerifyParams) -> Verified:
    """Tells what the signatures of events are worth."""
    found = await call.service(Signing).find(lambda db: said.of_events(db, params.event_ids))
    return Verified([Judged(each, what.state.value, what.why) for each, what in found.items()])


@method("keys.accept", rights=Rights.CHARGE, about="accepting a key", errors=ERRORS)
async def accept(call: Call, params: KeyParams) -> KeyChanged:
    """Has a key count here as its clone's; for a clone that lost its key, or whose is contested."""
    signing = call.service(Signing)
    owned = await _one(call, params.key, params.daemon_id)
    await signing.decide(owned, Decision(Verdict.ACCEPTED))
    return KeyChanged(await _shown(call, owned))


@method("keys.revoke", rights=Rights.CHARGE, about="revoking a key", errors=ERRORS)
async def revoke(call: Call, params: RevokeParams) -> KeyChanged:
    """Has what a key signed after a time count no more: ours everywhere, another's in this clone.

    In place of the key of this clone comes a new one at once.
    """
    since = _moment(params.since)
    owned = await _one(call, params.key, params.daemon_id)
    signing, signer = call.service(Signing), call.node.signer
    successor, is_ours = "", owned.daemon == call.node.identity.daemon_id
    if not is_ours:
        ring = (await signing.judge()).ring
        # What never counted here does not come to count until then by being refused.
        until = (since or format_ns(call.node.now_ns())) if owned in ring.trusted else ""
        await signing.decide(owned, Decision(Verdict.REFUSED, until))
    elif signer is not None and owned == signer.own():
        successor = await _turn(call, since, params.reason)
    else:
        demand(call.node)
        until = since or format_ns(call.node.now_ns())
        ended = KeyRevoke(key=owned.key, since=until, reason=params.reason)
        await call.transact(lambda transaction: _say(call, transaction, ended))
    return KeyChanged(await _shown(call, owned), everywhere=is_ours, successor=successor)


@method("keys.rotate", rights=Rights.CHARGE, about="changing this clone's key", errors=ERRORS)
async def rotate(call: Call, params: Params) -> KeyChanged:
    """Has this clone sign with a new key, for which the one before it vouches and then ends."""
    owned = Owned(call.node.identity.daemon_id, await _turn(call, "", "rotated"))
    return KeyChanged(await _shown(call, owned), everywhere=True)


async def _turn(call: Call, since: str, reason: str) -> str:
    """Publishes a new key, ends the one before it, and signs with the new one; its id.

    Where that one ends in the past, it cannot vouch for the new one, and others have to accept it.
    """
    demand(call.node)
    signer = call.node.signer
    assert signer is not None

    def turn(transaction: Transaction) -> str:
        _introduce(call, transaction)
        published = transaction.emit(signer.next_key(lambda: transaction.db))
        until = since or published.timestamp
        transaction.emit(KeyRevoke(key=signer.key, since=until, reason=reason))
        signer.turn()
        return published.key

    successor = await call.transact(turn)
    signer.keep()
    return successor


def _say(call: Call, transaction: Transaction, event: KeyRevoke) -> None:
    """Emits what is said of a key, signed. Other events have the key loaded by themselves."""
    _introduce(call, transaction)
    transaction.emit(event)


def _introduce(call: Call, transaction: Transaction) -> None:
    """Has our key ready to sign, and known."""
    signer = call.node.signer
    assert signer is not None
    first = signer.introduction(lambda: transaction.db)
    if first is not None:
        transaction.emit(first)


def _moment(since: str) -> str:
    try:
        return normalize(since) if since else ""
    except ValueError:
        raise ThrumError("invalid_params", f"since is no RFC 3339 time: {since!r}") from None


async def _one(call: Call, beginning: str, daemon_id: str) -> Owned:
    """The key that is meant.

    Raises:
        ThrumError: ``not_found``, ``ambiguous_id``.
    """
    ring = (await call.service(Signing).judge()).ring
    found = [
        each
        for each in sorted(ring.published)
        if beginning and each.key.startswith(beginning) and daemon_id in {"", each.daemon}
    ]
    if not found:
        text = f"there is no key {beginning!r}"
        raise ThrumError("not_found", text, "`thrum keys list` shows them")
    if len(found) > 1:
        several = ", ".join(f"{each.key} of {each.daemon}" for each in found[:3])
        raise ThrumError(
            "ambiguous_id",
            f"several keys are meant by {beginning!r}: {several}",
            "give the whole id, and --daemon where several clones claim it",
        )
    return found[0]


async def _shown(call: Call, owned: Owned) -> KeyRow:
    """The key as it is now."""
    signer, ring = call.node.signer, (await call.service(Signing).judge()).ring
    return _row(ring, owned, signer.own() if signer else None)


def _row(ring: Ring, owned: Owned, own: Owned | None) -> KeyRow:
    ended, state = ring.ended.get(owned, ""), ring.standing(owned)
    if owned == own and not ended:
        state = "ours"
    return KeyRow(
        owned.key, owned.daemon, ring.public[owned.key], ring.published[owned], state, ended
    )

"""``claim.*``: who has what for himself."""

from __future__ import annotations

import sqlite3
from typing import ClassVar, Final

import msgspec

from thrum.claims import patterns
from thrum.claims.life import DAY_NS, LONGEST_NS
from thrum.claims.patterns import What
from thrum.clock import format_ns, parse
from thrum.daemon.claims import releasing
from thrum.daemon.claims.changes import ChangedPath, changes
from thrum.daemon.claims.releasing import Named
from thrum.daemon.claims.service import Claims
from thrum.daemon.claims.taking import SECOND_NS, Refused, Wish
from thrum.daemon.projection.facts import LONGEST_NOTE
from thrum.daemon.projection.queries import claims as queries
from thrum.daemon.projection.queries.claims import Claim, Known
from thrum.daemon.rpc.registry import EVERYWHERE, Call, Params, Rights, method
from thrum.daemon.transaction import Transaction
from thrum.errors import ThrumError
from thrum.plurals import counted

ORDINARY_S: Final = 2 * 3600
LONGEST_S: Final = LONGEST_NS // SECOND_NS
LONGEST_WAIT_S: Final = 3600
MOST_AT_ONCE: Final = 100
MOST_PATHS: Final = 1000


class ClaimTakeParams(Params, kw_only=True):
    """What is wanted: paths and globs from `directory` (which is told from the repository's root),
    or keys; for how many seconds, two hours unless they are given; what others are told (`note`);
    whether others may have it, too, who say so as well (`shared`); and how many seconds one would
    wait where somebody else has it.
    """

    needs: ClassVar = ("what",)
    what: list[str] = msgspec.field(default_factory=list)
    directory: str = ""
    for_seconds: int = ORDINARY_S
    note: str = ""
    shared: bool = False
    wait_seconds: int = 0


class ClaimTaken(msgspec.Struct, omit_defaults=True):
    """All of it, or none; then what stands in the way. `notice` says what others know of it."""

    claims: list[Claim]
    refused: list[Refused]
    notice: str = ""


class ClaimReleaseParams(Params, kw_only=True):
    """What ends: exactly what was claimed, from `directory`, or ids of claims; or all that the
    caller holds.
    """

    what: list[str] = msgspec.field(default_factory=list)
    directory: str = ""
    all: bool = False


class ClaimGiveParams(Params, kw_only=True):
    """What the caller holds, and who has it from now on."""

    needs: ClassVar = ("what", "to")
    what: list[str] = msgspec.field(default_factory=list)
    directory: str = ""
    to: str = ""


class ClaimListParams(Params, kw_only=True):
    """Only the caller's (`mine`); those that ended within a day, too (`all`)."""

    mine: bool = False
    all: bool = False


class ClaimsShown(msgspec.Struct, omit_defaults=True):
    """Claims, the earliest first. `notice` says what others know of those that were made here."""

    claims: list[Claim]
    notice: str = ""


class ClaimCheckParams(Params, kw_only=True):
    """Paths from `directory`; no globs."""

    needs: ClassVar = ("paths",)
    paths: list[str] = msgspec.field(default_factory=list)
    directory: str = ""


class HeldPath(msgspec.Struct):
    """A path, and the claim of somebody else that covers it."""

    path: str
    claim: Claim


class ClaimChecked(msgspec.Struct):
    """What others than the caller hold of the paths, and what they changed and did not commit."""

    held: list[HeldPath]
    changed: list[ChangedPath]


@method(
    "claim.take",
    rights=Rights.CALLER,
    long_poll=True,
    errors=("too_large", "conflict"),
    transports=EVERYWHERE,
)
async def take(call: Call, params: ClaimTakeParams) -> ClaimTaken:
    """Takes paths, globs or keys for the caller, for a while; what it holds already is renewed."""
    wish = _wish(call, params)
    if not 0 <= params.wait_seconds <= LONGEST_WAIT_S:
        raise ThrumError("invalid_params", f"wait_seconds must be from 0 to {LONGEST_WAIT_S:,}")
    claims = call.service(Claims)
    found = await claims.line.take(call, wish, params.wait_seconds)
    if found.refused:
        refused = [Refused(what.text, claims.shown(known)) for what, known in found.refused]
        return ClaimTaken([], refused)
    return ClaimTaken([claims.shown(each) for each in found.taken], [], claims.notice(found.taken))


def _wish(call: Call, params: ClaimTakeParams) -> Wish:
    if not 1 <= params.for_seconds <= LONGEST_S:
        raise ThrumError(
            "invalid_params",
            f"for_seconds must be from 1 to {LONGEST_S:,}",
            "a claim lasts a week at most, and can be renewed",
        )
    if len(params.note) > LONGEST_NOTE:
        raise ThrumError("too_large", f"the note is longer than {LONGEST_NOTE} characters")
    whats = _whats(params.what, params.directory)
    return Wish(call.agent_id, whats, params.for_seconds, params.note, params.shared)


def _whats(said: list[str], directory: str) -> tuple[What, ...]:
    """What is meant, each thing once."""
    if len(said) > MOST_AT_ONCE:
        raise ThrumError(
            "too_large", f"{counted(len(said), 'thing')} at once, and {MOST_AT_ONCE} is the most"
        )
    found = {(what.kind, patterns.fold(what.text)): what for what in _read(said, directory)}
    return tuple(found.values())


def _read(said: list[str], directory: str) -> list[What]:
    return [patterns.read(each, directory) for each in said]


@method(
    "claim.release",
    rights=Rights.OWNER,
    errors=("not_found", "not_allowed", "too_large"),
    transports=EVERYWHERE,
)
async def release(call: Call, params: ClaimReleaseParams) -> ClaimsShown:
    """Ends claims. Those of others are ended by people and coordinators, and the log says so."""
    if bool(params.what) == params.all:
        raise ThrumError("invalid_params", "say what is released, or all")
    named = _named(params.what, params.directory)

    def decide(transaction: Transaction) -> list[Known]:
        found = releasing.found(transaction, call.agent_id, named)
        releasing.demand(call, transaction, found)
        return releasing.release(transaction, call.agent_id, found)

    released = await call.transact(decide)
    claims = call.service(Claims)
    await claims.tell_ended(call.agent_id, [each for each in released if each.claim.ended_by])
    return ClaimsShown([claims.shown(each) for each in released])


def _named(said: list[str], directory: str) -> list[Named]:
    """What is meant: from the directory or, as lists show it, from the root; or by the id."""
    _whats(said, directory)
    return [Named(each, (*_read([each], directory), *_from_root(each))) for each in said]


def _from_root(said: str) -> list[What]:
    """The same from the root, where it can mean something there."""
    try:
        return _read([said], "")
    except ThrumError:
        return []


@method(
    "claim.give",
    rights=Rights.OWNER,
    errors=("not_found", "not_allowed", "conflict", "too_large", "unknown_recipient"),
    transports=EVERYWHERE,
)
async def give(call: Call, params: ClaimGiveParams) -> ClaimsShown:
    """Hands claims over to another agent, who is told by mail."""
    named = _named(params.what, params.directory)
    author, message_id = await call.service(Claims).letter()

    def decide(transaction: Transaction) -> list[Known]:
        found = releasing.found(transaction, call.agent_id, named)
        releasing.demand(call, transaction, found)
        given = releasing.give(transaction, call.agent_id, found, params.to)
        releasing.tell_given(transaction, call.agent_id, given, author, message_id)
        return given

    given = await call.transact(decide)
    claims = call.service(Claims)
    return ClaimsShown([claims.shown(each) for each in given], claims.notice(given))


@method("claim.list", rights=Rights.READS, anonymous=True, transports=EVERYWHERE)
async def list_claims(call: Call, params: ClaimListParams) -> ClaimsShown:
    """Lists who has what for himself, the earliest first."""
    me = call.agent_id if params.mine else ""
    now_ns = call.node.now_ns()

    def ask(db: sqlite3.Connection) -> list[Known]:
        now = queries.present(db, now_ns)
        if params.all:
            return queries.since(db, now, format_ns(max(parse(now) - DAY_NS, 0)), me)
        return queries.held(db, now, me)

    found = await call.node.store.ask(ask)
    claims = call.service(Claims)
    notice = "" if claims.is_alone else claims.notice(found)
    return ClaimsShown([claims.shown(each) for each in found], notice)


@method(
    "claim.check",
    rights=Rights.READS,
    anonymous=True,
    errors=("too_large",),
    transports=EVERYWHERE,
)
async def check(call: Call, params: ClaimCheckParams) -> ClaimChecked:
    """Tells what others than the caller hold of paths, or changed without committing lately."""
    if len(params.paths) > MOST_PATHS:
        raise ThrumError(
            "too_large", f"{len(params.paths):,} paths at once, and {MOST_PATHS:,} is the most"
        )
    me, now_ns = call.caller.agent_id, call.node.now_ns()
    paths = {each: patterns.path(each, params.directory) for each in params.paths}

    def ask(db: sqlite3.Connection) -> tuple[list[tuple[str, Known]], list[ChangedPath]]:
        now = queries.present(db, now_ns)
        held = [
            (said, known)
            for said, path in paths.items()
            for known in queries.covering(db, now, path)
            if known.claim.agent_id != me
        ]
        return held, changes(db, paths, me, now)

    held, changed = await call.node.store.ask(ask)
    claims = call.service(Claims)
    return ClaimChecked([HeldPath(said, claims.shown(known)) for said, known in held], changed)

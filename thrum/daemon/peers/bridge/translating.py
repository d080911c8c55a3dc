"""Making local events of what came over a bridge.

Each is decided by how the message is here and how it is there, so it does not matter in what order
letters come and how often. A peer speaks for its own agents alone: whatever it says, who wrote
bears its prefix, and what it changes was written by one of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from thrum import events, held
from thrum.clock import format_ns, parse
from thrum.daemon.peers.bridge import proxies
from thrum.daemon.peers.bridge.letters import MOST_TO, SOURCE, Came, Letter, Reading, came, meant
from thrum.daemon.peers.bridge.message_map import Remote
from thrum.daemon.peers.peer import Peer
from thrum.daemon.transaction import Transaction
from thrum.errors import LATER, ThrumError
from thrum.events import Body, Pair
from thrum.ids import is_ulid_id, moment_of, ulid_text
from thrum.names import LONGEST
from thrum.plurals import counted

Post = Letter | Reading

FORMATS: Final = ("markdown", "plain", "json")
LARGEST_STRUCTURED: Final = 1_048_576
_LONGEST: Final = 256
_WHY: Final = {"unknown_recipient": held.UNKNOWN, "too_large": held.LARGE}
_MADE_UP_MS: Final = 7_258_118_400_000
"""The year 2200: ids from then on were made up, see `thrum.purges`."""
_BITS: Final = 10


@dataclass(slots=True)
class Taken:
    """What came of some post.

    Attributes:
        made: messages that are here, or were, by their ids there.
        refused: why others are not, a sentence each.
        returned: by the ids that letters have here, whom each did not reach, as the peer calls
            them, and why, a token of `thrum.held`; nobody where it reached everybody.
    """

    made: dict[Remote, str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    returned: dict[str, dict[str, str]] = field(default_factory=dict)


def derived(remote: Remote) -> str:
    """The id that a message has here. Whoever works it out gets the same one."""
    millis = moment_of(remote.message_id) // 1_000_000 if is_ulid_id(remote.message_id) else 0
    text = f"{remote.origin}\n{remote.message_id}".encode()
    chance = int.from_bytes(hashlib.sha256(text).digest()[:_BITS], "big")
    return f"msg_{ulid_text(millis if millis < _MADE_UP_MS else 0, chance)}"


def take(
    transaction: Transaction,
    peer: Peer,
    post: Sequence[Post],
    before: Mapping[Remote, str],
    largest: int | None,
) -> Taken:
    """Makes events of what a peer sent.

    Args:
        transaction: in which they are made.
        peer: who sent it.
        post: what it sent, in its order.
        before: messages that came before; those that are gone by now stay so.
        largest: bytes of the longest text.

    Raises:
        ThrumError: nothing can be written here now, which is no fault of the post: of a kind of
            `LATER`.
    """
    taken = Taken()
    for each in post:
        try:
            if isinstance(each, Letter):
                remote = Remote(each.origin, each.message_id)
                is_new = remote not in before and remote not in taken.made
                unknown = _take_letter(transaction, peer, each, is_new, largest)
                taken.made[remote] = derived(remote)
                taken.returned[derived(remote)] = dict.fromkeys(unknown, held.UNKNOWN)
            else:
                _take_reading(transaction, peer, each)
        except ThrumError as error:
            if error.kind in LATER:
                raise
            taken.refused.append(f"{each.message_id[:80]!r}: {error.message}")
            if isinstance(each, Letter) and not _is_here(transaction, each):
                why = _WHY.get(error.kind, held.REFUSED)
                taken.returned[derived(Remote(each.origin, each.message_id))] = dict.fromkeys(
                    _nameable(each.to), why
                )
    return taken


def _is_here(transaction: Transaction, letter: Letter) -> bool:
    """Whether the message came before, and only what became of it is refused."""
    local_id = derived(Remote(letter.origin, letter.message_id))
    sql = "SELECT 1 FROM messages WHERE message_id = ?"
    return transaction.db.execute(sql, (local_id,)).fetchone() is not None


def _nameable(names: Sequence[str]) -> list[str]:
    """Those that can be names, whatever a peer says."""
    return [each for each in names[:MOST_TO] if len(each) <= LONGEST and each.isprintable()]


def _take_letter(
    transaction: Transaction, peer: Peer, letter: Letter, is_new: bool, largest: int | None
) -> list[str]:
    """Brings a message here to how it is there; whom it did not reach, for nobody is called so.

    Raises:
        ThrumError: it is none that is taken.
    """
    _check(letter, largest)
    author = proxies.name_of(peer, letter.author)
    local_id = derived(Remote(letter.origin, letter.message_id))
    row = transaction.db.execute(
        "SELECT agent_id, deleted, body_structured FROM messages WHERE message_id = ?", (local_id,)
    ).fetchone()
    if row is None:
        if is_new and not letter.deleted:
            return _create(transaction, peer, letter, local_id)
    elif row[0] == author and not row[1]:
        # Else it came by another clone of its repository, which tells the rest of it, too.
        if letter.deleted:
            reason = letter.reason[:_LONGEST]
            transaction.emit(events.MessageDelete(message_id=local_id, reason=reason))
        elif letter.edited_at > came(row[2]).edited_at:
            transaction.emit(events.MessageEdit(message_id=local_id, body=_body(peer, letter)))
    return []


def _create(transaction: Transaction, peer: Peer, letter: Letter, local_id: str) -> list[str]:
    """Makes the message; those of its recipients whom nobody here is called like.

    Raises:
        ThrumError: ``unknown_recipient``, all of them are; as `proxies.ensure`.
    """
    db = transaction.db
    known = {name: meant(db, peer, name) for name in letter.to}
    to = sorted({who for who in known.values() if who})
    if not to:
        names = ", ".join(name[:80] for name in letter.to[:3])
        raise ThrumError("unknown_recipient", f"nobody here is called {names}")
    refs = [Pair("mention", each) for each in to]
    answered = _answered(transaction, peer, letter)
    if answered:
        refs.append(Pair("reply_to", answered))
    transaction.emit(
        events.MessageCreate(
            message_id=local_id,
            agent_id=proxies.ensure(transaction, peer, letter.author, letter.display),
            body=_body(peer, letter),
            refs=refs,
            recipients=to,
        )
    )
    return _nameable([name for name, who in known.items() if not who])


def _answered(transaction: Transaction, peer: Peer, letter: Letter) -> str:
    """The message here that a letter answers; empty if it is none that the peer can know."""
    if not letter.answers:
        return ""
    if not letter.answers_yours:
        wanted = derived(Remote(letter.answers_origin, letter.answers))
        is_here = transaction.db.execute(
            "SELECT 1 FROM messages WHERE message_id = ?", (wanted,)
        ).fetchone()
        return wanted if is_here else ""
    return letter.answers if _is_sent_to(transaction, peer, letter.answers) else ""


def _is_sent_to(transaction: Transaction, peer: Peer, message_id: str) -> bool:
    """Whether a message was sent to anybody of the peer."""
    first = peer.proxy("")
    rows = transaction.db.execute(
        "SELECT d.recipient_agent_id, a.origin_daemon FROM message_deliveries d"
        " LEFT JOIN agents a ON a.agent_id = d.recipient_agent_id WHERE d.message_id = ?",
        (message_id,),
    )
    return any(name.startswith(first) or home in peer.ids for name, home in rows)


def _body(peer: Peer, letter: Letter) -> Body:
    said = Came(
        SOURCE,
        peer.daemon_id,
        peer.name,
        letter.message_id,
        letter.author,
        letter.origin,
        letter.edited_at,
        letter.structured,
    )
    structured = msgspec.json.encode(said, order="sorted").decode()
    form = letter.format if letter.format in FORMATS else FORMATS[0]
    return Body(letter.content, form, structured)


def _check(letter: Letter, largest: int | None) -> None:
    """Refuses what cannot be.

    Raises:
        ThrumError: ``invalid_params``, ``too_large``.
    """
    for text in (letter.message_id, letter.origin):
        if not text or len(text) > _LONGEST or not text.isprintable():
            raise ThrumError("invalid_params", "that is no id")
    if len(letter.edited_at) > _LONGEST or len(letter.to) > MOST_TO:
        raise ThrumError("too_large", f"a time or more than {MOST_TO} recipients that cannot be")
    size = len(letter.content.encode())
    if largest is not None and size > largest:
        raise ThrumError(
            "too_large", f"the message is {counted(size, 'byte')} long, over {largest:,}"
        )
    if len(letter.structured) > LARGEST_STRUCTURED:
        raise ThrumError("too_large", f"structured is over {LARGEST_STRUCTURED:,} characters")


def _take_reading(transaction: Transaction, peer: Peer, reading: Reading) -> None:
    """Notes that somebody of the peer saw or read a message of ours, for the first time.

    Raises:
        ThrumError: it was not sent to them.
    """
    agent_id = proxies.name_of(peer, reading.agent)
    row = transaction.db.execute(
        "SELECT seen_at, read_at FROM message_deliveries"
        " WHERE message_id = ? AND recipient_agent_id = ?",
        (reading.message_id, agent_id),
    ).fetchone()
    if row is None:
        if _is_older(transaction, peer, reading.message_id):
            return  # who stood for the agent in a pairing of before is forgotten
        raise ThrumError("not_found", f"that was not sent to {agent_id}")
    if reading.type not in {"seen", "read"}:
        raise ThrumError("invalid_params", "that is no receipt")
    if row[1] or (row[0] and reading.type == "seen"):
        return
    transaction.emit(
        events.MessageReceipt(
            message_id=reading.message_id,
            agent_id=agent_id,
            receipt_type=reading.type,
            way=reading.way if reading.way in held.WAYS else "",
        )
    )


def _is_older(transaction: Transaction, peer: Peer, message_id: str) -> bool:
    """Whether a message here is from before the peer was one."""
    try:
        began = format_ns(parse(peer.paired_at))
    except ValueError:
        return False
    sql = "SELECT 1 FROM messages WHERE message_id = ? AND created_at < ?"
    return transaction.db.execute(sql, (message_id, began)).fetchone() is not None


def remotes(post: Collection[Post]) -> set[Remote]:
    """The messages of some letters."""
    return {Remote(each.origin, each.message_id) for each in post if isinstance(each, Letter)}

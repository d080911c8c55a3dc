"""The bridge to a peer whose program knows none: mail goes to it as a user there would write it.

The peer tells every event of its log, of which what is for our agents becomes post. It takes
nothing that it would have to understand, so what is for its agents is sent over its WebSocket, in
the name of one user that stands for this repository. What answers that user goes to who wrote.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Final, TypeVar

import msgspec

from thrum import events, held
from thrum.daemon.peers import checkpoints, serving
from thrum.daemon.peers.bridge import letters, proxies
from thrum.daemon.peers.bridge.awaited import Waiting
from thrum.daemon.peers.bridge.letters import SOURCE, Letter, Reading
from thrum.daemon.peers.bridge.message_map import Remote
from thrum.daemon.peers.bridge.proxies import Offered
from thrum.daemon.peers.bridge.translating import Post, derived
from thrum.daemon.peers.checkpoints import Checkpoint
from thrum.daemon.peers.dialing import PeerLine, Refused
from thrum.daemon.peers.peer import Peer, prefix
from thrum.names import is_person, is_proxy

if TYPE_CHECKING:
    from thrum.daemon.peers.service import Peers

AT_ONCE: Final = 100
"""Events that are looked at before it is noted how far that is."""
LONGEST_USER: Final = 27
"""Characters of our name in that of the user: older programs take 32 of a whole one."""

T = TypeVar("T")

logger = logging.getLogger("thrum.peers")


class _Agent(msgspec.Struct):
    agent_id: str = ""
    kind: str = ""
    display: str | None = None


class _Agents(msgspec.Struct):
    agents: list[_Agent] | None = None


class _Sent(msgspec.Struct):
    message_id: Annotated[str, msgspec.Meta(min_length=1)]


class OlderBridge:
    """Carries mail to one such peer, and makes post of what it tells. On the event loop only.

    Args:
        peers: whose.
    """

    def __init__(self, peers: Peers) -> None:
        self._peers = peers
        self._node = peers.node
        self._prefix = prefix(self._node.identity.repo_name)
        self._user = f"user:peer-{self._prefix[:LONGEST_USER]}"
        self._is_there = False
        self._roster = ""
        self._announced: set[str] = set()
        self._told: dict[str, str] = {}

    async def carry(self, line: PeerLine, peer: Peer) -> None:
        """Asks who is there, and sends what is for them and was not sent yet.

        Raises:
            Refused, Unreachable: see `PeerLine.call`.
            ThrumError: what came of it cannot be noted.
        """
        self._told.clear()
        await self._arrive(line)
        await self._meet(line, peer)
        await self._announce(line, peer)
        reached = await self._peers.tables.ask(lambda db: checkpoints.sent(db, peer.daemon_id))
        while True:
            found = await self._due(peer, reached)
            if found.renumbered:
                reached = Checkpoint()
                continue
            for each in found.events:
                if each.letter is not None:
                    await self._tell(line, peer, each.letter)
            if found.next_sequence <= reached.sequence:
                return
            reached = Checkpoint(found.next_sequence, found.next_event)
            await self._peers.tables.write(
                lambda db, at=reached: checkpoints.note_sent(db, peer.daemon_id, at)  # type: ignore[misc]
            )

    async def _due(self, peer: Peer, after: Checkpoint) -> serving.Pulled:
        """What would be told a peer that asks for letters."""
        ours = letters.ours(self._peers.book.ids, peer, self._node.now_ns())
        found, drafts = await self._node.store.ask(
            lambda db: serving.told_addressed(
                db, peer, after.sequence, AT_ONCE, after.event_id, ours
            )
        )
        await self._peers.bridge.address(drafts)
        return found

    async def _arrive(self, line: PeerLine) -> None:
        """Is the user there, with a session, as those who write have one."""
        if self._is_there:
            return
        name = self._user.removeprefix("user:")
        display = f"{self._node.identity.repo_name} (via peer)"
        await line.call("user.register", {"username": name, "display": display})
        await line.call("session.start", {"agent_id": self._user})
        self._is_there = True

    async def _meet(self, line: PeerLine, peer: Peer) -> None:
        """Has those stand here who are agents there."""
        told = (await line.told("agent.list", {}, _Agents)).agents or []
        found = [
            Offered(each.agent_id, each.display or "")
            for each in told
            if each.kind in {"", "agent"} and each.agent_id and ":" not in each.agent_id
        ]
        roster = proxies.digest(found)
        if roster == self._roster:
            return
        for said in await self._peers.bridge.meet(peer, found):
            logger.info("peer %s has an agent that cannot be written to: %s", peer.name, said)
        self._roster = roster

    async def _announce(self, line: PeerLine, peer: Peer) -> None:
        """Has somebody stand there for each of ours: nobody there could write to them otherwise."""
        for each in await self._node.store.ask(lambda db: proxies.offered(db, peer)):
            if each.name in self._announced:
                continue
            about = {
                "name": f"{self._prefix}:{each.name}",
                "role": proxies.ROLE,
                "module": self._prefix,
                "display": f"{self._prefix} {each.name} (via peer)",
            }
            try:
                await line.call("agent.register", about)
            except Refused as error:
                logger.info("peer %s does not know %s: %s", peer.name, each.name, error.said)
            self._announced.add(each.name)

    async def _tell(self, line: PeerLine, peer: Peer, letter: Letter) -> None:
        """Brings a message there to how it is here."""
        if self._told.get(letter.message_id) == _version(letter):
            return
        known = await self._peers.bridge.messages.there([_key(peer, letter.message_id)])
        remote = known.get(_key(peer, letter.message_id))
        try:
            if remote is not None:
                await self._change(line, remote.message_id, letter)
            elif not letter.deleted:
                sent = await self._send(line, peer, letter)
                made = {Remote(peer.daemon_id, sent): _key(peer, letter.message_id)}
                await self._peers.bridge.messages.put(made)
                await self._peers.bridge.arrived(peer, letter.message_id)
        except Refused as error:
            logger.warning("peer %s does not take %s: %s", peer.name, letter.message_id, error.said)
            if remote is None:
                await self._return(peer, letter)
        self._told[letter.message_id] = _version(letter)

    async def _send(self, line: PeerLine, peer: Peer, letter: Letter) -> str:
        """Sends a message for the first time; its id there."""
        said = {
            "source": SOURCE,
            "peer_name": self._node.identity.repo_name,
            "message_id": letter.message_id,
            "author_id": letter.author,
        }
        about: dict[str, object] = {
            "caller_agent_id": self._user,
            "content": letter.content,
            "format": letter.format or "markdown",
            "mentions": [f"@{name}" for name in letter.to],
            "structured": said,
        }
        if letter.answers and not letter.answers_yours:
            before = await self._peers.bridge.messages.there([_key(peer, letter.answers)])
            letter.answers = next((each.message_id for each in before.values()), "")
        if letter.answers:
            about["reply_to"] = letter.answers
        return (await self._ask(line, "message.send", about, _Sent)).message_id

    async def _ask(self, line: PeerLine, method: str, about: dict[str, object], kind: type[T]) -> T:
        """What it answers the user; one that is refused may have no session any more, since
        sessions end there by the clock."""
        try:
            return await line.told(method, about, kind)
        except Refused:
            self._is_there = False
            await self._arrive(line)
            return await line.told(method, about, kind)

    async def _change(self, line: PeerLine, message_id: str, letter: Letter) -> None:
        about: dict[str, object] = {"message_id": message_id, "caller_agent_id": self._user}
        if letter.deleted:
            await self._ask(line, "message.delete", about, msgspec.Raw)
        elif letter.edited_at:
            content = {"content": letter.content}
            await self._ask(line, "message.edit", about | content, msgspec.Raw)

    async def _return(self, peer: Peer, letter: Letter) -> None:
        """Tells who wrote that the peer did not take it."""
        told = {
            (letter.message_id, peer.proxy(name)): Waiting(letter.message_id, name, held.REFUSED)
            for name in letter.to
        }
        await self._peers.bridge.hear(peer, told)

    async def came(self, peer: Peer, raws: Iterable[bytes]) -> list[Post]:
        """What of a peer's events is for agents of ours, as a peer with a bridge would send it.

        Raises:
            ThrumError: as `MessageMap.here`, `MessageMap.put` and `Store.ask`.
        """
        found = [event for event in map(_decoded, raws) if event is not None]
        await self._note_sent(peer, found)
        about = {name for event in found for name in _rests_on(event)}
        known = await self._peers.bridge.messages.here(
            [Remote(daemon_id, name) for name in about for daemon_id in peer.ids]
        )
        mark = _key(peer, "")
        ours = {
            remote.message_id: key.removesuffix(mark)
            for remote, key in known.items()
            if key.endswith(mark)
        }
        writers = await self._node.store.ask(lambda db: _writers(db, list(ours.values()), found))
        post = [self._post(peer, event, ours, writers) for event in found]
        return [each for each in post if each is not None]

    async def _note_sent(self, peer: Peer, found: Iterable[object]) -> None:
        """Notes what of it we sent, in case its answer did not arrive or we were killed before
        that was noted: the peer is read before anything is sent, so nothing is sent twice."""
        sent = {
            _key(peer, said.message_id): Remote(peer.daemon_id, event.message_id)
            for event in found
            if isinstance(event, events.MessageCreate) and event.agent_id == self._user
            if (said := letters.came(event.body.structured)).message_id
        }
        known = await self._peers.bridge.messages.there(list(sent)) if sent else {}
        made = {remote: key for key, remote in sent.items() if key not in known}
        await self._peers.bridge.messages.put(made)

    def _post(
        self, peer: Peer, event: object, ours: dict[str, str], writers: dict[str, str]
    ) -> Post | None:
        match event:
            case events.MessageCreate():
                return self._letter(event, ours, writers)
            case events.MessageReceipt() if event.message_id in ours:
                reader, kind = _bare(event.agent_id), event.receipt_type
                return Reading(ours[event.message_id], reader, kind, event.way) if reader else None
            case events.MessageEdit() | events.MessageDelete():
                author = writers.get(derived(Remote(event.origin_daemon, event.message_id)), "")
                if not author.startswith(peer.proxy("")):
                    return None
                made = Letter(
                    event.message_id, event.origin_daemon, author.removeprefix(peer.proxy("")), []
                )
                if isinstance(event, events.MessageDelete):
                    made.deleted, made.reason = True, event.reason
                else:
                    made.content, made.format = event.body.content, event.body.format
                    made.edited_at = event.timestamp
                return made
        return None

    def _letter(
        self, event: events.MessageCreate, ours: dict[str, str], writers: dict[str, str]
    ) -> Letter | None:
        """A message for agents of ours: by names behind our prefix, or for who is answered."""
        answered = ours.get(_answered(event), "")
        named = {*(event.recipients or ()), *_refs(event, "mention")}
        mine = f"{self._prefix}:"
        to = sorted(each.removeprefix(mine) for each in named if each.startswith(mine))
        if not to and answered in writers and {self._user, self._user[5:]} & named:
            to = [writers[answered]]
        author = _bare(event.agent_id)
        if not (to and author) or event.agent_id == self._user:
            return None
        return Letter(
            event.message_id,
            event.origin_daemon,
            author,
            to,
            event.body.content,
            event.body.format,
            event.body.structured,
            answers=answered or _answered(event),
            answers_origin=event.origin_daemon,
            answers_yours=bool(answered),
        )


def _key(peer: Peer, message_id: str) -> str:
    """What a message of ours that was sent there is called in the map, which knows no peers."""
    return f"{message_id} {peer.proxy_prefix}"


def _version(letter: Letter) -> str:
    return "deleted" if letter.deleted else letter.edited_at


def _decoded(raw: bytes) -> object | None:
    """The event; None for what is none, which is refused where events are taken in."""
    try:
        return events.decode(raw)
    except ValueError:
        return None


def _rests_on(event: object) -> Iterator[str]:
    """The messages there by which it is seen for whom it is."""
    if isinstance(event, events.MessageCreate) and _answered(event):
        yield _answered(event)
    if isinstance(event, events.MessageReceipt):
        yield event.message_id


def _refs(event: events.MessageCreate, kind: str) -> Iterator[str]:
    return (each.value for each in event.refs or () if each.type == kind)


def _answered(event: events.MessageCreate) -> str:
    return next(_refs(event, "reply_to"), "")


def _bare(agent_id: str) -> str:
    """What an agent or a person of the peer is called; empty for who stands for somebody else."""
    if is_person(agent_id):
        return agent_id.removeprefix("user:").lower()
    return "" if is_proxy(agent_id) or ":" in agent_id else agent_id


def _writers(
    db: sqlite3.Connection, ours: Sequence[str], found: Iterable[object]
) -> dict[str, str]:
    """Who wrote messages of ours, as the peer is told of them, and who those that came before."""
    came = [
        derived(Remote(event.origin_daemon, event.message_id))
        for event in found
        if isinstance(event, events.MessageEdit | events.MessageDelete)
    ]
    named = {each: letters.spoken(db, who) for each, who in letters.authors(db, ours).items()}
    return named | letters.authors(db, came)

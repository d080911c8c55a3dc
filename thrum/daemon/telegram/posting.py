"""What comes from the phone, as events: each once, however often Telegram tells of it.

The id of a message is worked out from its numbers there, so a daemon that was killed before it
noted how far it had read finds it here already.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from thrum import events
from thrum.clock import format_ns, parse
from thrum.daemon.projection.queries import again, groups
from thrum.daemon.projection.queries import agents as agent_queries
from thrum.daemon.projection.queries import messages as message_queries
from thrum.daemon.projection.queries.ids import has
from thrum.daemon.projection.queries.receipts import reached
from thrum.daemon.projection.queries.targets import target
from thrum.daemon.rpc.addressing import address
from thrum.daemon.rpc.once import COUNTS_NS
from thrum.daemon.rpc.own_session import speaking_session
from thrum.daemon.telegram.stanza import Stanza
from thrum.daemon.transaction import Transaction
from thrum.events import Body, Called, Pair
from thrum.ids import ulid_text

SOURCE: Final = "telegram"
REMOTE: Final = "remote"


@dataclass(frozen=True)
class Post:
    """A message from the phone.

    Attributes:
        message_id: what it is called here.
        person: who says it here.
        content: what is said.
        to: whom it is for.
        reply_to: the message here that it answers; empty for none.
        about: what stands beside the text, for programs.
    """

    message_id: str
    person: str
    content: str
    to: Sequence[str]
    reply_to: str = ""
    about: dict[str, Any] = field(default_factory=dict)


def message_id(bot_id: int, chat_id: int, tele_id: int, date: int) -> str:
    """The id here of a message there."""
    digest = hashlib.sha256(f"{SOURCE} {bot_id} {chat_id} {tele_id}".encode()).digest()
    return f"msg_{ulid_text(date * 1000, int.from_bytes(digest[:10], 'big'))}"


def enrol(transaction: Transaction, person: str) -> None:
    """Makes a person known who is not yet."""
    if agent_queries.agent(transaction.db, person) is None:
        name = person.removeprefix("user:")
        transaction.emit(
            events.AgentRegister(
                agent_id=person,
                kind="user",
                role=name,
                module="ui",
                display=f"Telegram Bridge ({name})",
            )
        )


def post(transaction: Transaction, said: Post, virtual: Callable[[str], bool]) -> bool:
    """Sends a message unless it was sent; whether it was not.

    Args:
        transaction: where it is sent.
        said: the message.
        virtual: whether a name that nobody is registered under can be written to all the same.

    Raises:
        ThrumError: ``unknown_recipient``; as `Transaction.emit`.
    """
    db = transaction.db
    if has(db, "msg", said.message_id):
        return False
    enrol(transaction, said.person)
    found = address(transaction, said.person, "", said.to, demanded=True, virtual=virtual)
    refs = list(found.refs)
    if said.reply_to and has(db, "msg", said.reply_to):
        refs.append(Pair("reply_to", said.reply_to))
    structured = msgspec.json.encode({"source": SOURCE, **said.about}, order="sorted").decode()
    transaction.emit(
        events.MessageCreate(
            message_id=said.message_id,
            agent_id=said.person,
            session_id=transaction.people(speaking_session, said.person),
            body=Body(format="markdown", content=said.content, structured=structured),
            scopes=found.scopes or None,
            refs=refs or None,
            recipients=sorted(set(found.recipients)) or None,
        )
    )
    return True


def edit(transaction: Transaction, said: Post, once: str) -> bool:
    """Changes the text of a message that came from the phone; whether there was anything to do.

    Args:
        transaction: where it is changed.
        said: the message as it is now.
        once: what this change is called, so that it is made once.

    Raises:
        ThrumError: as `Transaction.emit`.
    """
    day = format_ns(parse(transaction.now) - COUNTS_NS)
    if again.done(transaction.db, said.person, once, day):
        return False
    known = message_queries.message(transaction.db, said.message_id)
    if known is None or known.deleted or known.author.agent_id != said.person:
        return False
    if known.body.content == said.content:
        return False
    transaction.called = Called(said.person, once)
    body = Body(format=known.body.format, content=said.content, structured=known.body.structured)
    transaction.emit(events.MessageEdit(message_id=said.message_id, body=body))
    return True


def read(transaction: Transaction, person: str, message_ids: Sequence[str]) -> None:
    """Marks as read what was brought to the phone, and is not read yet."""
    found = reached(transaction.db, person, message_ids)
    session_id = speaking_session(transaction.db, person)
    for each in (each for each, is_read in found.items() if not is_read):
        transaction.emit(
            events.MessageReceipt(
                message_id=each, agent_id=person, receipt_type="read", session_id=session_id
            )
        )


def mirror(transaction: Transaction, stanza: Stanza, new_id: Callable[[], str]) -> None:
    """Has groups there be groups here, with the person, the target and whoever is behind bots."""
    enrol(transaction, stanza.person)
    for group in stanza.groups:
        for each in group.remote_agents:
            if agent_queries.agent(transaction.db, each.agent_id) is None:
                transaction.emit(
                    events.AgentRegister(
                        agent_id=each.agent_id,
                        kind="agent",
                        name=each.agent_id,
                        role=REMOTE,
                        module=each.prefix.lower(),
                        display=f"{each.prefix} {each.name} (via Telegram)",
                    )
                )
        proxies = [each.agent_id for each in group.remote_agents]
        _mirror(transaction, group.group, stanza, proxies, new_id)


def _mirror(
    transaction: Transaction,
    name: str,
    stanza: Stanza,
    proxies: Sequence[str],
    new_id: Callable[[], str],
) -> None:
    db = transaction.db
    known = groups.group(db, name)
    group_id = known.group_id if known else new_id()
    if known is None:
        transaction.emit(events.GroupCreate(group_id=group_id, name=name, created_by=stanza.person))
    wanted = [("agent", each) for each in (stanza.person, *proxies)]
    meant = target(db, stanza.target) if stanza.target else None
    if meant is not None and meant.kind in {"agent", "role"}:
        wanted.append((meant.kind, meant.name))
    members = {(each.member_type, each.member_value) for each in groups.group_members(db, name)}
    for kind, value in wanted:
        if (kind, value) not in members:
            transaction.emit(
                events.GroupMemberAdd(
                    group_id=group_id,
                    member_type=kind,
                    member_value=value,
                    added_by=stanza.person,
                )
            )

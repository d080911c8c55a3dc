"""``message.send``, ``.get``, ``.edit``, ``.delete``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

import msgspec

from thrum import events, held
from thrum.clock import format_ns, parse
from thrum.daemon.callers.pseudo_agent import is_supervisor
from thrum.daemon.delivery import telling
from thrum.daemon.peers.service import Peers
from thrum.daemon.projection.apply.messages import answered
from thrum.daemon.projection.facts import Event
from thrum.daemon.projection.queries import agents as agent_queries
from thrum.daemon.projection.queries import messages as queries
from thrum.daemon.projection.queries.ids import has, one_id
from thrum.daemon.projection.queries.messages import Message
from thrum.daemon.projection.queries.rows import Recipient
from thrum.daemon.rpc import absence, touch
from thrum.daemon.rpc.addressing import Addressing, address, nearest, warnings
from thrum.daemon.rpc.implied import Targets, spelled_out
from thrum.daemon.rpc.once import COUNTS_NS, Once, only
from thrum.daemon.rpc.own_session import speaking_session
from thrum.daemon.rpc.registry import EVERYWHERE, Call, ClientId, Params, Rights, method
from thrum.daemon.signing.service import Signing
from thrum.daemon.store import Transaction
from thrum.errors import ThrumError
from thrum.events import Body, Pair
from thrum.ids import ending_of, is_ulid_id
from thrum.names import bare, is_person

FORMATS = ("markdown", "plain", "json")
"""What a message may be written in; the first is meant where nothing is said."""
MOST_TARGETS = 256
LARGEST_STRUCTURED = 1_048_576
TARGETS = frozenset({"mention", "group", "broadcast"})
"""The types of refs that say to whom a message goes."""


class SendParams(Params):
    """A message. Without `to` and `mentions` it goes to everyone.

    The same `idempotency_key` (at most 200 characters) from the same agent within a day gives the
    first message's id and sends nothing, whatever else is asked; a purge of that message ends it.
    With a key of 32 characters or more the id ends with the first eight that its SHA-256 has in
    Crockford's base32, so that it can be named though the answer was lost. `client_id` is the same
    key by the name that it has elsewhere.
    """

    needs: ClassVar = ("content",)
    content: str = ""
    format: str = ""
    structured: dict[str, Any] | None = None
    reply_to: str = ""
    scopes: list[Pair] = msgspec.field(default_factory=list)
    refs: list[Pair] = msgspec.field(default_factory=list)
    to: str = ""
    mentions: list[str] = msgspec.field(default_factory=list)
    tags: list[str] = msgspec.field(default_factory=list)
    acting_as: str = ""
    disclose: bool = False
    disclosed: bool = False
    idempotency_key: str = ""
    client_id: ClientId = ""

    @property
    def key(self) -> str:
        """The key, by whichever name."""
        return self.idempotency_key or self.client_id


class Sent(msgspec.Struct, omit_defaults=True):
    """The message as it was stored; `resolved_to` counts the targets that were named.

    `recipients` leaves out the author, who may be among the targets; what holds the message up with
    them is told where they are few. `warnings` name, unless the message went to everyone,
    recipients who were not seen for long (`messages.unseen_days`).
    """

    message_id: str
    created_at: str
    resolved_to: int
    thread_id: str = ""
    warnings: list[str] | None = None
    audiences: list[Pair] | None = None
    recipients: list[Recipient] | None = None


class GetParams(Params):
    """Which message."""

    needs: ClassVar = ("message_id",)
    message_id: str = ""


class Got(msgspec.Struct):
    """One message."""

    message: Message


class EditParams(Params):
    """The new text, the new structure, or both; what is absent stays.

    The same `client_id` within a day gives the first answer and edits nothing.
    """

    needs: ClassVar = ("message_id",)
    message_id: str = ""
    content: str = ""
    structured: dict[str, Any] | str | None = None
    client_id: ClientId = ""


class Edited(msgspec.Struct):
    """When, and how many edits there have been."""

    message_id: str
    updated_at: str
    version: int


class DeleteParams(Params):
    """Which message is taken back, and why.

    The same `client_id` within a day gives the first answer.
    """

    needs: ClassVar = ("message_id",)
    message_id: str = ""
    reason: str = ""
    client_id: ClientId = ""


class Deleted(msgspec.Struct):
    """When it was taken back."""

    message_id: str
    deleted_at: str


@method(
    "message.send",
    rights=Rights.CALLER,
    errors=("no_session", "unknown_recipient", "too_large", "not_found", "not_allowed", "storage"),
    transports=EVERYWHERE,
    decides=True,
)
async def send(call: Call, params: SendParams) -> Sent:
    """Sends a message; the answer comes when it is on disk.

    The same `idempotency_key` from the same agent within a day gives the first message's id and
    sends nothing, also when that message was taken back; a purge forgets it.
    """
    _check_body(call, params)
    _check_target(call, params)
    me = call.agent_id
    reply_to = params.reply_to and await whole_id(call, params.reply_to, "message to reply to")
    message_id = call.node.ids.make("msg", ending_of(params.key))
    demanded = bool(call.node.config.get("messages.require_recipient"))
    unseen_days = int(call.node.config.get("messages.unseen_days"))

    def virtual(name: str) -> bool:
        return is_supervisor(name, call.node.config, call.node.identity)

    def decide(transaction: Transaction) -> Sent:
        again = _sent_before(transaction, me, params.key, unseen_days)
        if again:
            return again
        session_id = transaction.people(speaking_session, me)
        author = _author(transaction, me, params.acting_as)
        said = Targets(params.to, params.mentions, params.scopes)
        if call.caller.is_page:
            said = spelled_out(transaction.db, me, said, reply_to)
        addressing = address(
            transaction,
            author,
            said.to,
            said.mentions,
            demanded=demanded,
            virtual=virtual,
            itself=call.service(Peers).bridge.itself,
        )
        refs = [*params.refs, *addressing.refs]
        if reply_to:
            refs = [ref for ref in refs if ref.type != "reply_to"] + [Pair("reply_to", reply_to)]
        event = transaction.emit(
            events.MessageCreate(
                message_id=message_id,
                agent_id=author,
                session_id=session_id,
                body=Body(
                    format=params.format or FORMATS[0],
                    content=params.content,
                    structured=_as_text(params.structured),
                ),
                scopes=[*said.scopes, *addressing.scopes] or None,
                refs=refs or None,
                recipients=sorted(set(addressing.recipients)) or None,
                authored_by=me if author != me else "",
                disclosed=author != me and (params.disclose or params.disclosed),
                idempotency_key=params.key,
            )
        )
        touch.seen(transaction, me)
        others = set(addressing.recipients) - {author, me}
        addressing.warnings += _absent(transaction, addressing.audiences, others, unseen_days)
        return _sent(transaction, event, addressing)

    sent = await call.transact(decide, early=True)
    await telling.tell_sender(call.node, me, sent.message_id, sent.recipients)
    return sent


def _check_body(call: Call, params: SendParams) -> None:
    if params.format and params.format not in FORMATS:
        raise ThrumError(
            "invalid_params", f"format {params.format!r} is none of {', '.join(FORMATS)}"
        )
    check_size(call, params.content)
    if len(params.mentions) > MOST_TARGETS or len(params.refs) + len(params.scopes) > MOST_TARGETS:
        raise ThrumError("too_large", f"more than {MOST_TARGETS} mentions, refs or scopes")
    if len(params.idempotency_key) > 200:
        raise ThrumError("invalid_params", "idempotency_key is longer than 200 characters")
    if params.client_id not in {"", params.key}:
        raise ThrumError("invalid_params", "idempotency_key and client_id are two names of one key")
    _checked_structure(params.structured)


def _check_target(call: Call, params: SendParams) -> None:
    """Refuses what would go to everyone while a param that nobody knows may have said to whom.

    Raises:
        ThrumError: ``invalid_params``.
    """
    if call.unknown and not params.to and not any(bare(each) for each in params.mentions):
        names = ", ".join(repr(name) for name in call.unknown)
        raise ThrumError(
            "invalid_params",
            f"message.send takes no {names}, and without a target it would go to everyone",
            "name agents, roles and groups in mentions, or write to: everyone",
        )


def check_size(call: Call, content: str) -> None:
    """Refuses a body over the bound of the configuration.

    Raises:
        ThrumError: ``too_large``; ``invalid_params`` for text that is no Unicode.
    """
    try:
        size = len(content.encode())
    except UnicodeEncodeError:
        raise ThrumError("invalid_params", "content holds a character that is no Unicode") from None
    bound = call.node.config.largest_body
    if bound is not None and size > bound:
        raise ThrumError(
            "too_large",
            f"the message is {size:,} bytes long, over the bound of {bound:,}",
            "send less, or raise daemon.max_message_body_bytes",
        )


def _as_text(structured: dict[str, Any] | str | None) -> str:
    if structured is None or isinstance(structured, str):
        return structured or ""
    try:
        return msgspec.json.encode(structured, order="sorted").decode()
    except RecursionError:
        raise ThrumError("invalid_params", "structured is nested too deeply") from None


def _absent(
    transaction: Transaction, audiences: Sequence[Pair], others: Iterable[str], days: int
) -> list[str]:
    """What is said of recipients who were not seen for long; nothing where everyone was meant."""
    if any(each.type == "broadcast" for each in audiences):
        return []
    return absence.warnings(transaction, others, days)


def _sent_before(transaction: Transaction, me: str, key: str, unseen_days: int) -> Sent | None:
    """The message that was sent with the same key, as it was answered then."""
    if not key:
        return None
    day = format_ns(parse(transaction.now) - COUNTS_NS)
    first = queries.by_idempotency_key(transaction.db, me, key, day)
    found = queries.message(transaction.db, first) if first else None
    if found is None:
        return None
    others = {each.agent_id for each in found.recipients or []} - {found.author.agent_id, me}
    absent = _absent(transaction, found.audiences or [], others, unseen_days)
    return Sent(
        message_id=found.message_id,
        created_at=found.created_at,
        resolved_to=len({ref for ref in found.refs if ref.type in TARGETS}),
        thread_id=found.thread_id,
        warnings=[*_warnings_of(found), *absent] or None,
        audiences=found.audiences,
        recipients=found.recipients,
    )


def _warnings_of(found: Message) -> list[str]:
    """What was said of the groups among the targets, as far as the message tells."""
    groups = [scope.value for scope in found.scopes if scope.type == "group"]
    alone = not {each.agent_id for each in found.recipients or []} - {found.author.agent_id}
    return [
        text
        for name in groups
        for text in warnings(name, alone=alone, namesakes=Pair("mention", name) in found.refs)
    ]


def _author(transaction: Transaction, me: str, acting_as: str) -> str:
    """Who is said to have written: the caller, or the agent that a person speaks for."""
    other = bare(acting_as)
    if not other or other == me:
        return me
    if not is_person(me):
        raise ThrumError("not_allowed", f"only users can speak for agents (you are {me})")
    if is_person(other):
        raise ThrumError("not_allowed", f"users can speak for agents, not for {other}")
    if transaction.people(agent_queries.agent, other) is None:
        hint = nearest(transaction.db, [other]) + "see `thrum team --all`"
        raise ThrumError("not_found", f"target agent does not exist: {other}", hint)
    return other


def _thread(transaction: Transaction, event: events.MessageCreate) -> str:
    """The thread of a message that was just sent; one that answers nothing has none yet."""
    if answered(event) is None:
        return event.thread_id
    (thread,) = transaction.db.execute(
        "SELECT coalesce(thread_id, '') FROM messages WHERE message_id = ?", (event.message_id,)
    ).fetchone()
    return str(thread)


def _sent(transaction: Transaction, event: events.MessageCreate, addressing: Addressing) -> Sent:
    moment = event.timestamp
    others = [name for name in event.recipients or () if name != event.agent_id]
    return Sent(
        message_id=event.message_id,
        created_at=moment,
        resolved_to=addressing.resolved,
        thread_id=_thread(transaction, event),
        warnings=addressing.warnings or None,
        audiences=list(dict.fromkeys(addressing.audiences)) or None,
        recipients=[Recipient(name, moment, state=held.STORED) for name in others] or None,
    )


@method(
    "message.get",
    rights=Rights.READS,
    anonymous=True,
    errors=("not_found", "ambiguous_id"),
    transports=EVERYWHERE,
)
async def get(call: Call, params: GetParams) -> Got:
    """Shows one message in full; marks nothing as read."""
    message_id = await whole_id(call, params.message_id)
    found = queries.message(call.node.store.reader(), message_id, call.caller.agent_id)
    if found is None:
        raise ThrumError("not_found", f"there is no message {message_id}")
    if not found.deleted:
        await telling.tell(call.node, [(message_id, found.recipients)])
        found.recipients = telling.with_lost(call.node, message_id, found.recipients)
    await call.service(Signing).mark([found])
    return Got(found)


async def whole_id(call: Call, ending: str, what: str = "message") -> str:
    """The id of the message that a whole id or its ending names.

    Looking for an ending, or for what was meant, costs a pass over many messages, so it keeps
    neither the event loop nor the writer waiting.

    Raises:
        ThrumError: ``invalid_params``, ``not_found``, ``ambiguous_id``.
    """
    if is_ulid_id(ending) and has(call.node.store.reader(), "msg", ending):
        return ending
    return await call.node.store.ask(lambda db: one_id(db, "msg", ending, what))


def _own_message(transaction: Transaction, me: str, message_id: str, verb: str) -> Message:
    found = queries.message(transaction.db, message_id)
    if found is None:
        raise ThrumError("not_found", f"there is no message {message_id}")
    if found.author.agent_id != me:
        raise ThrumError(
            "not_allowed",
            f"only message author can {verb} (author: {found.author.agent_id}, you: {me})",
        )
    if found.created_at <= agent_queries.deleted_at(transaction.db, me):
        raise ThrumError("not_allowed", f"that was written by an agent {me} before you")
    return found


@method(
    "message.edit",
    rights=Rights.CALLER,
    errors=("not_found", "not_allowed", "conflict", "too_large", "no_session"),
    transports=EVERYWHERE,
)
async def edit(call: Call, params: EditParams) -> Edited:
    """Changes the text or structure of one's own message."""
    if not params.content and params.structured is None:
        raise ThrumError("invalid_params", "content or structured is required")
    structured = _checked_structure(params.structured)
    check_size(call, params.content)
    me = call.agent_id
    message_id = await whole_id(call, params.message_id)

    def decide(transaction: Transaction) -> Edited:
        speaking_session(transaction.db, me)
        found = _own_message(transaction, me, message_id, "edit")
        if found.deleted:
            raise ThrumError("conflict", f"cannot edit deleted message: {found.message_id}")
        body = Body(
            format=found.body.format,
            content=params.content or found.body.content,
            structured=found.body.structured if structured is None else structured,
        )
        event = transaction.emit(events.MessageEdit(message_id=found.message_id, body=body))
        return _edited(transaction, event)

    return await call.transact(decide, Once(params.client_id, _edited_before))


def _edited(transaction: Transaction, event: events.MessageEdit) -> Edited:
    version = queries.edits(transaction.db, event.message_id, event.event_id)
    return Edited(event.message_id, event.timestamp, version)


def _edited_before(transaction: Transaction, done: Sequence[Event]) -> Edited:
    return _edited(transaction, only(done, events.MessageEdit)[0])


def _checked_structure(structured: dict[str, Any] | str | None) -> str | None:
    """The structure as JSON text; text is taken if it is a JSON object."""
    if isinstance(structured, str):
        try:
            if not isinstance(msgspec.json.decode(structured.encode()), dict):
                raise ThrumError("invalid_params", "structured must be a JSON object")
        except (msgspec.DecodeError, UnicodeEncodeError) as error:
            raise ThrumError("invalid_params", f"structured is no JSON: {error}") from None
        except RecursionError:
            raise ThrumError("invalid_params", "structured is nested too deeply") from None
    text = None if structured is None else _as_text(structured)
    if text and len(text) > LARGEST_STRUCTURED:
        raise ThrumError("too_large", f"structured is over {LARGEST_STRUCTURED:,} bytes")
    return text


@method(
    "message.delete",
    rights=Rights.CALLER,
    errors=("not_found", "not_allowed", "conflict", "no_session"),
    transports=EVERYWHERE,
)
async def delete(call: Call, params: DeleteParams) -> Deleted:
    """Takes one's own message back, everywhere."""
    me = call.agent_id
    message_id = await whole_id(call, params.message_id)

    def decide(transaction: Transaction) -> Deleted:
        speaking_session(transaction.db, me)
        found = _own_message(transaction, me, message_id, "delete")
        if found.deleted:
            raise ThrumError("conflict", f"message already deleted: {found.message_id}")
        event = transaction.emit(
            events.MessageDelete(message_id=found.message_id, reason=params.reason)
        )
        return Deleted(found.message_id, event.timestamp)

    return await call.transact(decide, Once(params.client_id, _deleted_before))


def _deleted_before(transaction: Transaction, done: Sequence[Event]) -> Deleted:
    first = only(done, events.MessageDelete)[0]
    return Deleted(first.message_id, first.timestamp)

"""``group.*``: names that stand for several agents and roles.

Anybody who is known may make a group. Whoever made it, its members, people and coordinators change
it. Two clones that make one name at once have made one group (see ``projection/apply/groups``),
and it has two makers.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import ClassVar, Final

import msgspec

from thrum import events, names
from thrum.audience import EVERY_ROLE
from thrum.daemon.callers import pseudo_agent
from thrum.daemon.projection.facts import Event
from thrum.daemon.projection.queries import agents as agent_queries
from thrum.daemon.projection.queries import groups as queries
from thrum.daemon.projection.queries import messages as message_queries
from thrum.daemon.projection.queries.groups import Counted, Group, GroupMember
from thrum.daemon.rpc import rights, strangers
from thrum.daemon.rpc.deleting import delete_all, delete_some
from thrum.daemon.rpc.once import Once, only
from thrum.daemon.rpc.registry import EVERYWHERE, Call, ClientId, Params, Rights, method
from thrum.daemon.store import Transaction
from thrum.errors import ThrumError

LONGEST_NAME: Final = 128
LONGEST_DESCRIPTION: Final = 4096
MOST_MEMBERS: Final = 1000
EVERYONE: Final = "everyone"
MOST_LATE: Final = 1000
"""Messages that may come between the last portion of deletions and that of the group."""
GONE: Final = "the group was deleted"
MEMBER_TYPES: Final = ("agent", "role")


class CreateParams(Params):
    """The group's name and what it is for.

    Here and below, the same `client_id` within a day gives the first answer and does nothing.
    """

    needs: ClassVar = ("name",)
    name: str = ""
    description: str = ""
    client_id: ClientId = ""


class Created(msgspec.Struct):
    """The new group."""

    group_id: str
    name: str
    created_at: str


class DeleteParams(Params):
    """Which group; with `delete_messages` what was sent to it is deleted too, everywhere."""

    needs: ClassVar = ("name",)
    name: str = ""
    delete_messages: bool = False
    client_id: ClientId = ""


class Deleted(msgspec.Struct):
    """The group that is gone."""

    name: str
    deleted_at: str


class MemberParams(Params):
    """Which group, and which ``agent`` or ``role``; the role ``*`` is everybody.

    `group_name` says the same as `group`.
    """

    needs: ClassVar = ("group", "member_type", "member_value")
    group: str = ""
    group_name: str = ""
    member_type: str = ""
    member_value: str = ""
    client_id: ClientId = ""

    def __post_init__(self) -> None:
        self.group = self.group or self.group_name


class Member(msgspec.Struct):
    """The member as it was named."""

    group: str
    member_type: str
    member_value: str


class Listed(msgspec.Struct):
    """All groups, by name."""

    groups: list[Counted]


class NameParams(Params):
    """Which group."""

    needs: ClassVar = ("name",)
    name: str = ""


class Info(Group, kw_only=True, omit_defaults=True):
    """A group and its members."""

    members: list[GroupMember]


class MembersParams(Params):
    """Which group; `expand` names the agents that its members stand for now."""

    name: str = ""
    expand: bool = False


class Members(msgspec.Struct, omit_defaults=True):
    """The members as they were added, by type and value, and whom they stand for."""

    members: list[GroupMember]
    expanded: list[str] | None = None


@method(
    "group.create", rights=Rights.CALLER, errors=("name_taken", "too_large"), transports=EVERYWHERE
)
async def create(call: Call, params: CreateParams) -> Created:
    """Makes an empty group. Its name can be nobody's name and nobody's role."""
    check_name(params.name)
    if len(params.description) > LONGEST_DESCRIPTION:
        raise ThrumError(
            "too_large", f"the description is longer than {LONGEST_DESCRIPTION:,} characters"
        )
    me = call.agent_id
    group_id = call.node.ids.make("grp")

    if pseudo_agent.is_supervisor(params.name, call.node.config, call.node.identity):
        raise ThrumError(
            "name_taken", f"{params.name!r} is the daemon's own name", "choose another name"
        )

    def decide(transaction: Transaction) -> Created:
        _check_free(transaction.db, params.name)
        event = transaction.emit(
            events.GroupCreate(
                group_id=group_id,
                name=params.name,
                description=params.description,
                created_by=me,
            )
        )
        return _created(event)

    def again(transaction: Transaction, done: Sequence[Event]) -> Created:
        return _created(only(done, events.GroupCreate)[0])

    return await call.transact(decide, Once(params.client_id, again))


def _created(event: events.GroupCreate) -> Created:
    return Created(event.group_id, event.name, event.timestamp)


def check_name(name: str) -> None:
    """Refuses names that no message could be addressed to.

    Raises:
        ThrumError: ``invalid_params``; ``name_taken``, the name is reserved.
    """
    if name in names.RESERVED:
        raise ThrumError("name_taken", f"the name {name!r} is reserved", "choose another name")
    if len(name) > LONGEST_NAME:
        raise ThrumError("invalid_params", f"the name is longer than {LONGEST_NAME} characters")
    if not name.isprintable() or name != name.strip() or name.startswith("@"):
        wrong = "it begins with @, has a space at an end, or holds characters that cannot be seen"
    elif name.startswith(names.IDS_OF_OTHERS):
        wrong = "it is written like the id of a person or of an old agent, and would take its mail"
    elif name == EVERY_ROLE:
        wrong = "it stands for every role"
    else:
        return
    raise ThrumError(
        "invalid_params",
        f"{name!r} cannot be a group's name: {wrong}",
        "choose a name such as 'reviewers'",
    )


def _check_free(db: sqlite3.Connection, name: str) -> None:
    """Refuses a name that is taken: a group's name comes before agents and roles in addressing.

    Raises:
        ThrumError: ``name_taken``.
    """
    taken = None
    if queries.group(db, name) is not None:
        taken = f"group {name!r} already exists"
    elif agent_queries.agent(db, name) or agent_queries.agent(db, f"user:{name}"):
        taken = f"{name!r} is an agent's name; the group would take its mail"
    elif agent_queries.agents(db, role=name):
        taken = f"{name!r} is a role; the group would take its mail"
    if taken:
        raise ThrumError("name_taken", taken, "choose another name")


@method(
    "group.delete", rights=Rights.OWNER, errors=("not_found", "not_allowed"), transports=EVERYWHERE
)
async def delete(call: Call, params: DeleteParams) -> Deleted:
    """Deletes a group; its messages stay with those who got them.

    With `delete_messages` they are deleted too, which is for people, coordinators and whoever made
    the group.
    """
    me = call.agent_id
    _check_changeable(params.name)
    name = params.name

    def sent(db: sqlite3.Connection) -> list[str]:
        found = _group(db, name)
        if me in queries.makers(db, found.group_id):
            call.grant()
        else:
            rights.demand_charge(call, db, "deleting what was sent to a group")
        return message_queries.sent_to_group(db, name)

    def again(transaction: Transaction, done: Sequence[Event]) -> Deleted:
        return Deleted(name, only(done, events.GroupDelete)[0].timestamp)

    once = Once(params.client_id, again, _only_mail_went)
    if params.delete_messages and not await call.answered(once):
        await delete_all(call, sent, GONE, once.called(me))

    def decide(transaction: Transaction) -> Deleted:
        found = _own_group(call, transaction.db, name)
        if params.delete_messages:
            delete_some(transaction, sent(transaction.db)[:MOST_LATE], GONE, call.agent_id)
        event = transaction.emit(events.GroupDelete(group_id=found.group_id, deleted_by=me))
        return Deleted(name, event.timestamp)

    return await call.transact(decide, once)


def _only_mail_went(done: Sequence[Event]) -> bool:
    """Whether the messages of a group were being deleted, and it was not."""
    return all(isinstance(each, events.MessageDelete) and each.reason == GONE for each in done)


def _check_changeable(name: str) -> None:
    if name == EVERYONE:
        raise ThrumError("not_allowed", "everyone is always everyone, and cannot be changed")


def _own_group(call: Call, db: sqlite3.Connection, name: str) -> Group:
    """The group of that name, for whoever may change it.

    A group whose makers are gone, or were never heard of here, is everybody's.

    Raises:
        ThrumError: ``not_allowed``; and as `_group`.
    """
    me, found = call.agent_id, _group(db, name)
    makers = queries.makers(db, found.group_id)
    orphaned = not any(agent_queries.agent(db, maker) for maker in makers)
    if not orphaned and me not in {*makers, *queries.expanded(db, name)}:
        rights.demand_charge(call, db, f"the group {name!r} of {found.created_by}")
    call.grant()
    return found


def _group(db: sqlite3.Connection, name: str) -> Group:
    """The group of that name.

    Raises:
        ThrumError: ``invalid_params``, ``not_found``.
    """
    found = queries.group(db, name)
    if found is None:
        raise strangers.no_group(db, name, f"group {name!r} not found")
    return found


@method(
    "group.member.add",
    rights=Rights.OWNER,
    errors=("not_found", "not_allowed", "too_large"),
    transports=EVERYWHERE,
)
async def add(call: Call, params: MemberParams) -> Member:
    """Adds an agent or a role to a group; a member that is in it already stays as it is.

    For whoever made the group, its members, people and coordinators.
    """
    me = call.agent_id
    member = _member(params)

    def decide(transaction: Transaction) -> Member:
        db = transaction.db
        found = _own_group(call, db, params.group)
        _check_known(db, params)
        members = queries.group_members(db, params.group)
        if not _is_in(members, params):
            if len(members) >= MOST_MEMBERS:
                raise ThrumError("too_large", f"a group has at most {MOST_MEMBERS:,} members")
            transaction.emit(
                events.GroupMemberAdd(
                    group_id=found.group_id,
                    member_type=params.member_type,
                    member_value=params.member_value,
                    added_by=me,
                )
            )
        return member

    return await call.transact(decide, _once(params, member, events.GroupMemberAdd))


@method(
    "group.member.remove",
    rights=Rights.OWNER,
    errors=("not_found", "not_allowed"),
    transports=EVERYWHERE,
)
async def remove(call: Call, params: MemberParams) -> Member:
    """Takes an agent or a role out of a group; one that is not in it is no error.

    For whoever made the group, its members, people and coordinators.
    """
    me = call.agent_id
    member = _member(params)

    def decide(transaction: Transaction) -> Member:
        found = _own_group(call, transaction.db, params.group)
        if _is_in(queries.group_members(transaction.db, params.group), params):
            transaction.emit(
                events.GroupMemberRemove(
                    group_id=found.group_id,
                    member_type=params.member_type,
                    member_value=params.member_value,
                    removed_by=me,
                )
            )
        return member

    return await call.transact(decide, _once(params, member, events.GroupMemberRemove))


def _once(params: MemberParams, member: Member, kind: type[events.AboutGroup]) -> Once[Member]:
    def again(transaction: Transaction, done: Sequence[Event]) -> Member:
        only(done, kind)
        return member

    return Once(params.client_id, again)


def _member(params: MemberParams) -> Member:
    """The member that is meant.

    Raises:
        ThrumError: ``invalid_params``; ``not_allowed``, everyone has no members of its own.
    """
    _check_changeable(params.group)
    if params.member_type not in MEMBER_TYPES:
        raise ThrumError(
            "invalid_params", f"member_type {params.member_type!r} is neither agent nor role"
        )
    return Member(params.group, params.member_type, params.member_value)


def _check_known(db: sqlite3.Connection, params: MemberParams) -> None:
    """A member must be somebody: a typing error would lose the mail that the group gets."""
    value = params.member_value
    if params.member_type == "agent":
        if agent_queries.agent(db, value) is None:
            if queries.group(db, value) is not None:
                text = f"{value!r} is a group, and a group holds agents and roles only"
                raise ThrumError("not_found", text, "add its members instead")
            raise strangers.no_agent(db, value, f"agent {value!r} is not registered")
    elif value != EVERY_ROLE and not agent_queries.agents(db, role=value):
        raise strangers.no_role(db, value, f"no registered agent has the role {value!r}")


def _is_in(members: list[GroupMember], params: MemberParams) -> bool:
    wanted = (params.member_type, params.member_value)
    return any((each.member_type, each.member_value) == wanted for each in members)


@method("group.list", rights=Rights.READS, anonymous=True, transports=EVERYWHERE)
async def list_groups(call: Call, params: Params) -> Listed:
    """Lists all groups by name."""
    return Listed(queries.groups(call.node.store.reader()))


@method(
    "group.info", rights=Rights.READS, anonymous=True, errors=("not_found",), transports=EVERYWHERE
)
async def info(call: Call, params: NameParams) -> Info:
    """Shows a group and its members."""
    db = call.node.store.reader()
    found = _group(db, params.name)
    members = queries.group_members(db, params.name)
    return Info(**msgspec.structs.asdict(found), members=members)


@method(
    "group.members",
    rights=Rights.READS,
    anonymous=True,
    errors=("not_found",),
    transports=EVERYWHERE,
)
async def members(call: Call, params: MembersParams) -> Members:
    """Lists a group's members, and the agents that they stand for now."""
    db = call.node.store.reader()
    _group(db, params.name)
    expanded = queries.expanded(db, params.name) if params.expand else None
    return Members(queries.group_members(db, params.name), expanded)

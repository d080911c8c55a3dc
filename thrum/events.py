"""The events: one typed struct for each type that stands in the log.

A line of the log is one JSON object; its ``type`` selects the struct. Unknown fields are kept in
the line and ignored here; a line of an unknown type decodes to `UnknownEvent`, so newer nodes can
add types without harm. The log keeps the line, never the struct.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final, TypeVar, get_args

import msgspec


class Pair(msgspec.Struct, frozen=True, order=True, gc=False):
    """A scope or a ref: something typed that a message points at."""

    type: str
    value: str = ""


class Body(msgspec.Struct, omit_defaults=True, gc=False):
    """What a message says: text in a format ('markdown' mostly), and JSON text in `structured`."""

    content: str
    format: str = ""
    structured: str = ""


class Called(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What who made an event calls it, so that asking again does it once: a list of who, and id."""

    by: str
    id: str


class Signature(msgspec.Struct, frozen=True, gc=False):
    """Who vouches for an event: the id of a key, and what that key made of the line (base64)."""

    key: str
    value: str


class Event(msgspec.Struct, kw_only=True, omit_defaults=True, tag_field="type", gc=False):
    """What every event carries. The writer fills the four fields; see `Store`.

    What is read from JSON holds no ring, so the garbage collector need not look for one.
    """

    structural: ClassVar[bool] = False
    """Whether other clones should see the event within a second."""

    timestamp: str = ""
    event_id: str = ""
    v: int = 0
    origin_daemon: str = ""
    called: Called | None = None
    sig: Signature | None = None


class MessageCreate(Event, kw_only=True, tag="message.create"):
    """A message was sent."""

    structural = True
    message_id: str
    agent_id: str
    session_id: str = ""
    body: Body
    thread_id: str = ""
    scopes: list[Pair] | None = None
    refs: list[Pair] | None = None
    recipients: list[str] | None = None
    authored_by: str = ""
    disclosed: bool = False
    idempotency_key: str = ""


class Sent(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Which event sent a message: a list of its time, its stream (a daemon) and its id."""

    timestamp: str
    stream: str
    event_id: str


class AboutMessage(Event, kw_only=True):
    """Something happened to a message; it waits for the message where it comes first.

    Attributes:
        of: the event that sent it, so that the line by itself says whether a purge covers it.
            Older programs do not say.
    """

    structural = True
    message_id: str
    of: Sent | None = None


class AboutAgent(Event, kw_only=True):
    """Something is said of an agent as such."""

    agent_id: str


class AboutSession(Event, kw_only=True):
    """A session begins or ends."""

    session_id: str


class AboutGroup(Event, kw_only=True):
    """A group is made or changes."""

    structural = True
    group_id: str


class MessageEdit(AboutMessage, kw_only=True, tag="message.edit"):
    """The author changed a message's body."""

    body: Body


class MessageDelete(AboutMessage, kw_only=True, tag="message.delete"):
    """The author took a message back, or `deleted_by` did who is not the author."""

    reason: str = ""
    deleted_by: str = ""


class MessageReceipt(AboutMessage, kw_only=True, tag="message.receipt"):
    """A message was put before somebody (`seen`), or somebody read it (`read`).

    `way` says by what it came there: hook, mcp or pane. Older programs do not say, and keep it.
    """

    agent_id: str
    receipt_type: str
    session_id: str = ""
    way: str = ""


class AgentRegister(AboutAgent, kw_only=True, tag="agent.register"):
    """An agent or a user exists, with this role and module; `person` says whose agent it is.

    With `moves`, the number of the move, its home is from now on where the event comes from, and no
    more with the daemon `moved_from`. `moved_why`: gone (the home was), ended (the session had),
    silent (the clone was) or forced.
    """

    structural = True
    kind: str = ""
    name: str = ""
    role: str = ""
    module: str = ""
    worktree: str = ""
    display: str = ""
    hostname: str = ""
    agent_pid: int = 0
    claude_pid: int = 0
    person: str = ""
    moves: int = 0
    moved_from: str = ""
    moved_by: str = ""
    moved_why: str = ""


class SessionStart(AboutSession, kw_only=True, tag="agent.session.start"):
    """An agent began to work."""

    agent_id: str


class SessionEnd(AboutSession, kw_only=True, tag="agent.session.end"):
    """A session ended: normally, by a crash, or because another one began.

    `ended_by` where somebody else than its agent ended it.
    """

    reason: str = ""
    ended_by: str = ""


class Commit(msgspec.Struct, omit_defaults=True):
    """One commit that is not merged yet."""

    sha: str = ""
    message: str = ""
    files: list[str] | None = None


class FileChange(msgspec.Struct, omit_defaults=True):
    """How one file differs from the base branch."""

    path: str = ""
    last_modified: str = ""
    additions: int = 0
    deletions: int = 0
    status: str = ""


class WorkContext(msgspec.Struct, omit_defaults=True):
    """What a session works on: branch, files, task, intent; and how it goes (`agent_status`)."""

    session_id: str
    branch: str = ""
    worktree_path: str = ""
    unmerged_commits: list[Commit] | None = None
    uncommitted_files: list[str] | None = None
    changed_files: list[str] | None = None
    file_changes: list[FileChange] | None = None
    git_updated_at: str = ""
    current_task: str = ""
    task_updated_at: str = ""
    intent: str = ""
    intent_updated_at: str = ""
    agent_status: str = ""
    status_updated_at: str = ""


class AgentUpdate(AboutAgent, kw_only=True, tag="agent.update"):
    """The work contexts of an agent's sessions."""

    work_contexts: list[WorkContext] | None = None


class AgentCleanup(AboutAgent, kw_only=True, tag="agent.cleanup"):
    """An agent and everything of it is to be forgotten; `deleted_by` where it was not itself."""

    structural = True
    reason: str = ""
    method: str = ""
    deleted_by: str = ""


class GroupCreate(AboutGroup, kw_only=True, tag="group.create"):
    """A group of agents and roles exists."""

    name: str
    description: str = ""
    created_by: str = ""


class GroupMemberAdd(AboutGroup, kw_only=True, tag="group.member.add"):
    """An agent or a role joined a group."""

    member_type: str
    member_value: str
    added_by: str = ""


class GroupMemberRemove(AboutGroup, kw_only=True, tag="group.member.remove"):
    """An agent or a role left a group."""

    member_type: str
    member_value: str
    removed_by: str = ""


class GroupUpdate(AboutGroup, kw_only=True, tag="group.update"):
    """A group's name or description changed."""

    updated_by: str = ""
    fields: dict[str, str] | None = None


class GroupDelete(AboutGroup, kw_only=True, tag="group.delete"):
    """A group is gone."""

    deleted_by: str = ""


class PurgeExecuted(Event, kw_only=True, tag="purge.executed"):
    """Everything before the cutoff that the purging node had seen is to be forgotten.

    Attributes:
        marks: up to which event id it had seen each stream (see `thrum.purges`); `None`, as
            older programs write it: whatever is older, seen or not.
    """

    structural = True
    cutoff: str
    marks: dict[str, str] | None = None
    executed_by: str = ""


class AboutKey(Event, kw_only=True):
    """Something is said of a key that a clone signs with; `key` is its id."""

    structural = True
    key: str


class KeyPublish(AboutKey, kw_only=True, tag="key.publish"):
    """The daemon it comes from signs with this key from now on; `public` is its half for others.

    The first key of a daemon signs this itself, a later one is signed for by one before it.
    """

    public: str


class KeyRevoke(AboutKey, kw_only=True, tag="key.revoke"):
    """What the key signed after that time is not its owner's word."""

    since: str
    reason: str = ""


class AboutClaim(Event, kw_only=True):
    """Something is said of a claim; see `thrum.claims`."""

    structural = True
    claim_id: str


class ClaimTake(AboutClaim, kw_only=True, tag="claim.take"):
    """An agent wants a path, a glob or a key for itself until then, or with others (`shared`).

    `given_by` where somebody else handed it over.
    """

    agent_id: str
    kind: str
    what: str
    until: str
    session_id: str = ""
    shared: bool = False
    note: str = ""
    given_by: str = ""


class ClaimRenew(AboutClaim, kw_only=True, tag="claim.renew"):
    """Whose claim it is wants it to end at another time, and says something else of it (`note`)."""

    agent_id: str
    until: str
    note: str = ""


class ClaimRelease(AboutClaim, kw_only=True, tag="claim.release"):
    """A claim has ended; `released_by` where it was not its owner who said so."""

    reason: str = ""
    released_by: str = ""


class UnknownEvent(msgspec.Struct, kw_only=True):
    """An event of a type that this version does not know: kept, passed on, projected to nothing."""

    type: str
    timestamp: str = ""
    event_id: str = ""
    v: int = 0
    origin_daemon: str = ""


KnownEvent = (
    MessageCreate
    | MessageEdit
    | MessageDelete
    | MessageReceipt
    | AgentRegister
    | SessionStart
    | SessionEnd
    | AgentUpdate
    | AgentCleanup
    | GroupCreate
    | GroupMemberAdd
    | GroupMemberRemove
    | GroupUpdate
    | GroupDelete
    | PurgeExecuted
    | KeyPublish
    | KeyRevoke
    | ClaimTake
    | ClaimRenew
    | ClaimRelease
)

TYPES: Final[dict[str, type[Event]]] = {
    str(struct.__struct_config__.tag): struct for struct in get_args(KnownEvent)
}
"""Every known type by the token that stands in the log."""

_TAGS: Final = {struct: token for token, struct in TYPES.items()}

T = TypeVar("T")


def by_type(rules: Mapping[type[Event], T]) -> dict[type, T]:
    """For each type of event the rule for it, or for the nearest of its bases that has one."""
    return {
        struct: next(rules[base] for base in struct.__mro__ if base in rules)
        for struct in TYPES.values()
        if not rules.keys().isdisjoint(struct.__mro__)
    }


def tokens(kind: type[Event]) -> tuple[str, ...]:
    """What stands in the log for events of that type, or of all types that it is the base of."""
    return tuple(token for token, struct in TYPES.items() if issubclass(struct, kind))


_known: msgspec.json.Decoder[KnownEvent] = msgspec.json.Decoder(KnownEvent)
_unknown = msgspec.json.Decoder(UnknownEvent)


def called(event: KnownEvent | UnknownEvent) -> Called | None:
    """What who made the event calls it; of a message its `idempotency_key`."""
    if isinstance(event, MessageCreate) and event.idempotency_key:
        return Called(event.authored_by or event.agent_id, event.idempotency_key)
    return None if isinstance(event, UnknownEvent) else event.called


def type_of(event: KnownEvent | UnknownEvent) -> str:
    """The event's type as it stands in the log."""
    return event.type if isinstance(event, UnknownEvent) else _TAGS[type(event)]


def decode(line: bytes) -> KnownEvent | UnknownEvent:
    """The event in a line of the log.

    Raises:
        ValueError: the line is no JSON object with a type, or a known type's field is missing or
            of a wrong JSON type (`msgspec.DecodeError` is a `ValueError`).
    """
    try:
        return _known.decode(line)
    except msgspec.ValidationError:
        unknown = _unknown.decode(line)
        if unknown.type in TYPES:
            raise
        return unknown


def encode(event: Event) -> bytes:
    """The event as a JSON object with sorted keys; the log makes the canonical bytes of it."""
    return msgspec.json.encode(event, order="sorted")

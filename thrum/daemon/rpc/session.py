"""``session.*``: when an agent works, where, and on what."""

from __future__ import annotations

from pathlib import Path

import msgspec

from thrum import events, git_place
from thrum.clock import parse
from thrum.daemon.caller import State
from thrum.daemon.projection.queries import agents as agent_queries
from thrum.daemon.projection.queries import sessions as session_queries
from thrum.daemon.projection.queries.ids import one_id
from thrum.daemon.projection.queries.sessions import Session
from thrum.daemon.rpc import home, touch
from thrum.daemon.rpc.registry import Call, Params, method
from thrum.daemon.store import Transaction
from thrum.errors import ThrumError
from thrum.events import Pair

LONGEST_TEXT = 4096


class StartParams(Params):
    """Who begins, in which scopes, with which refs (``worktree`` says where)."""

    agent_id: str = ""
    scopes: list[Pair] = msgspec.field(default_factory=list)
    refs: list[Pair] = msgspec.field(default_factory=list)


class Started(msgspec.Struct):
    """The new session."""

    session_id: str
    agent_id: str
    started_at: str


class EndParams(Params):
    """Which session, and why it ends."""

    session_id: str = ""
    reason: str = "normal"


class Ended(msgspec.Struct):
    """The session's end; how long it lasted in milliseconds."""

    session_id: str
    ended_at: str
    duration_ms: int


class ListParams(Params):
    """Whose sessions; only open ones if asked."""

    agent_id: str = ""
    active_only: bool = False


class Listed(msgspec.Struct):
    """Sessions, the newest first."""

    sessions: list[Session]


class HeartbeatParams(Params):
    """What changes with this sign of life."""

    session_id: str = ""
    add_scopes: list[Pair] = msgspec.field(default_factory=list)
    remove_scopes: list[Pair] = msgspec.field(default_factory=list)
    add_refs: list[Pair] = msgspec.field(default_factory=list)
    remove_refs: list[Pair] = msgspec.field(default_factory=list)


class Beaten(msgspec.Struct, omit_defaults=True):
    """When the sign of life came, and the branch that is worked on."""

    session_id: str
    last_seen_at: str
    branch: str = ""


class IntentParams(Params):
    """What the session is about; an empty text clears it."""

    session_id: str = ""
    intent: str = ""


class Intent(msgspec.Struct):
    """The intent as it stands."""

    session_id: str
    intent: str
    intent_updated_at: str


class TaskParams(Params):
    """What is being done now; an empty text clears it."""

    session_id: str = ""
    current_task: str = ""


class Task(msgspec.Struct):
    """The task as it stands."""

    session_id: str
    current_task: str
    task_updated_at: str


def is_person(agent_id: str) -> bool:
    """Whether the id is a user's."""
    return agent_id.startswith("user:")


def check_own(call: Call, agent_id: str) -> None:
    """Refuses to act on another agent's session; people may.

    Raises:
        ThrumError: ``not_allowed``; ``anonymous_caller`` where only a claim could tell who calls,
            and none does.
    """
    if call.caller.state is State.ANONYMOUS:
        _check_home(call, agent_id)
        return
    mine = call.agent_id
    if mine != agent_id and not is_person(mine):
        raise ThrumError("not_allowed", f"the session belongs to {agent_id}, and you are {mine}")


@method("session.start", anonymous=True, errors=("not_found", "not_allowed"))
async def start(call: Call, params: StartParams) -> Started:
    """Begins a session; open ones of the same agent end as ``crash_recovered``.

    From here on a process in the session's worktree is known to be the agent.
    """
    if not params.agent_id:
        raise ThrumError("invalid_params", "agent_id is required")
    check_own(call, params.agent_id)
    refs = home.own_refs(call, params.refs)
    session_id = call.services.ids.make("ses")

    def decide(transaction: Transaction) -> Started:
        db = transaction.db
        if agent_queries.agent(db, params.agent_id) is None:
            raise ThrumError(
                "not_found",
                f"agent not found: {params.agent_id} is not registered",
                "register it with `thrum quickstart`",
            )
        return begin(transaction, params.agent_id, session_id, params.scopes, refs)

    started = await call.services.store.transact(decide)
    call.services.moved()
    return started


def _check_home(call: Call, agent_id: str) -> None:
    """Somebody unknown may act for an agent only where it is at home, or has no home yet.

    Raises:
        ThrumError: ``not_allowed``.
    """
    if home.is_elsewhere(call, agent_id):
        raise ThrumError(
            "not_allowed",
            f"{agent_id} works in another worktree or clone",
            "change into it, or register under another name",
        )


def begin(
    transaction: Transaction, agent_id: str, session_id: str, scopes: list[Pair], refs: list[Pair]
) -> Started:
    """Ends what is open and begins a session with these scopes and refs."""
    for session in session_queries.open_sessions(transaction.db, agent_id):
        transaction.emit(events.SessionEnd(session_id=session.session_id, reason="crash_recovered"))
    event = transaction.emit(events.SessionStart(session_id=session_id, agent_id=agent_id))
    add_pairs(transaction, session_id, "scope", scopes)
    add_pairs(transaction, session_id, "ref", refs)
    return Started(session_id, agent_id, event.timestamp)


def add_pairs(transaction: Transaction, session_id: str, kind: str, pairs: list[Pair]) -> None:
    """Adds scopes or refs to a session, each once."""
    transaction.db.executemany(
        f"INSERT OR IGNORE INTO session_{kind}s VALUES (?, ?, ?, ?)",
        [(session_id, pair.type, pair.value, transaction.now) for pair in pairs],
    )


def remove_pairs(transaction: Transaction, session_id: str, kind: str, pairs: list[Pair]) -> None:
    """Takes scopes or refs away from a session."""
    transaction.db.executemany(
        f"DELETE FROM session_{kind}s"
        f" WHERE session_id = ? AND {kind}_type = ? AND {kind}_value = ?",
        [(session_id, pair.type, pair.value) for pair in pairs],
    )


def own_open(call: Call, transaction: Transaction, ending: str) -> Session:
    """The caller's open session of that id, which may be shortened.

    Raises:
        ThrumError: ``conflict``, it has ended; and as `own`.
    """
    found = own(call, transaction, ending)
    if found.ended_at:
        raise ThrumError(
            "conflict",
            f"session {found.session_id} has already ended",
            "begin a new one with `thrum session start`",
        )
    return found


def own(call: Call, transaction: Transaction, ending: str) -> Session:
    """The caller's session of that id, which may be shortened.

    Raises:
        ThrumError: ``invalid_params``, ``not_found``, ``ambiguous_id``, ``not_allowed``.
    """
    if not ending:
        raise ThrumError("invalid_params", "session_id is required")
    full = one_id(transaction.db, "ses", ending, "session")
    found = session_queries.session(transaction.db, full)
    assert found is not None
    check_own(call, found.agent_id)
    return found


@method("session.end", errors=("not_found", "ambiguous_id", "not_allowed"))
async def end(call: Call, params: EndParams) -> Ended:
    """Ends a session; ending it again changes nothing and answers the same."""

    def decide(transaction: Transaction) -> Ended:
        session = own(call, transaction, params.session_id)
        ended_at = session.ended_at
        if not ended_at:
            transaction.db.execute(
                "DELETE FROM subscriptions WHERE session_id = ?", (session.session_id,)
            )
            event = events.SessionEnd(session_id=session.session_id, reason=params.reason)
            ended_at = transaction.emit(event).timestamp
            _publish_context(transaction, session.agent_id)
        lasted = (parse(ended_at) - parse(session.started_at)) // 1_000_000
        return Ended(session.session_id, ended_at, max(lasted, 0))

    ended = await call.services.store.transact(decide)
    call.services.moved()
    return ended


def _publish_context(transaction: Transaction, agent_id: str) -> None:
    """What the agent worked on goes to the other clones when a session ends."""
    found = session_queries.contexts(transaction.db, agent_id, open_only=False)
    if found:
        contexts = [
            msgspec.convert(msgspec.to_builtins(each), events.WorkContext) for each in found
        ]
        transaction.emit(events.AgentUpdate(agent_id=agent_id, work_contexts=contexts))


@method("session.list", anonymous=True)
async def list_sessions(call: Call, params: ListParams) -> Listed:
    """Lists sessions, the newest first."""
    agent_id, active_only = params.agent_id or None, params.active_only
    return Listed(
        await call.services.store.ask(
            lambda db: session_queries.sessions(db, agent_id, active_only)
        )
    )


@method("session.heartbeat", errors=("not_found", "ambiguous_id", "not_allowed", "conflict"))
async def heartbeat(call: Call, params: HeartbeatParams) -> Beaten:
    """Notes a sign of life and changes the session's scopes and refs."""

    add_refs = home.own_refs(call, params.add_refs)

    def decide(transaction: Transaction) -> Beaten:
        session = own_open(call, transaction, params.session_id)
        for kind, gone, new in (
            ("scope", params.remove_scopes, params.add_scopes),
            ("ref", params.remove_refs, add_refs),
        ):
            remove_pairs(transaction, session.session_id, kind, gone)
            add_pairs(transaction, session.session_id, kind, new)
        touch.seen(transaction, session.agent_id)
        transaction.db.execute(
            "UPDATE sessions SET last_seen_at = ? WHERE session_id = ?",
            (transaction.now, session.session_id),
        )
        return Beaten(session.session_id, transaction.now)

    beaten = await call.services.store.transact(decide)
    beaten.branch = branch_of(call, beaten.session_id)
    if params.add_refs or params.remove_refs:
        call.services.moved()
    return beaten


def branch_of(call: Call, session_id: str) -> str:
    """The branch that is checked out where the session works; empty if that is unknown."""
    pairs = session_queries.session_pairs(call.services.store.reader(), session_id, "ref")
    homes = [Path(pair.value) for pair in pairs if pair.type == "worktree"]
    git = git_place.at(homes[0]) if homes else None
    return git_place.branch(git) if git else ""


def _note(
    call: Call, transaction: Transaction, ending: str, column: str, moment: str, text: str
) -> Session:
    """Writes one text of a session's work context."""
    if len(text) > LONGEST_TEXT:
        raise ThrumError("too_large", f"the text is longer than {LONGEST_TEXT:,} characters")
    session = own_open(call, transaction, ending)
    transaction.db.execute(
        f"INSERT INTO agent_work_contexts (session_id, agent_id, {column}, {moment})"
        " VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE"
        f" SET {column} = excluded.{column}, {moment} = excluded.{moment}",
        (session.session_id, session.agent_id, text, transaction.now),
    )
    touch.seen(transaction, session.agent_id)
    return session


@method("session.setIntent", anonymous=True, errors=("not_found", "not_allowed", "conflict"))
async def set_intent(call: Call, params: IntentParams) -> Intent:
    """Says what the session is about."""

    def decide(transaction: Transaction) -> Intent:
        session = _note(
            call, transaction, params.session_id, "intent", "intent_updated_at", params.intent
        )
        return Intent(session.session_id, params.intent, transaction.now)

    return await call.services.store.transact(decide)


@method("session.setTask", errors=("not_found", "not_allowed", "conflict"))
async def set_task(call: Call, params: TaskParams) -> Task:
    """Says what is being done now."""

    def decide(transaction: Transaction) -> Task:
        session = _note(
            call,
            transaction,
            params.session_id,
            "current_task",
            "task_updated_at",
            params.current_task,
        )
        return Task(session.session_id, params.current_task, transaction.now)

    return await call.services.store.transact(decide)

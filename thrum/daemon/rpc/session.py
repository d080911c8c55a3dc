"""``session.*``: when an agent works, where, and on what."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from thrum import events
from thrum.clock import parse
from thrum.daemon import ending
from thrum.daemon.callers import home
from thrum.daemon.notices import Changed, Moved
from thrum.daemon.projection.queries import agents as agent_queries
from thrum.daemon.projection.queries import sessions as session_queries
from thrum.daemon.projection.queries.sessions import FileChange, Session
from thrum.daemon.rpc import noted_process, pairs, touch
from thrum.daemon.rpc.own_session import check_own, is_newcomer, own, own_open
from thrum.daemon.rpc.registry import EVERYWHERE, Call, Limit, Params, Rights, method
from thrum.daemon.rpc.session_work import look, see
from thrum.daemon.store import Transaction
from thrum.daemon.work import noting
from thrum.daemon.work.reading import GitWork
from thrum.errors import ThrumError
from thrum.events import Pair

LONGEST_TEXT = 4096
LONGEST_REASON = 200
LOOK_AT_START_S = 1.0
"""Seconds that the answer to `session.start` waits for a look at the worktree."""


class StartParams(Params):
    """Who begins, in which scopes, with which refs (``worktree`` says where)."""

    needs: ClassVar = ("agent_id",)
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

    needs: ClassVar = ("session_id",)
    session_id: str = ""
    reason: str = "normal"


class Ended(msgspec.Struct):
    """The session's end; how long it lasted in milliseconds."""

    session_id: str
    ended_at: str
    duration_ms: int


class ListParams(Params):
    """Whose sessions; only open ones if asked; at most `limit`, 0 for all."""

    agent_id: str = ""
    active_only: bool = False
    limit: Limit = 0


class Listed(msgspec.Struct):
    """Sessions, the newest first."""

    sessions: list[Session]


class HeartbeatParams(Params):
    """What changes with this sign of life."""

    needs: ClassVar = ("session_id",)
    session_id: str = ""
    add_scopes: list[Pair] = msgspec.field(default_factory=list)
    remove_scopes: list[Pair] = msgspec.field(default_factory=list)
    add_refs: list[Pair] = msgspec.field(default_factory=list)
    remove_refs: list[Pair] = msgspec.field(default_factory=list)


class Beaten(msgspec.Struct, omit_defaults=True):
    """When the sign of life came, and what the session's worktree says.

    `unmerged_commits` counts commits that the base branch does not have; `file_changes` are the
    files that they changed.
    """

    session_id: str
    last_seen_at: str
    branch: str = ""
    unmerged_commits: int = 0
    file_changes: list[FileChange] | None = None


class IntentParams(Params):
    """What the session is about; an empty text clears it."""

    needs: ClassVar = ("session_id",)
    session_id: str = ""
    intent: str = ""


class Intent(msgspec.Struct):
    """The intent as it stands."""

    session_id: str
    intent: str
    intent_updated_at: str


class TaskParams(Params):
    """What is being done now; an empty text clears it."""

    needs: ClassVar = ("session_id",)
    session_id: str = ""
    current_task: str = ""


class Task(msgspec.Struct):
    """The task as it stands."""

    session_id: str
    current_task: str
    task_updated_at: str


@method(
    "session.start",
    rights=Rights.OWNER,
    speaks_for=("agent_id",),
    anonymous=True,
    errors=("not_found", "not_allowed", "too_large"),
    transports=EVERYWHERE,
)
async def start(call: Call, params: StartParams) -> Started:
    """Begins a session; open ones of the same agent end as ``crash_recovered``.

    From here on a process in the session's worktree is known to be the agent. A person's pages
    share one session, which goes on however often they are loaded.
    """
    if is_newcomer(call, params.agent_id):
        call.grant()
    else:
        check_own(call, call.node.store.reader(), params.agent_id)
        home.check_refs(call, params.agent_id, params.refs)
    pairs.check([*params.scopes, *params.refs])
    refs = home.own_refs(call, params.refs)
    session_id = call.node.ids.make("ses")
    gone = noted_process.ended(
        call.node.store.reader(), params.agent_id, call.node.identity.daemon_id
    )

    def decide(transaction: Transaction) -> Started:
        db = transaction.db
        if agent_queries.agent(db, params.agent_id) is None:
            raise ThrumError(
                "not_found",
                f"agent not found: {params.agent_id} is not registered",
                "register it with `thrum quickstart`",
            )
        if gone is not None:
            noted_process.forget(transaction, params.agent_id, gone)
        shared = call.caller.is_page and call.caller.agent_id == params.agent_id
        goes_on = session_queries.open_session(db, params.agent_id) if shared else None
        if goes_on and goes_on.origin_daemon in {"", transaction.origin.daemon}:
            return Started(goes_on.session_id, params.agent_id, goes_on.started_at)
        return begin(transaction, params.agent_id, session_id, params.scopes, refs)

    started = await call.transact(decide)
    if home.worktrees(refs):
        call.node.callers.arrivals.settle(params.agent_id)
    await see(call, started.session_id, params.agent_id, LOOK_AT_START_S)
    return started


def begin(
    transaction: Transaction, agent_id: str, session_id: str, scopes: list[Pair], refs: list[Pair]
) -> Started:
    """Begins a session with these scopes and refs; what this daemon left open ends before."""
    ours = {"", transaction.origin.daemon}
    left = session_queries.open_sessions(transaction.db, agent_id)
    own = [session for session in left if session.origin_daemon in ours]
    ending.end(transaction, own, "crash_recovered")
    event = transaction.emit(events.SessionStart(session_id=session_id, agent_id=agent_id))
    pairs.add(transaction, session_id, "scope", scopes)
    pairs.add(transaction, session_id, "ref", refs)
    for worktree in home.worktrees(refs)[:1]:
        noting.seed(transaction, session_id, agent_id, worktree)
    return Started(session_id, agent_id, event.timestamp)


@method(
    "session.end",
    rights=Rights.OWNER,
    errors=("not_found", "ambiguous_id", "not_allowed", "too_large"),
    transports=EVERYWHERE,
)
async def end(call: Call, params: EndParams) -> Ended:
    """Ends a session and tells other clones what was worked on.

    Ending it again changes nothing and answers the same.
    """
    if len(params.reason) > LONGEST_REASON:
        raise ThrumError("too_large", f"the reason is longer than {LONGEST_REASON} characters")
    work = await _look(call, params.session_id)

    def decide(transaction: Transaction) -> Ended:
        session = own(call, transaction.db, params.session_id)
        ended_at = session.ended_at
        if not ended_at:
            if work is not None:
                noting.note(transaction, session.session_id, session.agent_id, work)
            ended_at = ending.end(transaction, [session], params.reason, call.caller.agent_id)
        lasted = (parse(ended_at) - parse(session.started_at)) // 1_000_000
        return Ended(session.session_id, ended_at, max(lasted, 0))

    return await call.transact(decide)


async def _look(call: Call, tail: str) -> GitWork | None:
    """What the worktree of the caller's open session says; None if there is none to look at.

    Raises:
        ThrumError: as `own`.
    """
    session = own(call, call.node.store.reader(), tail)
    if session.ended_at:
        return None
    return await look(call, session.session_id)


@method("session.list", rights=Rights.READS, anonymous=True, transports=EVERYWHERE)
async def list_sessions(call: Call, params: ListParams) -> Listed:
    """Lists sessions, the newest first."""
    agent_id, active_only, limit = params.agent_id or None, params.active_only, params.limit
    return Listed(
        await call.node.store.ask(
            lambda db: session_queries.sessions(db, agent_id, active_only, limit)
        )
    )


@method(
    "session.heartbeat",
    rights=Rights.OWNER,
    errors=("not_found", "ambiguous_id", "not_allowed", "conflict", "too_large"),
    transports=EVERYWHERE,
)
async def heartbeat(call: Call, params: HeartbeatParams) -> Beaten:
    """Notes a sign of life, changes scopes and refs, and looks at the session's worktree.

    Scopes and refs to remove go before those to add come.
    """
    pairs.check([*params.add_scopes, *params.add_refs])
    add_refs = home.own_refs(call, params.add_refs)
    remove_refs = home.canonical(params.remove_refs)

    def decide(transaction: Transaction) -> Session:
        session = own_open(call, transaction, params.session_id)
        home.check_refs(call, session.agent_id, add_refs)
        for kind, gone, new in (
            ("scope", params.remove_scopes, params.add_scopes),
            ("ref", remove_refs, add_refs),
        ):
            pairs.remove(transaction, session.session_id, kind, gone)
            pairs.add(transaction, session.session_id, kind, new)
        if add_refs or remove_refs:
            transaction.notice(Moved(session.agent_id))
        touch.seen(transaction, session.agent_id)
        transaction.db.execute(
            "UPDATE sessions SET last_seen_at = ? WHERE session_id = ?",
            (transaction.now, session.session_id),
        )
        session.last_seen_at = transaction.now
        return session

    session = await call.transact(decide)
    work = await see(call, session.session_id, session.agent_id)
    if work is None:
        return _beaten(call, session)
    count, changes = len(work.unmerged_commits), work.file_changes or None
    return Beaten(session.session_id, session.last_seen_at, work.branch, count, changes)


def _beaten(call: Call, session: Session) -> Beaten:
    """The answer where nobody could look: what was seen before."""
    answer = Beaten(session.session_id, session.last_seen_at)
    known = session_queries.contexts(call.node.store.reader(), session.agent_id)
    for context in known:
        if context.session_id == session.session_id:
            answer.branch = context.branch
            answer.unmerged_commits = len(context.unmerged_commits or ())
            answer.file_changes = context.file_changes
    return answer


def _note(
    call: Call, transaction: Transaction, tail: str, column: str, moment: str, text: str
) -> Session:
    """Writes one text of a session's work context."""
    if len(text) > LONGEST_TEXT:
        raise ThrumError("too_large", f"the text is longer than {LONGEST_TEXT:,} characters")
    session = own_open(call, transaction, tail)
    transaction.db.execute(
        f"INSERT INTO agent_work_contexts (session_id, agent_id, {column}, {moment})"
        " VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE"
        f" SET {column} = excluded.{column}, {moment} = excluded.{moment}",
        (session.session_id, session.agent_id, text, transaction.now),
    )
    touch.seen(transaction, session.agent_id)
    transaction.notice(Changed(session.agent_id))
    return session


@method(
    "session.setIntent",
    rights=Rights.OWNER,
    anonymous=True,
    errors=("not_found", "not_allowed", "conflict", "too_large"),
    transports=EVERYWHERE,
)
async def set_intent(call: Call, params: IntentParams) -> Intent:
    """Says what the session is about."""

    def decide(transaction: Transaction) -> Intent:
        session = _note(
            call, transaction, params.session_id, "intent", "intent_updated_at", params.intent
        )
        return Intent(session.session_id, params.intent, transaction.now)

    return await call.transact(decide)


@method(
    "session.setTask",
    rights=Rights.OWNER,
    errors=("not_found", "not_allowed", "conflict", "too_large"),
    transports=EVERYWHERE,
)
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

    return await call.transact(decide)

"""``agent.*``: who is registered, and who the caller is."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar

import msgspec
from anyio import to_thread

from thrum import events, names, platform
from thrum.clock import format_ns, stamp
from thrum.daemon.callers import belonging, home, pseudo_agent, sentry
from thrum.daemon.callers.caller import State
from thrum.daemon.notices import Changed
from thrum.daemon.peers.service import Peers
from thrum.daemon.projection.queries import agents as agent_queries
from thrum.daemon.projection.queries import groups as group_queries
from thrum.daemon.projection.queries import sessions as session_queries
from thrum.daemon.projection.queries.agents import Account, Agent
from thrum.daemon.rpc import noted_process, rights
from thrum.daemon.rpc import taking as taking_over
from thrum.daemon.rpc.registry import EVERYWHERE, Call, Limit, Params, Rights, Transport, method
from thrum.daemon.rpc.session import begin
from thrum.daemon.rpc.session_work import branch_of
from thrum.daemon.store import Transaction
from thrum.errors import ThrumError
from thrum.identity import files, guards, owner, process
from thrum.identity.files import Identity
from thrum.ids import repo_id, unnamed_agent_id

logger = logging.getLogger("thrum.agent")


class RegisterParams(Params):
    """Who the agent is. Without a name the id is derived from role and module."""

    needs: ClassVar = ("role", "module")
    name: str = ""
    role: str = ""
    module: str = ""
    display: str = ""
    force: bool = False
    re_register: bool = False
    agent_pid: int = 0


class Registered(msgspec.Struct, omit_defaults=True):
    """The agent's id and whether it was ``registered`` or ``updated``.

    `taken_from` says where the agent lived that was brought here now, and `taken_why` why that was
    right: gone, ended, silent or forced.
    """

    agent_id: str
    status: str
    session_id: str = ""
    session_resumed: bool = False
    taken_from: str = ""
    taken_why: str = ""


class ListParams(Params):
    """Which agents; at most `limit`, 0 for all."""

    role: str = ""
    module: str = ""
    limit: Limit = 0


class Listed(msgspec.Struct):
    """Agents, the newest registration first."""

    agents: list[Agent]


class Me(msgspec.Struct, omit_defaults=True):
    """Who the caller is; `source` is peercred, or caller where only a claim says it.

    `rule` is pid, worktree or claim; `others` could be named by `caller_agent_id` as well.
    """

    agent_id: str
    role: str
    module: str
    display: str
    source: str
    session_id: str = ""
    session_start: str = ""
    branch: str = ""
    intent: str = ""
    host: str = ""
    pid: int = 0
    rule: str = ""
    others: list[str] = []


class StatusParams(Params):
    """Whose status, and which: working, idle, blocked or stuck."""

    needs: ClassVar = ("agent", "status")
    agent: str = ""
    status: str = ""


class Status(msgspec.Struct):
    """The status as it stands."""

    agent: str
    status: str


@method(
    "agent.register",
    rights=Rights.CALLER,
    anonymous=True,
    errors=("name_taken", "not_allowed", "conflict"),
    transports=EVERYWHERE,
)
async def register(call: Call, params: RegisterParams) -> Registered:
    """Registers an agent. Doing it again with the same facts writes nothing.

    From where nobody lives any more the agent is brought here. From where somebody may live only
    `force` brings it, which is for its own person and coordinators; the event says so, and who is
    left behind is told.
    """
    names.check_role(params.role)
    names.check_role(params.module, "module")
    agent_id = names.check_agent_name(params.name) if params.name else _unnamed(call, params)
    _check_kind(call, agent_id)
    _check_reserved(call, agent_id)
    if len(params.display) > 200:
        raise ThrumError("too_large", "the display name is longer than 200 characters")
    taking = await taking_over.ask(call, agent_id, force=params.force)
    pid = _own_process(call, params.agent_pid)
    found = process.look(pid)
    session_id = call.node.ids.make("ses")
    former = call.service(Peers).book.ids[1:]

    def decide(transaction: Transaction) -> Registered:
        known = agent_queries.agent(transaction.db, agent_id)
        if known is None or not params.re_register or params.role != known.role:
            _check_collisions(transaction, agent_id, params.role)
        arrivals, here = call.node.callers.arrivals, call.caller.worktree
        event = _event(call, agent_id, params, pid, taking.person)
        if known is None:
            transaction.emit(event)
            arrivals.note(agent_id, here, call.node.now_ns())
            return Registered(agent_id, "registered")
        taking.check_unchanged(transaction, agent_id)
        answer = Registered(agent_id, "registered")
        if taking.why:
            transaction.emit(taking_over.move(call, transaction, event, taking))
            arrivals.note(agent_id, here, call.node.now_ns())
            answer = Registered(agent_id, "updated", "", False, taking.where, taking.why)
        else:
            _refuse_arrived(call, agent_id, home.arriving(call, agent_id, here))
            # By an id that this daemon had before nobody is known to live here any more.
            is_lost = not known.moves and known.origin_daemon in former
            is_asked = params.force or params.re_register or (pid and pid != known.agent_pid)
            if is_lost and not is_asked:
                transaction.emit(_as_known(event, known))
            elif is_lost or (is_asked and _differs(known, params, pid, taking.person)):
                transaction.emit(event)
            if is_asked:
                answer.status = "updated"
        if pid and session_queries.open_session(transaction.db, agent_id) is None:
            where = here or session_queries.last_worktree(transaction.db, agent_id)
            refs = [events.Pair("worktree", where)] if where else []
            begin(transaction, agent_id, session_id, [], refs)
            answer.session_id, answer.session_resumed = session_id, True
        return answer

    def carry_out(transaction: Transaction) -> Registered:
        registered = decide(transaction)
        if found is not None:
            noted_process.note(transaction, agent_id, found)
        return registered

    registered = await call.transact(carry_out)
    if taking.why:
        filed = await call.node.callers.filed()
        await to_thread.run_sync(taking_over.clear, agent_id, call.caller.worktree, filed)
    if call.caller.state is State.IDENTIFIED and agent_id in call.caller.possible:
        filed = await call.node.callers.filed()
        await to_thread.run_sync(_clear_strays, call, agent_id, filed)
    return registered


def _own_process(call: Call, pid: int) -> int:
    """The process that the caller names as the agent's, if the caller runs under it; else 0.

    Everybody runs under the first process, so that one counts only if it is an agent's program, as
    in a container.
    """
    found = next((each for each in process.chain(call.caller.pid) if each.pid == pid), None)
    return 0 if found is None or (pid == 1 and not process.is_runtime(found)) else pid


def _check_reserved(call: Call, agent_id: str) -> None:
    """Nobody is the supervisor but the daemon.

    Raises:
        ThrumError: ``name_taken``.
    """
    if pseudo_agent.is_supervisor(agent_id, call.node.config, call.node.identity):
        raise ThrumError(
            "name_taken",
            f"the name {agent_id!r} is the daemon's own, where it speaks as supervisor",
            "choose another name",
        )


def _clear_strays(call: Call, agent_id: str, filed: list[Identity]) -> None:
    """Moves identities into quarantine that belong elsewhere, as copied folders bring them.

    What is believed stays, and so do files whose process runs.
    """
    here = call.caller.worktree
    directory = Path(here) / ".thrum" / "identities"
    if not here or not directory.is_dir():
        return
    db = call.node.store.reader()

    def is_stray(each: Identity) -> bool:
        if each.name == agent_id or owner.is_alive(each):
            return False
        known = agent_queries.agent(db, each.name) is not None
        ours = call.node.identity.daemon_id
        return not known or not belonging.is_believed(db, each, filed, ours)

    moment = stamp(call.node.now_ns())
    for name, path in files.quarantine(directory, moment, is_stray):
        logger.warning("the identity of %s does not belong into %s; moved to %s", name, here, path)


def _check_kind(call: Call, agent_id: str) -> None:
    """An agent cannot call itself a person, who may do more, nor somebody behind a bridge.

    Bridges speak as people; whoever else could register such a name would get its mail.

    Raises:
        ThrumError: ``invalid_params``; ``not_allowed``.
    """
    if agent_id.startswith(names.IDS_OF_OTHERS) or names.is_monitor(agent_id):
        raise ThrumError(
            "invalid_params",
            f"the agent name {agent_id!r} begins like a user's, a monitor's or an old agent's id",
            "leave out what stands before the colon",
        )
    if names.is_proxy(agent_id) and not names.is_person(call.caller.agent_id):
        raise ThrumError(
            "not_allowed",
            f"{agent_id!r} stands for somebody behind a bridge, and only a bridge registers those",
            "leave out what stands before the colon",
        )


def _unnamed(call: Call, params: RegisterParams) -> str:
    url = call.node.identity.git_origin_url
    try:
        repository = repo_id(url)
    except ValueError:
        repository = call.node.identity.repo_name
    return unnamed_agent_id(repository, params.role, params.module)


def _event(
    call: Call, agent_id: str, params: RegisterParams, pid: int, person: str
) -> events.AgentRegister:
    return events.AgentRegister(
        agent_id=agent_id,
        kind="agent",
        name=params.name,
        role=params.role,
        module=params.module,
        worktree=Path(call.node.identity.repo_path).name,
        display=params.display,
        hostname=platform.hostname(),
        agent_pid=pid,
        person=person,
    )


def _as_known(event: events.AgentRegister, known: Account) -> events.AgentRegister:
    """The registration as one that says of the agent what is known already."""
    event.role, event.module, event.display = known.role, known.module, known.display
    return event


def _differs(known: Account, params: RegisterParams, pid: int, person: str) -> bool:
    """Whether registering again says anything new."""
    same = (known.role, known.module) == (params.role, params.module)
    display = params.display in {"", known.display}
    return not (same and display and pid in {0, known.agent_pid} and person in {"", known.person})


def _check_collisions(transaction: Transaction, agent_id: str, role: str) -> None:
    """Refuses names that would take another's mail.

    Raises:
        ThrumError: ``name_taken``.
    """
    if agent_id == role:
        raise ThrumError(
            "name_taken",
            f"the agent name {agent_id!r} is its role too",
            f"choose another name, such as '{role}_main'",
        )
    db = transaction.db
    if any(each.agent_id != agent_id for each in agent_queries.agents(db, role=agent_id)):
        raise ThrumError(
            "name_taken", f"the name {agent_id!r} is a role of others", "choose another name"
        )
    if agent_queries.agent(db, role):
        raise ThrumError(
            "name_taken", f"the role {role!r} is an agent's name", "choose another role"
        )
    for what, name in (("name", agent_id), ("role", role)):
        if group_queries.group(db, name):
            raise ThrumError(
                "name_taken",
                f"the {what} {name!r} is a group's name, and the group would take your mail",
                f"choose another {what}",
            )


def _refuse_arrived(call: Call, agent_id: str, where: str) -> None:
    """Refuses a name that was registered there a moment ago; not to its agent, nor to people.

    Raises:
        ThrumError: ``name_taken``.
    """
    caller = call.caller
    if where and caller.agent_id != agent_id and not names.is_person(caller.agent_id):
        raise ThrumError(
            "name_taken",
            f"agent {agent_id!r} is at home elsewhere: {where}",
            "choose another name, or call from there",
        )


@method("agent.list", rights=Rights.READS, anonymous=True, transports=EVERYWHERE)
async def list_agents(call: Call, params: ListParams) -> Listed:
    """Lists the registered agents, the newest first."""
    db = call.node.store.reader()
    role, module = params.role or None, params.module or None
    return Listed(agent_queries.agents(db, role, module, params.limit))


@method(
    "agent.whoami",
    rights=Rights.READS,
    anonymous=True,
    errors=("anonymous_caller", "identity_mismatch"),
    transports=EVERYWHERE,
)
async def whoami(call: Call, params: Params) -> Me:
    """Says who the caller is, by the kernel."""
    db = call.node.store.reader()
    agent = agent_queries.agent(db, call.agent_id)
    if agent is None:
        raise ThrumError("not_found", f"agent not found: {call.agent_id} is not registered")
    session = session_queries.open_session(db, agent.agent_id)
    context = next(
        (
            each
            for each in session_queries.contexts(db, agent.agent_id)
            if session and each.session_id == session.session_id
        ),
        None,
    )
    return Me(
        agent_id=agent.agent_id,
        role=agent.role,
        module=agent.module,
        display=agent.display,
        source="caller" if call.caller.rule == "claim" else "peercred",
        session_id=session.session_id if session else "",
        session_start=session.started_at if session else "",
        branch=await branch_of(call, session.session_id) if session else "",
        intent=context.intent if context else "",
        host=platform.hostname(),
        pid=agent.agent_pid,
        rule=call.caller.rule,
        others=list(call.caller.others),
    )


@method(
    "agent.set-status",
    rights=Rights.OWNER,
    transports=Transport.UNIX,
    errors=("not_found", "not_allowed", "guard"),
)
async def set_status(call: Call, params: StatusParams) -> Status:
    """Sets an agent's status in its identity file: working, idle, blocked or stuck.

    For the agent itself, people and coordinators.
    """
    agent_id = names.check_agent_name(names.bare(params.agent))
    if params.status not in files.STATUSES:
        known = ", ".join(files.STATUSES)
        raise ThrumError("invalid_params", f"status {params.status!r} is none of {known}")
    rights.demand_own(call, call.node.store.reader(), agent_id, "the status")
    identity = _own_file(call, agent_id, await call.node.callers.filed())
    _check_liveness(call, identity)
    now = format_ns(call.node.now_ns())
    fields = {"agent_status": params.status, "agent_status_updated_at": now}
    # Whoever holds the folder's lock must hold up nobody but the caller.
    await to_thread.run_sync(partial(files.write, identity.path.parent, agent_id, now, **fields))
    call.node.hub.tell([(Changed(agent_id), True)])
    return Status(agent_id, params.status)


def _own_file(call: Call, agent_id: str, filed: Sequence[Identity]) -> Identity:
    """The agent's file where it is at home.

    Raises:
        ThrumError: ``not_found``.
    """
    db = call.node.store.reader()
    for each in filed:
        ours = call.node.identity.daemon_id
        if each.name == agent_id and belonging.is_believed(db, each, filed, ours):
            return each
    raise ThrumError(
        "not_found",
        f"agent {agent_id} has no identity file in any worktree of this clone",
        "see `thrum team --all` for where it works",
    )


def _check_liveness(call: Call, identity: Identity) -> None:
    """Refuses to edit what a dead agent left.

    Raises:
        GuardError: ``subject_pid_dead``.
    """
    known = agent_queries.agent(call.node.store.reader(), identity.name)
    ours = {"", call.node.identity.daemon_id}
    mirrored = known is not None and known.origin_daemon not in ours
    fire = guards.writer_liveness(owner.held(identity, ()), mirrored=mirrored)
    sentry.ask(identity.path.parents[1], fire)

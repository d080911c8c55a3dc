"""Puts together what every agent does, from the tables, its files, its process and its hooks."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from thrum.clock import format_ns, normalize, parse
from thrum.daemon.delivery import telling
from thrum.daemon.delivery.service import Delivery
from thrum.daemon.delivery.standing import standing
from thrum.daemon.node import Node
from thrum.daemon.now import state
from thrum.daemon.now.row import MOST_FILES, Row, Word, clashes
from thrum.daemon.projection.queries import agents, sessions, words
from thrum.daemon.projection.queries.agents import Member
from thrum.daemon.projection.queries.presence import Presence, presence
from thrum.daemon.projection.queries.sessions import Context
from thrum.daemon.tmux import state as tmux_state
from thrum.daemon.tmux.panes import Pane
from thrum.daemon.tmux.service import Tmux
from thrum.daemon.work.glance import fill
from thrum.errors import ThrumError
from thrum.identity import process
from thrum.identity.files import Identity

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Seen:
    """What tables, processes and identity files say.

    Attributes:
        members: every agent.
        contexts: what open sessions work on, by session.
        words: what each agent wrote last.
        presence: whether sessions are open, by agent.
        runs: whether the process of an agent of this clone runs, if it is known.
        filed: identity files by name.
    """

    members: list[Member]
    contexts: dict[str, Context]
    words: dict[str, words.Word]
    presence: dict[str, Presence]
    runs: dict[str, bool]
    filed: Mapping[str, Identity]


class Sight(NamedTuple):
    """What there is to see of the agents.

    Attributes:
        rows: every agent, by id.
        contexts: what those with open sessions work on, by agent.
    """

    rows: list[Row]
    contexts: dict[str, list[Context]]


async def look(node: Node) -> Sight:
    """Looks at every agent. What is kept counts, and nothing else but files of identities.

    Raises:
        ThrumError: as `Store.ask`.
    """
    ours = {"", node.identity.daemon_id}
    identities = node.callers.identities
    # Off the loop, all of it: a worktree may lie on a mount that does not answer.
    seen = await node.store.ask(lambda db: _see(db, identities.by_name(), ours))
    panes = await _panes(node, seen.filed)
    rows = [_row(node, each, seen, panes) for each in seen.members]
    shared = clashes({each.agent_id: _files(each, seen) for each in seen.members})
    for row in rows:
        row.clashes = shared[row.agent_id][:MOST_FILES] or None
    contexts: dict[str, list[Context]] = {}
    for each in seen.contexts.values():
        fill(each)
        contexts.setdefault(each.agent_id, []).append(each)
    return Sight(rows, contexts)


async def _panes(node: Node, filed: Mapping[str, Identity]) -> list[Pane] | None:
    """Every pane of tmux, if an identity names one; None where that cannot be told."""
    if not any(each.tmux_session for each in filed.values()):
        return None
    try:
        return await node.service(Tmux).seen()
    except ThrumError as error:
        logger.info("how it stands with sessions of tmux is not known: %s", error)
        return None


def _see(db: sqlite3.Connection, filed: Mapping[str, Identity], ours: set[str]) -> Seen:
    members = agents.members(db)
    ids = [each.agent_id for each in members]
    runs: dict[str, bool] = {}
    for each in members:
        known = _processes(each, filed.get(each.agent_id)) if each.origin_daemon in ours else []
        if each.session_id and known:
            runs[each.agent_id] = any(process.alive(*one) for one in known)
    return Seen(
        members,
        {each.context.session_id: each.context for each in sessions.working(db)},
        words.last_words(db, ids),
        presence(db, ids),
        runs,
        filed,
    )


def _processes(member: Member, filed: Identity | None) -> list[tuple[int, str]]:
    """Number and start of the processes that an agent may be."""
    known = [(member.agent_pid, member.agent_pid_started)]
    if filed:
        known.append((filed.agent_pid, filed.agent_pid_started))
    return [each for each in known if each[0] > 0]


def _files(member: Member, seen: Seen) -> Sequence[str]:
    context = seen.contexts.get(member.session_id)
    if context is None:
        return ()
    return list(dict.fromkeys([*(context.uncommitted_files or ()), *(context.changed_files or ())]))


def _row(node: Node, member: Member, seen: Seen, panes: list[Pane] | None) -> Row:
    is_local = member.origin_daemon in {"", node.identity.daemon_id}
    file = seen.filed.get(member.agent_id) if is_local else None
    about = seen.presence.get(member.agent_id)
    known = _known(node, member, seen, file)
    now = state.state(known)
    held, held_ns = standing(telling.known(node, "", member.agent_id, about))
    files = _files(member, seen)
    word = seen.words.get(member.agent_id)
    return Row(
        agent_id=member.agent_id,
        role=member.role,
        module=member.module,
        state=now.doing,
        evidence=now.evidence,
        since=_text(now.since_ns),
        heard=_text(state.heard_ns(known)),
        tool=state.tool(known, now),
        display=member.display,
        hostname=member.hostname,
        is_local=is_local,
        runtime=file.runtime if file else "",
        tmux=tmux_state.of(file, panes) if file and panes is not None else "",
        session_id=member.session_id,
        session_start=member.session_start,
        last_seen=member.last_seen,
        intent=member.intent,
        current_task=member.current_task,
        branch=member.branch or (file.branch if file and member.session_id else ""),
        worktree=member.worktree,
        commits=member.unmerged_commits,
        files=list(files[:MOST_FILES]) or None,
        file_count=len(files),
        git_updated_at=member.git_updated_at,
        total=member.inbox_total,
        unread=member.inbox_unread,
        word=Word(*word) if word else None,
        held=held,
        held_since=_text(held_ns),
    )


def _known(node: Node, member: Member, seen: Seen, file: Identity | None) -> state.Known:
    about, context = seen.presence.get(member.agent_id), seen.contexts.get(member.session_id)
    said, said_at = "", ""
    if file is not None and file.agent_status:
        said, said_at = file.agent_status, file.agent_status_updated_at
    elif context is not None:
        said, said_at = context.agent_status, context.status_updated_at
    return state.Known(
        began_ns=_moment(member.session_start),
        ended_ns=_moment(about.ended_at if about else ""),
        runs=seen.runs.get(member.agent_id),
        sittings=node.service(Delivery).sittings(member.agent_id),
        said=said,
        said_ns=_moment(said_at),
    )


def _moment(text: str) -> int:
    """A time in nanoseconds; 0 where there is none, or somebody wrote nonsense into a file."""
    try:
        return max(parse(normalize(text)), 0) if text else 0
    except ValueError:
        return 0


def _text(moment_ns: int) -> str:
    return format_ns(moment_ns) if moment_ns else ""

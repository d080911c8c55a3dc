"""Agents: who they are, as the latest registration says, since the earliest."""

from __future__ import annotations

from collections.abc import Iterable

from thrum import events
from thrum.audience import AgentEntry
from thrum.daemon.projection.apply import deliveries, tenure
from thrum.daemon.projection.apply.stored import key, stored
from thrum.daemon.projection.tables import Tables

_COLUMNS = ("kind", "role", "module", "display", "hostname", "agent_pid", "origin_daemon", "person")
_MOVE = ("moves", "moved_at", "moved_from", "moved_by", "moved_why")
_KEPT = (*_COLUMNS, *_MOVE)
_UPSERT = f"""
INSERT INTO agents (agent_id, registered_at, last_seen_at, registration, {", ".join(_KEPT)})
VALUES (:agent_id, :registered_at, :seen, :registration, {", ".join(f":{each}" for each in _KEPT)})
ON CONFLICT (agent_id) DO UPDATE SET
  kind = excluded.kind, role = excluded.role, module = excluded.module,
  display = excluded.display, hostname = excluded.hostname, person = excluded.person,
  agent_pid = CASE WHEN :pid_said OR moved_at != excluded.moved_at
    THEN excluded.agent_pid ELSE agent_pid END,
  agent_pid_start_time = CASE WHEN :pid_said OR moved_at != excluded.moved_at
    THEN '' ELSE agent_pid_start_time END,
  origin_daemon = excluded.origin_daemon, registered_at = excluded.registered_at,
  last_seen_at = max(last_seen_at, excluded.last_seen_at), registration = excluded.registration,
  {", ".join(f"{each} = excluded.{each}" for each in _MOVE)}
"""


def register(tables: Tables, event: events.AgentRegister) -> None:
    """Applies ``agent.register``.

    A display name, host, process or person that a registration leaves out stays as it was.
    """
    row = tables.db.execute(
        f"SELECT registration, registered_at, {', '.join(_KEPT)} FROM agents WHERE agent_id = ?",
        (event.agent_id,),
    ).fetchone()
    if row is not None and not event.moves and " ".join(key(event)) > row[0]:
        before = tables.register.entry(event.agent_id)
        known = dict(zip(_KEPT, row[2:], strict=True))
        if known["moves"] and event.origin_daemon != known["origin_daemon"]:
            return  # its home is another clone's by now
        _write(tables, row[1], known, [event])
        _enter(tables, event.agent_id, before)
    else:
        settle(tables, event.agent_id)


def settle(tables: Tables, agent_id: str, before: AgentEntry | None = None) -> None:
    """Works out the agent from all its registrations since its last clean-up.

    Args:
        before: what was known of it until now, if that is not what the register says.
    """
    before = before or tables.register.entry(agent_id)
    since = tables.cleaned.get(agent_id)
    registrations = [
        event
        for event in stored(tables.db, agent_id, events.AgentRegister)
        if since is None or key(event) > since
    ]
    if registrations:
        move = _moved(tenure.last_move(registrations))
        counting = tenure.counting(registrations)
        _write(tables, registrations[0].timestamp, move, counting)
        _enter(tables, agent_id, before)
    else:
        _remove(tables, agent_id, before)


def _moved(move: events.AgentRegister | None) -> dict[str, str | int]:
    """What is kept of the agent's last move."""
    if move is None:
        return {}
    said = (move.moves, move.timestamp, move.moved_from, move.moved_by, move.moved_why)
    return dict(zip(_MOVE, said, strict=True))


def _said(event: events.AgentRegister) -> Iterable[tuple[str, str | int]]:
    yield "kind", event.kind
    yield "role", event.role
    yield "module", event.module
    yield "display", event.display
    yield "hostname", event.hostname
    yield "agent_pid", event.agent_pid or event.claude_pid
    yield "origin_daemon", event.origin_daemon
    yield "person", event.person


def _write(
    tables: Tables,
    registered_at: str,
    known: dict[str, str | int],
    registrations: list[events.AgentRegister],
) -> None:
    """Lays the registrations, in their order, over what is known and writes the agent."""
    values: dict[str, str | int] = {"kind": "agent", "role": "", "module": "", **known}
    for column in _KEPT[3:]:
        values.setdefault(column, 0 if column in {"agent_pid", "moves"} else "")
    for event in registrations:
        if event.moves:
            # What it leaves behind: a process there, and the clone.
            values |= {"agent_pid": 0, "origin_daemon": event.origin_daemon}
        values.update({column: value for column, value in _said(event) if value})
    last = registrations[-1]
    tables.db.execute(
        _UPSERT,
        {
            **values,
            "agent_id": last.agent_id,
            "registered_at": registered_at,
            "seen": last.timestamp,
            "registration": " ".join(key(last)),
            "pid_said": bool(last.agent_pid or last.claude_pid),
        },
    )


def _enter(tables: Tables, agent_id: str, before: AgentEntry) -> None:
    """Brings register and deliveries up to date with the agent's row."""
    kind, role, registered_at = tables.db.execute(
        "SELECT kind, role, registered_at FROM agents WHERE agent_id = ?", (agent_id,)
    ).fetchone()
    cleaned_at = tables.register.cleaned.get(agent_id, "")
    after = AgentEntry(agent_id, kind, role, registered_at, cleaned_at)
    if before != after:
        tables.people_changed()
        tables.register.put(after)
        deliveries.reconsider_agent(tables, before, after)


def _remove(tables: Tables, agent_id: str, before: AgentEntry) -> None:
    tables.db.execute("DELETE FROM agents WHERE agent_id = ?", (agent_id,))
    tables.people_changed()
    tables.register.drop(agent_id)
    deliveries.reconsider_agent(tables, before, tables.register.entry(agent_id))

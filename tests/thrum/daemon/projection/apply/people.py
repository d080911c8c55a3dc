"""Events about people and groups, with times and ids."""

from __future__ import annotations

from typing import TypeVar

from thrum import events

E = TypeVar("E", bound=events.Event)


def at(second: int) -> str:
    return f"2026-01-01T00:00:{second:02}.000000000Z"


def stamp(event: E, second: int, event_id: str = "") -> E:
    event.timestamp = at(second)
    event.event_id = event_id or f"evt_{second:02}"
    return event


def registered(agent_id: str, second: int, **fields: object) -> events.AgentRegister:
    values = {"role": "dev", "module": "m", **fields}
    return stamp(
        events.AgentRegister(agent_id=agent_id, **values),  # type: ignore[arg-type]
        second,
        f"evt_{agent_id}_{second}",
    )


def sent(number: int, second: int, author: str = "ann", **fields: object) -> events.MessageCreate:
    event = events.MessageCreate(
        message_id=f"msg_{number}",
        agent_id=author,
        body=events.Body("x"),
        **fields,  # type: ignore[arg-type]
    )
    return stamp(event, second, f"evt_m{number}")


def grouped(group_id: str, name: str, second: int, maker: str = "ann") -> events.GroupCreate:
    return stamp(events.GroupCreate(group_id=group_id, name=name, created_by=maker), second)


def joined(group_id: str, kind: str, value: str, second: int) -> events.GroupMemberAdd:
    return stamp(
        events.GroupMemberAdd(
            group_id=group_id, member_type=kind, member_value=value, added_by="ann"
        ),
        second,
        f"evt_{second}_{value}",
    )


def cleaned(agent_id: str, second: int) -> events.AgentCleanup:
    return stamp(events.AgentCleanup(agent_id=agent_id), second, f"evt_clean_{second}")


def purged(cutoff: str, second: int) -> events.PurgeExecuted:
    return stamp(events.PurgeExecuted(cutoff=cutoff), second, f"evt_purge_{second}")

"""Groups: worked out together from all group events.

Two groups of one name are one group: the earliest id stands for it, the members of the others count
too, and all who made one are its makers. Deleting any of them deletes what had the name until then.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct, field

from thrum import events
from thrum.audience import Group
from thrum.daemon.projection.apply import deliveries
from thrum.daemon.projection.apply.stored import ALL_GROUPS, key, stored
from thrum.daemon.projection.facts import Key
from thrum.daemon.projection.tables import Tables

_Member = tuple[str, str]


class _Named(Struct):
    """All that goes by one name."""

    created: list[events.GroupCreate] = field(default_factory=list)
    members: dict[_Member, events.GroupMemberAdd] = field(default_factory=dict)
    description: str = ""
    updated_at: str | None = None


def settle(tables: Tables, event: events.AboutGroup | None = None) -> None:
    """Applies every group event: works out all groups and writes those that changed."""
    del event
    named = _fold(tables, stored(tables.db, ALL_GROUPS, events.AboutGroup))
    before = tables.groups
    after = {
        name: Group(
            frozenset(value for kind, value in group.members if kind == "agent"),
            frozenset(value for kind, value in group.members if kind == "role"),
        )
        for name, group in named.items()
    }
    _write(tables, named)
    tables.people_changed()
    tables.groups = after
    for name in sorted({*before, *after}):
        old, new = before.get(name, Group()), after.get(name, Group())
        if old != new:
            deliveries.reconsider_group(tables, name, old, new)


def _fold(tables: Tables, history: list[events.AboutGroup]) -> dict[str, _Named]:
    """The groups that are there after all events, by name."""
    names = _names(history)
    gone = _deletions(history, names)
    named: dict[str, _Named] = {}
    for event in history:
        if isinstance(event, events.GroupCreate):
            name = names[event.group_id]
            if key(event) > gone.get(name, ("", "")) and event.group_id not in gone:
                named.setdefault(name, _Named(description=event.description)).created.append(event)
    groups = {event.group_id: group for group in named.values() for event in group.created}
    for event in history:
        _change(tables, groups, event)
    return named


def _names(history: list[events.AboutGroup]) -> dict[str, str]:
    """The name of each group id: of its earliest creation, or of its latest update."""
    names: dict[str, str] = {}
    for event in history:
        if isinstance(event, events.GroupCreate):
            names.setdefault(event.group_id, event.name)
    for event in history:
        if isinstance(event, events.GroupUpdate) and event.group_id in names:
            names[event.group_id] = (event.fields or {}).get("name") or names[event.group_id]
    return names


def _deletions(history: list[events.AboutGroup], names: dict[str, str]) -> dict[str, Key]:
    """When each name was deleted last; each deleted id stands there too."""
    gone: dict[str, Key] = {}
    for event in history:
        if isinstance(event, events.GroupDelete):
            gone[event.group_id] = key(event)
            if event.group_id in names:
                gone[names[event.group_id]] = key(event)
    return gone


def _change(tables: Tables, groups: dict[str, _Named], event: events.AboutGroup) -> None:
    """One event about the members or the description of a group that is there."""
    match event:
        case events.GroupMemberAdd() if event.group_id in groups:
            if not _cleaned(tables, event):
                member = (event.member_type, event.member_value)
                groups[event.group_id].members.setdefault(member, event)
        case events.GroupMemberRemove() if event.group_id in groups:
            members = groups[event.group_id].members
            members.pop((event.member_type, event.member_value), None)
        case events.GroupUpdate() if event.group_id in groups:
            group = groups[event.group_id]
            group.description = (event.fields or {}).get("description", group.description)
            group.updated_at = event.timestamp
        case _:
            pass


def _cleaned(tables: Tables, event: events.GroupMemberAdd) -> bool:
    """Whether the member is an agent that was cleaned up since."""
    since = tables.cleaned.get(event.member_value)
    return event.member_type == "agent" and since is not None and key(event) < since


def _write(tables: Tables, named: dict[str, _Named]) -> None:
    db = tables.db
    wanted = set(_group_rows(named))
    present = set(
        db.execute(
            "SELECT group_id, name, description, created_at, created_by, updated_at FROM groups"
        )
    )
    db.executemany("DELETE FROM groups WHERE group_id = ?", [row[:1] for row in present - wanted])
    db.executemany(
        "INSERT INTO groups (group_id, name, description, created_at, created_by, updated_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        wanted - present,
    )
    members = set(_member_rows(named))
    there = set(
        db.execute(
            "SELECT group_id, member_type, member_value, added_at, added_by FROM group_members"
        )
    )
    db.executemany(
        "DELETE FROM group_members WHERE group_id = ? AND member_type = ? AND member_value = ?",
        [row[:3] for row in there - members],
    )
    db.executemany(
        "INSERT INTO group_members (group_id, member_type, member_value, added_at, added_by)"
        " VALUES (?, ?, ?, ?, ?)",
        sorted(members - there),
    )
    db.execute("DELETE FROM group_makers")
    db.executemany("INSERT OR IGNORE INTO group_makers VALUES (?, ?)", _maker_rows(named))


_GroupRow = tuple[str, str, str, str, str, str | None]


def _group_rows(named: dict[str, _Named]) -> Iterable[_GroupRow]:
    for name, group in named.items():
        first = group.created[0]
        yield (
            first.group_id,
            name,
            group.description,
            first.timestamp,
            first.created_by,
            group.updated_at,
        )


def _member_rows(named: dict[str, _Named]) -> Iterable[tuple[str, str, str, str, str]]:
    for group in named.values():
        for (kind, value), event in group.members.items():
            yield group.created[0].group_id, kind, value, event.timestamp, event.added_by


def _maker_rows(named: dict[str, _Named]) -> Iterable[tuple[str, str]]:
    """Everybody who made the group, the later ones without knowing of it."""
    for group in named.values():
        for event in group.created:
            yield group.created[0].group_id, event.created_by

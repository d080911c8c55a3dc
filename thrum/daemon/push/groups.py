"""Groups as pages are told of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import ClassVar

from thrum import events
from thrum.daemon.projection.queries import groups
from thrum.daemon.projection.queries.groups import Counted, GroupMember
from thrum.daemon.projection.queries.happenings import Happening
from thrum.daemon.rpc.pushed import Pushed


class GroupTold(Pushed):
    """A group was made, changed or deleted.

    `group` is as `group.list` shows it and `members` as `group.info` does; a group that is gone, or
    went into another one of its name, has neither.
    """

    name: ClassVar = "notification.group"
    group_id: str
    group: Counted | None = None
    members: list[GroupMember] | None = None


def pushes(
    db: sqlite3.Connection, happened: Sequence[Happening], person: str
) -> Iterator[tuple[int, Pushed]]:
    """What is told of groups; the same to everybody."""
    changed = [(number, each) for number, each in happened if isinstance(each, events.AboutGroup)]
    if not changed:
        return
    found = groups.groups_by_id(db, {each.group_id for _, each in changed})
    members = {each: groups.group_members(db, group.name) for each, group in found.items()}
    for number, each in changed:
        of = each.group_id
        yield number, GroupTold(group_id=of, group=found.get(of), members=members.get(of))

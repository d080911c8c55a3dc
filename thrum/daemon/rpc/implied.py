"""Whom a message of a page is for, where the page says so in another way than by naming them.

A page that shows a group writes to its scope, and an answer says no more than what it answers. Of
a person who named nobody it is not believed that everybody was meant.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from thrum.daemon.projection.queries import messages
from thrum.daemon.projection.queries.rows import Row
from thrum.daemon.rpc.addressing import EVERYONE
from thrum.errors import ThrumError
from thrum.events import Pair
from thrum.names import bare


@dataclass(frozen=True, slots=True)
class Targets:
    """Whom a message names: one agent or everyone, others, and scopes that address nobody."""

    to: str
    mentions: Sequence[str]
    scopes: Sequence[Pair]


def spelled_out(db: sqlite3.Connection, me: str, said: Targets, reply_to: str) -> Targets:
    """The targets, with those that a page implies.

    Args:
        db: sees the message that is answered.
        me: who writes.
        said: as the page named them.
        reply_to: the message that is answered; empty if none is.

    Raises:
        ThrumError: ``invalid_params``, nobody is meant.
    """
    groups = [f"group:{each.value}" for each in said.scopes if each.type == "group"]
    scopes = [each for each in said.scopes if each.type != "group"]
    named = Targets(said.to, [*said.mentions, *groups], scopes)
    if named.to or any(bare(each) for each in named.mentions):
        return named
    answered = messages.messages_by_id(db, [reply_to], me) if reply_to else []
    for parent in answered:
        everyone, people = people_of(parent, me)
        if everyone or people:
            return Targets(EVERYONE if everyone else "", people, scopes)
    raise ThrumError(
        "invalid_params", "nobody is named", "name agents, roles or groups, or say everyone"
    )


def people_of(parent: Row, me: str) -> tuple[bool, list[str]]:
    """Whose a message is, the writer of an answer left out: whether everyone's, and whom it names.

    Who shares a role that it names is asked again: others were, too.
    """
    pairs = [*(parent.refs or ()), *(parent.scopes or ())]
    kinds = {each.type for each in pairs}
    everyone = "broadcast" in kinds or not kinds & {"mention", "group"}
    named = [parent.agent_id]
    named += [each.value for each in pairs if each.type == "mention"]
    named += [f"group:{each.value}" for each in pairs if each.type == "group"]
    return everyone, list(dict.fromkeys(each for each in named if bare(each) != me))

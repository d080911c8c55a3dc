"""What is asked of a list of messages, and how far its filters can be told apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import msgspec

from thrum.events import Pair


class ListFilter(msgspec.Struct, kw_only=True):
    """Which messages, in which order, which page.

    Attributes:
        for_agent: only the inbox of that agent (its id).
        or_mention: besides the inbox (or alone), messages with that mention ref.
        mentions: only messages with one of these mention refs.
        unread_for: only messages that this agent has not read.
        reader: whose reading `is_read` and `unread` tell.
        exclude_author: not those by that agent.
        created_after: only later ones (fixed-width time).
        sort_by: ``created_at`` or ``updated_at`` (never edited ones last).
        by_conversation: grouped by the message that is answered, ascending.
        skip: so many of the page are left out, as they are known.
    """

    for_agent: str = ""
    or_mention: str = ""
    mentions: Sequence[str] = ()
    scope: Pair | None = None
    ref: Pair | None = None
    thread_id: str = ""
    author_id: str = ""
    unread_for: str = ""
    reader: str = ""
    exclude_author: str = ""
    created_after: str = ""
    include_deleted: bool = False
    sort_by: str = "created_at"
    ascending: bool = False
    by_conversation: bool = False
    page: int = 1
    page_size: int = 10
    skip: int = 0

    def pairs(self) -> list[Sided]:
        """The scopes and refs that every message of the list has, as single ones.

        Of several mentions only one is needed, so these are none.
        """
        found = [Sided("scope", self.scope)] if self.scope else []
        found += [Sided("ref", self.ref)] if self.ref else []
        if len(self.mentions) == 1:
            found.append(Sided("ref", Pair("mention", self.mentions[0])))
        if self.or_mention and not self.for_agent:
            found.append(Sided("ref", Pair("mention", self.or_mention)))
        return found

    def is_unbroken(self) -> bool:
        """Whether the messages are those of one inbox, of one scope or ref, or all there are, but
        for authors, what is read and what is deleted."""
        is_union = len(self.mentions) > 1 or bool(self.or_mention and self.for_agent)
        if is_union or self.thread_id or self.created_after:
            return False
        return len(self.pairs()) + bool(self.for_agent) <= 1


class Sided(NamedTuple):
    """A scope or a ref: which of the two, and the pair."""

    kind: Literal["scope", "ref"]
    pair: Pair

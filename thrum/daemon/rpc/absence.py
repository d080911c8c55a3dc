"""What a sender is told of recipients whom nobody has seen for long."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from thrum.clock import before, parse
from thrum.daemon.projection.queries import agents as agent_queries
from thrum.daemon.projection.queries.sight import Sight, unseen_since
from thrum.daemon.store import Transaction
from thrum.names import is_person, is_proxy
from thrum.plurals import counted

DAY_NS: Final = 24 * 3600 * 1_000_000_000
NAMED: Final = 3


def warnings(transaction: Transaction, recipients: Iterable[str], days: int) -> list[str]:
    """A sentence for each of a few, or one for many; nothing is known of who is behind a bridge.

    Args:
        transaction: has the signs of them.
        recipients: their ids.
        days: after how many somebody is missed.
    """
    known = sorted({each for each in recipients if not is_proxy(each)})
    if not known:
        return []
    moment = before(transaction.now, days * DAY_NS)
    # Mostly all were seen here, and nothing has to be asked of mail.
    seen = transaction.people(agent_queries.seen_at, tuple(known))
    absent = [each for each in known if each in seen and seen[each] < moment]
    missed = unseen_since(transaction.db, absent, moment) if absent else []
    if len(missed) > NAMED:
        some = ", ".join(_name(each) for each in missed[:NAMED])
        return [
            f"{len(missed)} of the recipients were not seen for more than {counted(days, 'day')}:"
            f" {some} and others; see `thrum team --all`"
        ]
    now_ns = parse(transaction.now)
    return [_sentence(each, now_ns) for each in missed]


def _sentence(sight: Sight, now_ns: int) -> str:
    days = (now_ns - parse(sight.seen_at)) // DAY_NS
    return (
        f"{_name(sight)} was last seen {counted(days, 'day')} ago ({sight.seen_at[:10]}) and"
        " gets this on coming back; `thrum team` shows who is at work"
    )


def _name(sight: Sight) -> str:
    bare = sight.agent_id.removeprefix("user:") if is_person(sight.agent_id) else sight.agent_id
    return f"@{bare}"

"""``message.list``: an inbox, or whatever filters leave."""

from __future__ import annotations

from thrum.clock import normalize
from thrum.daemon.projection.queries import agents as agent_queries
from thrum.daemon.projection.queries import listing as queries
from thrum.daemon.projection.queries.filters import ListFilter
from thrum.daemon.projection.queries.listing import Listed
from thrum.daemon.rpc.registry import EVERYWHERE, LARGEST, Call, Params, Rights, method
from thrum.daemon.signing.service import Signing
from thrum.daemon.store import Store
from thrum.daemon.sync.service import SyncService
from thrum.errors import ThrumError
from thrum.events import Pair
from thrum.names import bare, is_person

SORTS = ("created_at", "updated_at")
"""What a list may be sorted by; the first is meant where nothing is said."""


class ListParams(Params):
    """Which messages, in which order, which page. `for_agent` makes it that agent's inbox.

    `mentions` leaves those that mention the caller, `mention` those that mention that name. `skip`
    leaves out the first of the page, which a `truncated` answer has brought.
    """

    scope: Pair | None = None
    ref: Pair | None = None
    thread_id: str = ""
    author_id: str = ""
    mention_role: str = ""
    mentions: bool = False
    mention: str = ""
    caller_mention_role: str = ""
    unread_for_agent: str = ""
    unread: bool = False
    exclude_self: bool = False
    include_deleted: bool = False
    for_agent: str = ""
    for_agent_role: str = ""
    created_after: str = ""
    page_size: int = 10
    page: int = 1
    skip: int = 0
    sort_by: str = ""
    sort_order: str = ""
    chronological: bool = False


@method(
    "message.list",
    rights=Rights.READS,
    anonymous=True,
    speaks_for=("for_agent", "unread_for_agent"),
    errors=("not_allowed",),
    transports=EVERYWHERE,
)
async def list_messages(call: Call, params: ListParams) -> Listed:
    """Lists messages: an agent's inbox, or whatever the filters leave; 2 MB of text at most."""
    page, page_size = window(params.page, params.page_size)
    check_skip(params.skip, page_size)
    if call.caller.departure and (params.unread_for_agent or params.unread):
        raise call.caller.departure.refusal()
    check_inbox(call, params.for_agent)
    wanted = _filter(call, params, page, page_size)
    if wanted.for_agent and page == 1:
        call.service(SyncService).loop.looked()
    listed = await _listed(call.node.store, wanted)
    await call.service(Signing).mark(listed.messages)
    return listed


async def _listed(store: Store, wanted: ListFilter) -> Listed:
    if queries.is_quick(wanted):
        return queries.list_messages(store.reader(), wanted)
    return await store.ask(lambda db: queries.list_messages(db, wanted))


def window(page: int, page_size: int) -> tuple[int, int]:
    """Page and page size, with 0 as their defaults.

    Raises:
        ThrumError: ``invalid_params``, one of them is negative, or there is no such page.
    """
    if page > LARGEST:
        raise ThrumError("invalid_params", f"page is at most {LARGEST:,}")
    if page < 0 or page_size < 0:
        raise ThrumError("invalid_params", "page and page_size cannot be negative")
    return page or 1, min(page_size or 10, queries.MOST_ON_A_PAGE)


def check_skip(skip: int, page_size: int) -> None:
    """Refuses to leave out more than there may be on a page.

    Raises:
        ThrumError: ``invalid_params``.
    """
    if not 0 <= skip < page_size:
        raise ThrumError("invalid_params", "skip is not negative, and less than page_size")


def check_inbox(call: Call, owner: str) -> None:
    """An agent sees its own inbox; people see any; who was the agent until it moved, none.

    Args:
        owner: whose inbox; empty where none is asked for.

    Raises:
        ThrumError: ``not_allowed``; ``moved``.
    """
    me = call.caller.agent_id
    if call.caller.departure and owner:
        raise call.caller.departure.refusal()
    wanted = as_id(call, owner)
    if me and not is_person(me) and wanted and wanted != me:
        raise ThrumError("not_allowed", f"the inbox of {wanted} is not for {me}")


def as_id(call: Call, name: str) -> str:
    """A bare user's name stands for ``user:<name>``."""
    name, people = bare(name), call.node.store.people
    if name and not is_person(name) and people(agent_queries.agent, name) is None:
        user = f"user:{name}"
        return user if people(agent_queries.agent, user) else name
    return name


def _filter(call: Call, params: ListParams, page: int, page_size: int) -> ListFilter:
    me = call.caller.agent_id
    if params.unread and not me:
        raise ThrumError(
            "anonymous_caller", "unread: nothing says whose", "register with `thrum quickstart`"
        )
    if params.sort_by and params.sort_by not in SORTS:
        raise ThrumError("invalid_params", "sort_by must be 'created_at' or 'updated_at'")
    if params.sort_order not in {"", "asc", "desc"}:
        raise ThrumError("invalid_params", "sort_order must be 'asc' or 'desc'")
    inbox_of = as_id(call, params.for_agent)
    mine: tuple[str, ...] = ()
    if params.mentions:
        roles = {params.caller_mention_role, me, f"user:{me}" if me else ""}
        mine = tuple(sorted(roles - {""}))
    elif params.mention:
        name = bare(params.mention)
        mine = (name, f"user:{name}")
    return ListFilter(
        for_agent=inbox_of,
        or_mention=bare(params.mention_role),
        mentions=mine,
        scope=params.scope,
        ref=params.ref,
        thread_id=params.thread_id,
        author_id=as_id(call, params.author_id),
        unread_for=as_id(call, params.unread_for_agent) or (me if params.unread else ""),
        reader=me or inbox_of,
        exclude_author=me if params.exclude_self else "",
        created_after=moment(params.created_after, "created_after"),
        include_deleted=params.include_deleted,
        sort_by=params.sort_by or SORTS[0],
        ascending=params.sort_order == "asc",
        by_conversation=params.chronological and not params.sort_order and bool(inbox_of),
        page=page,
        page_size=page_size,
        skip=params.skip,
    )


def moment(text: str, what: str) -> str:
    """A time as text that sorts; empty stays empty.

    Raises:
        ThrumError: ``invalid_params``, it is no RFC 3339 time.
    """
    try:
        return normalize(text) if text else ""
    except ValueError:
        raise ThrumError("invalid_params", f"{what} is no RFC 3339 time: {text!r}") from None

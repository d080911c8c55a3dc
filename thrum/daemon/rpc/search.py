"""``message.search``: messages, contexts and snapshots by their words."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, ClassVar, Literal, NamedTuple

import msgspec
from anyio import to_thread

from thrum import git_place
from thrum.clock import format_ns
from thrum.daemon.projection.queries import searched
from thrum.daemon.projection.queries.ids import complete_id
from thrum.daemon.projection.queries.rows import Row
from thrum.daemon.projection.queries.searched import SearchResult
from thrum.daemon.projection.search import index
from thrum.daemon.projection.search.find import Cursor, Found, find
from thrum.daemon.projection.search.query import Kind, Phrase, Query, parse_query
from thrum.daemon.projection.search.scan import Scan
from thrum.daemon.projection.search.snippet import snippet
from thrum.daemon.rpc.kept_texts import KeptText, KeptTexts
from thrum.daemon.rpc.registry import EVERYWHERE, Call, Params, Rights, method
from thrum.daemon.signing.service import Signing
from thrum.errors import ThrumError
from thrum.names import is_person

MOST = 100


class SearchParams(Params):
    """What is looked for, as docs/search.md tells; `cursor` is the answer's `next_cursor`."""

    needs: ClassVar = ("query",)
    query: str = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST)] = 20
    cursor: str = ""
    sort: Literal["relevance", "new"] = "relevance"


class SearchResults(msgspec.Struct, omit_defaults=True):
    """What was found, the best first or the newest.

    `notice` says how the query was understood where that is not plain. `total_is_bound`: there may
    be more than `total`.
    """

    results: list[SearchResult]
    total: int
    total_is_bound: bool = False
    notice: str = ""
    next_cursor: str = ""


@method(
    "message.search",
    rights=Rights.READS,
    anonymous=True,
    errors=("anonymous_caller", "program", "database"),
    transports=EVERYWHERE,
)
async def search(call: Call, params: SearchParams) -> SearchResults:
    """Finds messages, contexts and snapshots by their words; marks nothing as read."""
    query = parse_query(params.query, call.node.now_ns())
    me = call.caller.agent_id
    cursor = Cursor.from_text(params.cursor) if params.cursor else None
    _check(call, query, me)
    if not index.is_available():
        raise ThrumError(
            "program",
            "this Python's SQLite has no FTS5, so nothing can be searched",
            "use a Python whose sqlite3 has it; `thrum log` and `thrum inbox` work without",
        )
    roots = await to_thread.run_sync(_roots, call) if query.kinds - {"message"} else []
    asked = _Asked(query, me, params, cursor, roots)
    try:
        found, shown = await call.node.store.ask(asked.answered)
    except sqlite3.DatabaseError as error:
        if "malformed" not in str(error):
            raise
        raise ThrumError(
            "database",
            "the index for searching is damaged",
            "run `thrum doctor --fix`: it is built anew from the log",
        ) from error
    await call.service(Signing).mark([row for _, row in shown if row is not None])
    for result, row in shown:
        result.signature = row.signature if row and row.signature == "wrong" else ""
    return SearchResults(
        results=[result for result, _ in shown],
        total=found.total,
        total_is_bound=found.is_bound,
        notice="; ".join(query.notices),
        next_cursor=found.next.to_text() if found.next else "",
    )


def _roots(call: Call) -> list[Path]:
    """The worktrees of this clone."""
    own = git_place.real(call.node.place.repository)
    git = git_place.of(own)
    roots = [git_place.real(root) for root in git_place.worktrees(git)] if git else []
    return list(dict.fromkeys((own, *roots)))


class _Asked(NamedTuple):
    """A search, ready to be answered by a thread that may ask the database."""

    query: Query
    me: str
    params: SearchParams
    cursor: Cursor | None
    roots: Sequence[Path]

    def answered(
        self, db: sqlite3.Connection
    ) -> tuple[Found, list[tuple[SearchResult, Row | None]]]:
        """A page, and its results, each of a message with the row that it is made of."""
        _name_threads(db, self.query)
        texts = self._texts(db)
        found = find(
            db,
            self.query,
            self.me,
            limit=self.params.limit,
            cursor=self.cursor,
            newest_first=self.params.sort == "new",
            others=[text.written_ns for text in texts],
        )
        phrases = list(self.query.phrases())
        by_row = searched.messages(db, found.hits, phrases, self.me)
        shown: list[tuple[SearchResult, Row | None]] = []
        for hit in found.hits:
            if hit.text >= 0:
                shown.append((_of_text(texts[hit.text], phrases), None))
            elif hit.row in by_row:
                shown.append(by_row[hit.row])
        return found, shown

    def _texts(self, db: sqlite3.Connection) -> list[KeptText]:
        """Contexts and snapshots that fit; of snapshots those that the caller may see."""
        query, me = self.query, self.me
        if not query.kinds - {"message"} or query.threads or query.unread:
            return []
        agents = [agent_id for (agent_id,) in db.execute("SELECT agent_id FROM agents")]
        scan = Scan.of(db, query, me)
        return [
            text
            for text in _TEXTS.of(self.roots, agents, self._is_wanted)
            if query.is_within(text.written_ns) and scan.fits(text.scanned)
        ]

    def _is_wanted(self, kind: Kind, agent_id: str) -> bool:
        """Whether such a text is searched: what a session said is its agent's, and people's."""
        is_seen = kind == "context" or is_person(self.me) or agent_id == self.me
        return is_seen and kind in self.query.kinds


def _name_threads(db: sqlite3.Connection, query: Query) -> None:
    """Has threads be known by their whole ids, which may be shortened, or be a message's in it."""
    for place, (said, is_kept_out) in enumerate(query.threads):
        found = _threads(db, said)
        if len(found) == 1:
            query.threads[place] = found[0], is_kept_out
        else:
            why = "fits several: give more of it" if found else "is no thread here"
            query.notices.append(f"thread:{said[:40]} {why}")


def _threads(db: sqlite3.Connection, said: str) -> list[str]:
    """The threads that somebody may mean."""
    found = complete_id(db, "thr", said)
    messages = [] if found else complete_id(db, "msg", said)
    rows = db.execute(
        "SELECT DISTINCT thread_id FROM messages WHERE thread_id > ''"
        " AND message_id IN (SELECT value FROM json_each(?))",
        (json.dumps(messages),),
    )
    return found or [thread_id for (thread_id,) in rows]


_TEXTS = KeptTexts()
"""What this process has read."""


def _of_text(text: KeptText, phrases: Sequence[Phrase]) -> SearchResult:
    return SearchResult(
        kind=text.kind,
        id=text.agent_id,
        agent_id=text.agent_id,
        created_at=format_ns(text.written_ns),
        snippet=snippet(text.scanned.text, phrases),
    )


def _check(call: Call, query: Query, me: str) -> None:
    if query.is_empty:
        raise ThrumError(
            "invalid_params",
            "the query has no word to search for",
            "a word has a letter or a digit; see docs/search.md",
        )
    if query.unread is None:
        return
    if call.caller.departure:
        raise call.caller.departure.refusal()
    if not me:
        raise ThrumError(
            "anonymous_caller",
            "has:unread: nothing says whose",
            "register with `thrum quickstart`",
        )

"""The log at one moment: its newest entries, one of them, and what comes."""

from __future__ import annotations

import heapq
import math
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Final

import pygit2

from gitstore import Commit, DamagedObject, File, LogError, Snapshot, numbered, printable
from thrum import clock, events
from thrum.daemon.projection.facts import MessageRow
from thrum.daemon.projection.omission import SIGN, purges_in
from thrum.errors import ThrumError
from thrum.history.entry import Entry, entries_of, entry, has_odd_lines, newest_moment
from thrum.history.page import Filter, Page, is_wanted
from thrum.purges import Purges

SHORTEST_ENDING: Final = 4
_KEPT_IDS: Final = 100_000
_PLACE = re.compile(r"(.+\.jsonl):(\d+)")


@contextmanager
def _explained() -> Iterator[None]:
    """Turns what the log refuses into an error of the command line."""
    try:
        yield
    except DamagedObject as error:
        raise ThrumError("repository", str(error), "run `thrum doctor --fix`") from error
    except LogError as error:
        raise ThrumError("repository", str(error)) from error
    except (KeyError, pygit2.GitError) as error:
        raise ThrumError(
            "repository",
            f"an object of the branch cannot be read: {error}",
            "run `thrum doctor`; in a shallow clone fetch the history first",
        ) from error


@dataclass
class History:
    """The log at one moment.

    Attributes:
        purges: those of the log as it was opened, also where an earlier moment is looked at; what
            they cover is not told.
    """

    snapshot: Snapshot
    purges: Purges = field(default_factory=Purges)

    @classmethod
    def open(cls, repository: Path, journal: Path) -> History:
        """The log as it is now.

        Raises:
            ThrumError: ``repository``, it cannot be read or has no branch.
        """
        with _explained():
            snapshot = Snapshot.take(repository, journal)
            waiting = (line.raw for line in snapshot.waiting())
            written = (snapshot.data(file) for file in snapshot.files())
            told = (raw for data in written if SIGN in data for _, raw in numbered(data))
            return cls(snapshot, purges_in(chain(waiting, told)))

    @property
    def tip(self) -> str:
        """The commit."""
        return self.snapshot.tip

    # -- another moment --

    def at_commit(self, commit: str) -> History:
        """The branch as of that commit, without the journal."""
        return History(self.snapshot.at(commit), self.purges)

    def commit_named(self, text: str) -> str | None:
        """The commit of this branch that a hash, or its beginning, names; None if none does."""
        with _explained():
            return self.snapshot.descent.named(text)

    def commit_before(self, moment: int) -> str:
        """The newest commit that was not made after a moment, in nanoseconds since 1970.

        Raises:
            ThrumError: ``not_found``, all are younger.
        """
        with _explained():
            for commit in self.snapshot.descent.newest_first():
                if commit.seconds * 10**9 <= moment:
                    return commit.id
            first = clock.format_seconds(commit.seconds * 10**9)
        raise ThrumError(
            "not_found",
            f"the branch is younger than that: its first commit here is of {first}",
            "lines may be older than the commit that brought them; see `thrum log`",
        )

    # -- many entries --

    def newest(self, wanted: Filter, limit: int) -> Page:
        """The newest wanted entries, at most `limit` of them; 0 for all.

        A file is read only if it may hold one of them: how new its lines can be is seen without
        decoding them.

        Raises:
            ThrumError: ``repository``.
        """
        page = Page(purges=self.purges)
        chosen: dict[str, Entry] = {}
        with _explained():
            self._gather(page, chosen, wanted, self._journal(), limit)
            oldest = -math.inf
            for bound, file in self._bounds():
                if bound < oldest or (wanted.since is not None and bound < wanted.since):
                    break
                self._gather(page, chosen, wanted, self._lines_of(file), limit)
                if limit and len(chosen) >= limit:
                    oldest = min(each.moment for each in chosen.values())
        page.entries = sorted(chosen.values(), key=lambda each: each.key)
        return page

    def _gather(
        self,
        page: Page,
        chosen: dict[str, Entry],
        wanted: Filter,
        found: Iterable[Entry],
        limit: int,
    ) -> None:
        readable = []
        for each in found:
            if each.body is None:
                page.unreadable.append(each)
            elif wanted.until is None or each.moment <= wanted.until:
                page.learn(each)
                readable.append(each)
        for each in readable:
            name = each.event_id or f"{each.path}:{each.number}"
            # A line of the journal may be on the branch already; that copy says more.
            if is_wanted(page, each, wanted):
                chosen[name] = each
        if limit and len(chosen) > limit:
            kept = heapq.nlargest(limit, chosen.items(), key=lambda pair: pair[1].key)
            chosen.clear()
            chosen.update(kept)

    def _journal(self) -> Iterator[Entry]:
        return (entry(line.path, 0, line.raw) for line in self.snapshot.waiting())

    def _bounds(self) -> list[tuple[float, File]]:
        """Each file with a moment that none of its lines is newer than; the newest first."""
        snapshot = self.snapshot
        found = [(newest_moment(snapshot.data(file)), file) for file in snapshot.files()]
        return sorted(found, reverse=True)

    def _lines_of(self, file: File) -> Iterator[Entry]:
        return entries_of(file.path, self.snapshot.data(file))

    # -- one entry --

    def find(self, text: str) -> tuple[Entry, Page]:
        """The entry that an id, its ending or ``FILE:LINE`` names, and what is known beside it.

        An id of a message names the event that sent it.

        Raises:
            ThrumError: ``not_found``, ``ambiguous_id``, ``usage``, ``repository``.
        """
        place = _PLACE.fullmatch(text)
        with _explained():
            if place:
                return self._at_place(place[1], int(place[2])), Page(purges=self.purges)
            if len(text) < SHORTEST_ENDING:
                raise ThrumError(
                    "usage", f"{text!r} is too short", "at least 4 characters of the id's ending"
                )
            return self._with_ending(text)

    def _at_place(self, path: str, number: int) -> Entry:
        for file in self.snapshot.files():
            if printable(file.path) == path:
                for each in self._lines_of(file):
                    if each.number == number:
                        return each
        raise ThrumError("not_found", f"there is no line {number} in {path} on the branch")

    def _with_ending(self, text: str) -> tuple[Entry, Page]:
        page = Page(purges=self.purges)
        found: dict[str, Entry] = {}
        for each in self._mentioning(text):
            page.learn(each)
            if _is_named(each, text):
                found.setdefault(each.event_id or f"{each.path}:{each.number}", each)
        whole = [e for e in found.values() if text in (e.event_id, e.message_id)]
        matching = whole or list(found.values())
        if not matching:
            raise ThrumError("not_found", f"no event and no message has an id that ends in {text}")
        if len(matching) > 1:
            names = ", ".join(sorted(e.event_id or e.message_id for e in matching)[:5])
            raise ThrumError(
                "ambiguous_id", f"{text} fits more than one: {names}", "use more of it"
            )
        return matching[0], page

    def _mentioning(self, text: str) -> Iterator[Entry]:
        """Entries of all lines that may have to do with an ending, and of those without ids."""
        endings = [f'{one}"'.encode() for one in {text, text.upper()}]
        for file in self.snapshot.files():
            data = self.snapshot.data(file)
            if any(one in data for one in endings) or has_odd_lines(data):
                yield from entries_of(file.path, data, endings)
        yield from self._journal()

    def brought_by(self, each: Entry) -> tuple[Commit, bool]:
        """The commit that brought a line to the branch, and whether history goes on behind it.

        Raises:
            ThrumError: ``repository``.
        """
        with _explained():
            return self.snapshot.descent.brought(each.path, each.raw)

    # -- what comes --

    def follow(self, pause: Callable[[], None], people: dict[str, str]) -> Iterator[Page]:
        """Pages of entries as they become durable: in the journal first, else on the branch.

        Args:
            pause: waits a moment; called between two looks.
            people: who did what, by message and session, as far as it is known; it grows.

        Raises:
            ThrumError: ``repository``.
        """
        shown = dict.fromkeys(each.event_id for each in self._journal())
        now = self
        while True:
            pause()
            with _explained():
                then, now = now, History(now.snapshot.later())
            if now.snapshot.is_as(then.snapshot):
                continue
            page = Page(people=people, purges=self.purges)
            with _explained():
                found = [*now.since(then.tip), *now._journal()]
            for each in sorted(found, key=lambda one: one.key):
                page.learn(each)
                if each.body is None:
                    page.unreadable.append(each)
                elif not each.event_id or each.event_id not in shown:
                    page.entries.append(each)
                    shown[each.event_id] = None
            while len(shown) > _KEPT_IDS:
                del shown[next(iter(shown))]
            yield page

    def since(self, commit: str) -> Iterator[Entry]:
        """What the branch holds and an earlier commit did not."""
        for number, line in self.snapshot.added_since(commit):
            yield entry(line.path, number, line.raw)


def _is_named(each: Entry, text: str) -> bool:
    sends = isinstance(each.body, events.MessageCreate | MessageRow)
    ids = [each.event_id, each.message_id if sends else ""]
    return any(id.endswith((text, text.upper())) for id in ids)

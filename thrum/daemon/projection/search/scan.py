"""Whether a text is what was asked for, found out by reading it: for the few that are in no index.

What the index finds is what this finds, word for word; the tests hold one against the other.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from thrum.daemon.projection.search import expression
from thrum.daemon.projection.search.query import About, Phrase, Query, Term
from thrum.daemon.projection.search.snippet import places
from thrum.daemon.projection.search.words import indexed, words_of


@dataclass(frozen=True)
class Scanned:
    """A text with what else is known of it.

    Attributes:
        text: what it says.
        about: words as `search.about` makes them.
    """

    text: str
    about: Collection[str]

    @cached_property
    def columns(self) -> tuple[Sequence[str], Sequence[str]]:
        """Its words, and the parts of names in code, with what lies between these."""
        return words_of(self.text), indexed(self.text).parts.split(" ")

    @cached_property
    def present(self) -> frozenset[str]:
        """Every word and part once."""
        words, parts = self.columns
        return frozenset((*words, *parts))


@dataclass(frozen=True, slots=True)
class Scan:
    """What was asked for, ready to be held against texts.

    Attributes:
        query: as it was asked.
        meant: the words for each `About` in it.
    """

    query: Query
    meant: Mapping[About, Sequence[str]]

    @classmethod
    def of(cls, db: sqlite3.Connection, query: Query, me: str) -> Scan:
        """What the caller asked for; the database says who has which role."""
        terms = [term.what for clause in query.clauses for term in clause]
        abouts = {each for each in terms if isinstance(each, About)}
        return cls(query, {each: expression.words_for(db, each, me) for each in abouts})

    def fits(self, scanned: Scanned) -> bool:
        """Whether every clause holds."""
        return self._may_fit(scanned.text) and all(
            any(self._holds(term, scanned) for term in clause) for clause in self.query.clauses
        )

    def _may_fit(self, text: str) -> bool:
        """Whether a look at the letters alone leaves it open: words take longer to tell apart."""
        if not text.isascii():
            return True
        small = text.lower()
        return all(any(_may_hold(term, small) for term in clause) for clause in self.query.clauses)

    def _holds(self, term: Term, scanned: Scanned) -> bool:
        if isinstance(term.what, Phrase):
            is_there = _has(scanned, term.what)
        else:
            is_there = any(each in scanned.about for each in self.meant[term.what])
        return is_there is not term.is_kept_out


def _may_hold(term: Term, small: str) -> bool:
    if not isinstance(term.what, Phrase) or term.is_kept_out:
        return True
    return all(word in small for word in term.what.words) or (
        bool(term.what.parts) and all(part in small for part in term.what.parts)
    )


def _has(scanned: Scanned, phrase: Phrase) -> bool:
    words, parts = scanned.columns
    if set(phrase.words[:-1]) <= scanned.present and (
        places(words, phrase.words, is_prefix=phrase.is_prefix)
        or places(parts, phrase.words, is_prefix=phrase.is_prefix)
    ):
        return True
    return bool(phrase.parts) and bool(places(parts, phrase.parts, is_prefix=phrase.is_prefix))

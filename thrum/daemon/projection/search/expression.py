"""What is asked for, in the language of FTS5. No text of anybody's gets into it but as words."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from thrum.daemon.projection.search import about
from thrum.daemon.projection.search.query import About, Phrase, Query, Term

MOST_OF_A_ROLE: Final = 256
"""Agents of a role whose messages are found by it; of more, the first by name."""


def expression(db: sqlite3.Connection, query: Query, me: str) -> str:
    """The expression for the clauses; everything, where there are none.

    Args:
        db: says who has which role.
        me: the caller, who may be named ``me``.
    """
    wanted, kept_out = [], []
    for clause in query.clauses:
        if len(clause) == 1 and clause[0].is_kept_out:
            kept_out.append(_positive(db, clause[0], me))
        else:
            wanted.append(f"({' OR '.join(_term(db, term, me) for term in clause)})")
    found = " AND ".join(wanted) or _word(about.ANY)
    return f"({found}) NOT ({' OR '.join(kept_out)})" if kept_out else found


def _term(db: sqlite3.Connection, term: Term, me: str) -> str:
    found = _positive(db, term, me)
    return f"({_word(about.ANY)} NOT {found})" if term.is_kept_out else found


def _positive(db: sqlite3.Connection, term: Term, me: str) -> str:
    if isinstance(term.what, Phrase):
        return _phrase(term.what)
    words = words_for(db, term.what, me)
    return f"({' OR '.join(_word(each) for each in words)})"


def _phrase(phrase: Phrase) -> str:
    star = " *" if phrase.is_prefix else ""
    found = f"{{words parts}} : {_quoted(phrase.words)}{star}"
    if phrase.parts:
        found = f"{found} OR parts : {_quoted(phrase.parts)}{star}"
    return f"({found})"


def _quoted(words: Sequence[str]) -> str:
    return f'"{" ".join(words)}"'


def _word(word: str) -> str:
    return f'about : "{word}"'


def words_for(db: sqlite3.Connection, what: About, me: str) -> list[str]:
    """The words of the index of which one is enough.

    Args:
        db: says who has which role.
        me: the caller, who may be named ``me``.
    """
    name = me if what.value.casefold() == "me" and me else what.value
    people = [name, f"user:{name}"]
    match what.name:
        case "from":
            return [about.by(each) for each in people]
        case "to":
            return [*(about.to(each) for each in people), about.to_group(name)]
        case "group":
            return [about.to_group(name)]
        case "role":
            return [about.to(name), *(about.by(each) for each in _of_role(db, name))]
    return [about.REPLY if what.value == "reply" else about.STRUCTURED]


def _of_role(db: sqlite3.Connection, role: str) -> list[str]:
    rows = db.execute(
        "SELECT agent_id FROM agents WHERE lower(role) = lower(?) ORDER BY agent_id LIMIT ?",
        (role, MOST_OF_A_ROLE),
    )
    return [agent_id for (agent_id,) in rows]

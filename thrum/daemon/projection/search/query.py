"""What is asked of the index, as people write it.

Words are all looked for; ``OR`` between two makes one of them do, ``-`` before one keeps out what
has it, quotes make a phrase, and a ``*`` at the end stands for any ending. ``name:value`` narrows
by something else than text. Nothing is an error: what has no meaning is looked for as words, and
that is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from thrum.clock import LAST_NS, parse
from thrum.daemon.projection.search.words import HUMP, parts_of, words_of

MOST_TERMS: Final = 64
LONGEST: Final = 16_384
"""Characters that are read of what is asked."""
LONGEST_WORDS: Final = 256
"""Words of one phrase that are looked for."""
SHORTEST_PREFIX: Final = 2

Kind = Literal["message", "context", "snapshot"]
KINDS: Final[tuple[Kind, ...]] = ("message", "context", "snapshot")

_NAMES: Final = ("from", "to", "group", "role")
_PIECE: Final = re.compile(
    r'(?P<sign>-(?=[^\s-]))?(?:(?P<name>[A-Za-z]+):)?(?:"(?P<quoted>[^"]*)"(?P<star>\*)?|(?P<bare>\S+))'
)
_FILTER: Final = re.compile(r"(?P<name>[A-Za-z]+):(?P<value>.*)", re.DOTALL)
_AGO: Final = re.compile(r"(\d{1,5})(m|h|d|w)")
_UNITS_S: Final = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_BRACKET: Final = re.compile(r"(?:^|\s)-?\(")
_NS: Final = 1_000_000_000


class Phrase(NamedTuple):
    """Words that follow each other; of the last one maybe only the beginning.

    Attributes:
        parts: the same as parts of one name in code, if it is one.
    """

    words: tuple[str, ...]
    is_prefix: bool = False
    parts: tuple[str, ...] = ()


class About(NamedTuple):
    """What else a message may be: from, to, group or role with a name; or has with what it has."""

    name: str
    value: str


class Term(NamedTuple):
    """One thing that is asked for, or kept out."""

    what: Phrase | About
    is_kept_out: bool = False


@dataclass(slots=True)
class Query:
    """What is asked for.

    Attributes:
        clauses: all of these hold, of each one of its terms.
        threads: ids of threads, each with whether it is kept out.
        after_ns: made at that moment or later.
        before_ns: made before that moment.
        unread: whether only what the caller has not read, or only the rest.
        kinds: in what is looked.
        notices: what is to be said about how it was understood.
    """

    clauses: list[list[Term]] = field(default_factory=list)
    threads: list[tuple[str, bool]] = field(default_factory=list)
    after_ns: int | None = None
    before_ns: int | None = None
    unread: bool | None = None
    kinds: set[Kind] = field(default_factory=lambda: set(KINDS))
    notices: list[str] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked for."""
        bounds = (self.after_ns, self.before_ns, self.unread)
        is_narrowed = any(each is not None for each in bounds) or len(self.kinds) < len(KINDS)
        return not (self.clauses or self.threads or is_narrowed)

    def is_within(self, when_ns: int) -> bool:
        """Whether that moment is not before and not after what is asked for."""
        if self.after_ns is not None and when_ns < self.after_ns:
            return False
        return self.before_ns is None or when_ns < self.before_ns

    def phrases(self) -> Iterator[Phrase]:
        """What is marked in what is found."""
        for clause in self.clauses:
            for term in clause:
                if isinstance(term.what, Phrase) and not term.is_kept_out:
                    yield term.what


def parse_query(text: str, now_ns: int) -> Query:
    """What the text asks for.

    Args:
        now_ns: the present, from which spans of time are counted.
    """
    return _Reader(text, now_ns).read()


class _Reader:
    """Reads one text."""

    def __init__(self, text: str, now_ns: int) -> None:
        self._query = Query()
        self._now_ns = now_ns
        self._text = text[:LONGEST]
        self._joins = False
        self._left_out = 0
        self._terms = 0
        self._has_or = False
        if len(text) > LONGEST:
            self._say(f"only the first {LONGEST:,} characters are searched")

    def read(self) -> Query:
        if self._text.count('"') % 2:
            head, _, tail = self._text.rpartition('"')
            self._text = f"{head} {tail}"
            self._say('a quote (") is not closed: what follows it is searched as words')
        for piece in _PIECE.finditer(self._text):
            self._take(piece)
        if self._joins:
            self._joins = False
            self._say("OR has nothing after it: it is searched as a word")
            self._phrase("OR", keep_out=False)
        if self._has_or and _BRACKET.search(self._text):
            self._say("brackets group nothing: OR joins the two terms beside it")
        if self._left_out:
            self._say(f"only the first {MOST_TERMS} terms are searched, not {self._left_out} more")
        return self._query

    def _say(self, text: str) -> None:
        if text not in self._query.notices:
            self._query.notices.append(text)

    def _take(self, piece: re.Match[str]) -> None:
        name, quoted, bare = piece["name"], piece["quoted"], piece["bare"]
        if bare is not None and name is None and piece["sign"] is None:
            if bare == "AND":
                return
            if bare == "OR":
                self._or()
                return
            if bare == "NOT":
                self._say("NOT is searched as a word: a minus leaves out what has a word (-draft)")
        if self._terms >= MOST_TERMS:
            self._left_out += 1
            return
        keep_out = piece["sign"] is not None
        value = quoted if bare is None else bare.strip('"')
        if name and self._filtered(name.lower(), value.strip(), keep_out):
            self._terms += 1
            return
        if name and bare is not None:
            value = f"{name}:{value}"
        elif name:
            self._phrase(name, keep_out=keep_out)
        if bare is not None and "*" in bare.rstrip("*"):
            self._say("a * stands for an ending only behind a word: elsewhere it means nothing")
        is_prefix = bool(piece["star"]) or (bare is not None and value.endswith("*"))
        self._phrase(value, keep_out=keep_out, is_prefix=is_prefix)

    def _or(self) -> None:
        if self._terms >= MOST_TERMS:
            return  # what it joins is left out
        if self._query.clauses and not self._joins:
            self._joins = self._has_or = True
            return
        self._say("OR has nothing before it: it is searched as a word")
        self._phrase("OR", keep_out=False)

    def _phrase(self, text: str, *, keep_out: bool, is_prefix: bool = False) -> None:
        words = tuple(words_of(text)[:LONGEST_WORDS])
        if not words:
            return
        if is_prefix and len(words[-1]) < SHORTEST_PREFIX:
            is_prefix = False
            if words[-1].isascii():
                self._say(f"{words[-1]}* is too short for a beginning: it is searched as a word")
        names = text.rstrip("*")
        parts = tuple(parts_of(names)) if names.isalnum() and HUMP.search(names) else ()
        self._add(Term(Phrase(words, is_prefix, parts), keep_out))

    def _add(self, term: Term) -> None:
        self._terms += 1
        if self._joins:
            self._query.clauses[-1].append(term)
        else:
            self._query.clauses.append([term])
        self._joins = False

    def _filtered(self, name: str, value: str, keep_out: bool) -> bool:
        """Takes ``name:value``; False if that means nothing and is to be searched as words."""
        if name in _NAMES:
            bare = value.removeprefix("@")
            if bare:
                self._add(Term(About(name, bare), keep_out))
                return True
        elif name == "has" and value.lower() in ("reply", "structured"):
            self._add(Term(About(name, value.lower()), keep_out))
            return True
        elif name not in ("thread", "before", "after", "has", "in"):
            return False
        elif self._narrowed(name, value, keep_out):
            if self._joins:
                self._joins = False
                self._say(f"{name}: holds for all that is found, also beside OR")
            return True
        self._say(f"{name}:{value[:40]} means nothing: it is searched as words")
        return False

    def _narrowed(self, name: str, value: str, keep_out: bool) -> bool:
        query = self._query
        if name == "thread" and value:
            query.threads.append((value, keep_out))
        elif name == "has" and value.lower() == "unread":
            query.unread = not keep_out
        elif name == "in" and value.lower().removesuffix("s") in KINDS:
            kind = next(each for each in KINDS if each == value.lower().removesuffix("s"))
            if keep_out:
                query.kinds.discard(kind)
            elif len(query.kinds) == len(KINDS):
                query.kinds = {kind}
            else:
                query.kinds.add(kind)
        elif name in ("before", "after"):
            moment = _moment(value, self._now_ns)
            if moment is None:
                return False
            self._bound(moment, is_end=(name == "before") is not keep_out)
        else:
            return False
        return True

    def _bound(self, moment: int, *, is_end: bool) -> None:
        query = self._query
        if is_end:
            query.before_ns = min(moment, LAST_NS if query.before_ns is None else query.before_ns)
        else:
            query.after_ns = max(moment, 0 if query.after_ns is None else query.after_ns)


def _moment(text: str, now_ns: int) -> int | None:
    """A day, a time, or a span before now; None if it is none of these. Days are those of UTC."""
    text = text.lower()
    ago = _AGO.fullmatch(text)
    if ago:
        return max(now_ns - int(ago[1]) * _UNITS_S[ago[2]] * _NS, 0)
    days = {"today": 0, "yesterday": 1}.get(text)
    if days is not None:
        day = 86_400 * _NS
        return now_ns - now_ns % day - days * day
    try:
        return parse(f"{text}T00:00:00Z" if _DAY.fullmatch(text) else text)
    except ValueError:
        return None

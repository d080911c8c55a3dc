"""What may stand next on a line that is not finished.

The line is read by the same declarations that run it: the table of commands, and what their
parameters say of themselves. Whatever it holds, asking changes nothing and refuses nothing: where
nothing is known there are no candidates.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from thrum.cli import arguments, candidates, options, signature, table
from thrum.cli.candidates import Candidate, Known
from thrum.cli.options import Options
from thrum.cli.render.text import cut, one_line
from thrum.cli.takes import ANYTHING, Takes
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from thrum.cli.context import Context
    from thrum.cli.signature import Parameter

MOST: Final = 200
"""Candidates of one line."""

ABOUT: Final = 70
"""Columns of what is said about one."""


class Slot(NamedTuple):
    """A value that the line has room for."""

    takes: Takes
    is_list: bool


class Before(NamedTuple):
    """What the words before the cursor say.

    Attributes:
        value: what the last of them, a flag, waits for.
        place: the positional parameter that comes next.
        is_first: whether no positional stands there yet.
        given: the flags that need not be said again.
        has_ended: whether ``--`` says that no flags follow.
    """

    value: Slot | None
    place: Slot | None
    is_first: bool
    given: frozenset[str]
    has_ended: bool


def complete(words: Sequence[str], context: Context) -> list[Candidate]:
    """What may stand in the place of the last word, of which it is the beginning.

    Args:
        words: those after ``thrum``, the last one as far as it is typed; empty if it is not begun.
        context: the world; nothing in it is changed.

    Returns:
        At most `MOST` candidates, each of which one can see and write on a line.
    """
    *before, typed = words or [""]
    if not typed.isprintable() or any("\0" in each for each in words):
        return []  # Nothing that is offered begins so, and no line holds a zero byte.
    known = Known(context)
    try:
        found = _candidates(known, before, typed)
    except ThrumError:
        return []  # The line so far is none that could be run; that is said when it is.
    finally:
        known.close()
    offered = [each for each in found if each.value.startswith(typed) and each.value.isprintable()]
    return [Candidate(each.value, cut(one_line(each.about), ABOUT)) for each in offered[:MOST]]


def _candidates(known: Known, before: list[str], typed: str) -> list[Candidate]:
    into = Options()
    # Behind a flag at the end nothing stands for its value yet.
    last = before[-1] if before and before[-1] in options.VALUES else ""
    name, rest = arguments.find_command(before[:-1] if last else before, into)
    known.context.options.repo = into.repo
    if name in table.COMMANDS:
        return _of_command(known, name, [*rest, last] if last else rest, typed)
    if last:
        return candidates.values(known, Takes(options.VALUES[last].kinds), typed)
    if rest:
        return []
    if typed.startswith("-"):
        return list(_global_flags(allow_version=not name))
    if name:
        return _subcommands(name)
    return [Candidate(word, summary) for word, summary in table.first_words().items()]


def _subcommands(name: str) -> list[Candidate]:
    return [Candidate(word, entry.summary) for word, entry in table.subcommands(name).items()]


def _global_flags(*, allow_version: bool) -> Iterator[Candidate]:
    known = options.SWITCHES | options.VALUES | (options.VERSION if allow_version else {})
    return (Candidate(flag, about.help) for flag, about in known.items())


def _of_command(known: Known, name: str, rest: list[str], typed: str) -> list[Candidate]:
    parameters = signature.parameters(signature.load(table.COMMANDS[name]))
    into = Options()
    before = read(rest, parameters, into)
    known.context.options.repo = into.repo or known.context.options.repo
    if before.value:
        return _fill(known, before.value, typed)
    if typed.startswith("-") and not before.has_ended:
        flag, equals, value = typed.partition("=")
        return (
            _behind(f"{flag}=", _fill(known, _slot(flag, parameters), value))
            if equals
            else _flags(parameters, before.given)
        )
    found = _subcommands(name) if not rest else []
    found += _fill(known, before.place, typed) if before.place else []
    is_open = not before.place or before.place.takes == ANYTHING
    if is_open and not found and not typed and not before.has_ended:
        return _flags(parameters, before.given)
    return found


def read(words: Iterable[str], parameters: Sequence[Parameter], into: Options) -> Before:
    """Reads the words behind a command as `arguments.bind` does; nothing needs to be complete.

    Raises:
        ThrumError: ``usage``, a flag of every command has a value that cannot be.
    """
    flags = signature.by_flag(parameters)
    rest = arguments.split_shorts(words, flags)
    given: set[str] = set()
    count, has_ended = 0, False
    value: Slot | None = None
    while rest:
        word = rest.pop(0)
        name, equals, _ = word.partition("=")
        if has_ended or not word.startswith("-") or word == "-":
            count += 1
        elif word == "--":
            has_ended = True
        elif parameter := flags.get(name):
            given |= set() if parameter.is_list else set(parameter.flags)
            if not parameter.is_switch and not equals and not rest:
                value = _slot(name, parameters)
            elif not parameter.is_switch and not equals:
                rest.pop(0)
        elif name in options.VALUES and not equals and not rest:
            value = _slot(name, parameters)
        else:
            given.add(name)
            arguments.take_global(word, rest, into)
    places = [each for each in parameters if not each.flags]
    next_place = places[min(count, len(places) - 1)] if places else None
    is_room = next_place and (count < len(places) or next_place.is_list)
    place = Slot(next_place.takes, is_list=False) if next_place and is_room else None
    return Before(value, place, count == 0, frozenset(given), has_ended)


def _slot(flag: str, parameters: Sequence[Parameter]) -> Slot | None:
    """What a flag takes; the command's own comes before the one of every command."""
    for each in parameters:
        if flag in (*each.flags, *each.older):
            return None if each.is_switch else Slot(each.takes, each.is_list)
    if flag in options.VALUES:
        return Slot(Takes(options.VALUES[flag].kinds), is_list=False)
    return None


def _fill(known: Known, slot: Slot | None, typed: str) -> list[Candidate]:
    """Values for it; a list takes several with commas between them."""
    if slot is None:
        return []
    head, comma, tail = typed.rpartition(",") if slot.is_list else ("", "", typed)
    return _behind(head + comma, candidates.values(known, slot.takes, tail))


def _behind(beginning: str, found: Iterable[Candidate]) -> list[Candidate]:
    return [Candidate(beginning + each.value, each.about) for each in found]


def _flags(parameters: Sequence[Parameter], given: frozenset[str]) -> list[Candidate]:
    own = [Candidate(flag, each.help) for each in parameters for flag in each.flags]
    named = {each.value for each in own}
    common = [each for each in _global_flags(allow_version=False) if each.value not in named]
    return [each for each in [*own, *common] if each.value not in given]

"""From the words on the line to a command and its arguments.

Flags may stand anywhere, with ``--flag value`` or ``--flag=value``, and a value may begin with a
dash. What is unknown or too much is refused with what was probably meant. The result is written
for Typer in one plain form: flags with their values first, then ``--`` and the positionals.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from thrum.cli import commands, options, suggest
from thrum.cli.options import Options
from thrum.errors import ThrumError


class Flag(NamedTuple):
    """A flag of one command: its first long name, and how it takes values."""

    name: str
    takes_value: bool
    repeatable: bool


class Shape(NamedTuple):
    """What one command takes: flags by each of their names, and how many positionals."""

    flags: dict[str, Flag]
    fewest: int
    most: int | None
    names: str


def find_command(argv: Sequence[str], into: Options) -> tuple[str, list[str]]:
    """The command (or group, or nothing) that the line names, and the words that are left.

    Flags of every command that stand before its name are taken here; other flags are kept for it.

    Raises:
        ThrumError: ``usage``, there is no such command.
    """
    words = list(argv)
    kept: list[str] = []
    name = ""
    while words:
        word = words[0]
        if word == "--" or (name and name not in commands.GROUPS):
            break
        if word.startswith("-") and len(word) > 1:
            words.pop(0)
            if not _take_global(word, words, into, allow_version=not name):
                kept.append(word)
            continue
        name = _next_name(name, words.pop(0))
    return name, kept + words


def _next_name(name: str, word: str) -> str:
    if not name:
        known = commands.first_words()
        if word in known:
            return word
        raise ThrumError(
            "usage",
            f"there is no command {word!r}",
            suggest.did_you_mean(word, known) or "`thrum --help` lists them",
        )
    if f"{name} {word}" in commands.COMMANDS:
        return f"{name} {word}"
    known = list(commands.subcommands(name))
    raise ThrumError(
        "usage",
        f"`thrum {name}` has no command {word!r}",
        suggest.did_you_mean(word, known) or f"it has: {', '.join(known)}",
    )


def _take_global(word: str, rest: list[str], into: Options, *, allow_version: bool = False) -> bool:
    """Takes a flag of every command off the line; False if it is none."""
    flag, equals, value = word.partition("=")
    switches = options.SWITCHES | (options.VERSION if allow_version else {})
    if flag in switches:
        into.set(switches[flag], options.truth(flag, value) if equals else True)
        return True
    if flag in options.VALUES:
        into.set(options.VALUES[flag], value if equals else _value(flag, rest))
        return True
    return False


def _value(flag: str, rest: list[str]) -> str:
    if not rest:
        raise ThrumError("usage", f"{flag} needs a value")
    return rest.pop(0)


def arrange(words: Iterable[str], shape: Shape, into: Options) -> list[str]:
    """The words of one command in the one form that Typer gets.

    A flag that the command declares itself comes before the flag of every command of that name.

    Raises:
        ThrumError: ``usage``, with what is wrong.
    """
    rest = _split_shorts(words, shape)
    flags: list[str] = []
    positionals: list[str] = []
    while rest:
        word = rest.pop(0)
        if word == "--":
            positionals += rest
            break
        if not word.startswith("-") or word == "-":
            positionals.append(word)
            continue
        name, equals, value = word.partition("=")
        flag = shape.flags.get(name)
        if flag is None:
            if not _take_global(word, rest, into):
                raise _unknown(name, shape)
        elif flag.takes_value:
            text = value if equals else _value(name, rest)
            values = text.split(",") if flag.repeatable else [text]
            flags += [f"{flag.name}={each}" for each in values]
        elif not equals or options.truth(name, value):
            flags.append(flag.name)
    if not into.help:
        _check_count(positionals, shape)
    return [*flags, "--", *positionals]


def _split_shorts(words: Iterable[str], shape: Shape) -> list[str]:
    """``-fn5`` as ``-f -n 5``; everything behind ``--`` as it is."""
    out: list[str] = []
    source = list(words)
    for index, word in enumerate(source):
        if word == "--":
            return out + source[index:]
        short = len(word) > 2 and word[0] == "-" and word[1] != "-" and word[2] != "="
        if not short or word[:2] not in shape.flags:
            out.append(word)
            continue
        tail = word[1:]
        while tail:
            letter, tail = f"-{tail[0]}", tail[1:]
            out.append(letter)
            flag = shape.flags.get(letter)
            if flag is not None and flag.takes_value and tail:
                out.append(tail)
                break
    return out


def _unknown(flag: str, shape: Shape) -> ThrumError:
    known = [*shape.flags, *options.SWITCHES, *options.VALUES]
    return ThrumError(
        "usage", f"there is no flag {flag} here", suggest.did_you_mean(flag, known) or "see --help"
    )


def _check_count(positionals: Sequence[str], shape: Shape) -> None:
    count = len(positionals)
    if count < shape.fewest:
        raise ThrumError("usage", f"missing {shape.names.split()[count]}", "see --help")
    if shape.most is not None and count > shape.most:
        extra = positionals[shape.most]
        hint = "put a text of several words in quotes" if shape.most else "see --help"
        raise ThrumError("usage", f"{extra!r} is one argument too many", hint)

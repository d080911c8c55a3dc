"""From the words on the line to a command and its values.

Flags may stand anywhere, with ``--flag value`` or ``--flag=value``, and a value may begin with a
dash. What is unknown or too much is refused with what was probably meant.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from thrum.cli import options, table
from thrum.cli.options import Options
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from thrum.cli.signature import Parameter


class NoCommand(ThrumError):
    """The refusal of a word that is no command.

    Args:
        name: the group that it stands behind; empty for none.
        word: what is no command there.
        rest: the words behind it.
    """

    def __init__(self, name: str, word: str, rest: Sequence[str]) -> None:
        where, hint = f"`thrum {name}` has", f"it has: {', '.join(table.subcommands(name))}"
        if not name:
            where, hint = "there is", "`thrum --help` lists them"
        super().__init__("usage", f"{where} no command {word!r}", hint)
        self.place = name
        self.word = word
        self.rest = tuple(rest)


def asks_for_json(argv: Sequence[str]) -> bool:
    """Whether a line that may turn out to be unreadable seems to ask for JSON."""
    words = argv[: argv.index("--")] if "--" in argv else argv
    return "--json" in words or "--json=true" in words


def find_command(argv: Sequence[str], into: Options) -> tuple[str, list[str]]:
    """The command (or group, or nothing) that the line names, and the words that are left.

    Flags of every command that stand before its name are taken here; other flags are kept for it.

    Raises:
        NoCommand: there is no such command.
    """
    words = list(argv)
    kept: list[str] = []
    name = ""
    while words:
        word = words[0]
        if f"{name} {word}" in table.COMMANDS and name in table.COMMANDS:
            # A command that has others below it, which are known by the very next word.
            return words.pop(0) and f"{name} {word}", kept + words
        if word == "--" or (name and name not in table.GROUPS):
            break
        if word.startswith("-") and len(word) > 1:
            words.pop(0)
            if not take_global(word, words, into, allow_version=not name):
                kept.append(word)
            continue
        name = _next_name(name, words.pop(0), words)
    return name, kept + words


def _next_name(name: str, word: str, rest: Sequence[str]) -> str:
    joined = f"{name} {word}" if name else word
    if joined in table.COMMANDS or joined in table.GROUPS:
        return joined
    raise NoCommand(name, word, rest)


def _did_you_mean(word: str, known: Iterable[str]) -> str:
    from thrum.suggest import did_you_mean

    return did_you_mean(word, known)


def take_global(word: str, rest: list[str], into: Options, *, allow_version: bool = False) -> bool:
    """Takes a flag of every command off the line; False if it is none.

    Args:
        word: the word, which is off the line already.
        rest: the words behind it, of which its value is taken.
        into: where it is set.
        allow_version: whether the flags that only stand before a command may stand here.

    Raises:
        ThrumError: ``usage``, with what is wrong with its value.
    """
    flag, equals, value = word.partition("=")
    switches = options.SWITCHES | (options.VERSION if allow_version else {})
    if flag in switches:
        into.set(switches[flag].attribute, options.truth(flag, value) if equals else True)
        return True
    if flag in options.VALUES:
        attribute = options.VALUES[flag].attribute
        if getattr(into, attribute):
            raise _twice(flag)
        into.set(attribute, value if equals else _value(flag, rest))
        return True
    return False


def _twice(flag: str) -> ThrumError:
    """Taking the last of them would lose the first one without a word."""
    return ThrumError("usage", f"{flag} is given more than once and takes one value", "keep one")


def _value(flag: str, rest: list[str]) -> str:
    if not rest:
        raise ThrumError("usage", f"{flag} needs a value", "see --help")
    return rest.pop(0)


def bind(words: Iterable[str], parameters: Sequence[Parameter], into: Options) -> dict[str, Any]:
    """The values of a command's parameters.

    A flag that the command declares itself comes before the flag of every command of that name.

    Raises:
        ThrumError: ``usage``, with what is wrong.
    """
    from thrum.cli import signature

    flags = signature.by_flag(parameters)
    values: dict[str, Any] = {parameter.name: parameter.default for parameter in parameters}
    rest = split_shorts(words, flags)
    positionals: list[str] = []
    given: set[str] = set()
    while rest:
        word = rest.pop(0)
        if word == "--":
            positionals += rest
            break
        if not word.startswith("-") or word == "-":
            positionals.append(word)
            continue
        name, equals, text = word.partition("=")
        parameter = flags.get(name)
        if parameter is None:
            if not take_global(word, rest, into):
                raise _unknown(name, flags)
        elif parameter.is_switch:
            values[parameter.name] = options.truth(name, text) if equals else True
        elif parameter.name in given and not parameter.is_list:
            raise _twice(name)
        else:
            given.add(parameter.name)
            _set(values, parameter, text if equals else _value(name, rest))
    if not into.help:
        _place(positionals, [each for each in parameters if not each.flags], values)
    return values


def split_shorts(words: Iterable[str], flags: dict[str, Parameter]) -> list[str]:
    """``-fn5`` as ``-f -n 5``; everything behind ``--`` as it is."""
    out: list[str] = []
    source = list(words)
    for index, word in enumerate(source):
        if word == "--":
            return out + source[index:]
        is_short = len(word) > 2 and word[0] == "-" and word[1] != "-" and word[2] != "="
        if not is_short or word[:2] not in flags:
            out.append(word)
            continue
        tail = word[1:]
        while tail:
            letter, tail = f"-{tail[0]}", tail[1:]
            out.append(letter)
            if letter in flags and not flags[letter].is_switch and tail:
                out.append(tail)
                break
    return out


def _unknown(flag: str, flags: dict[str, Parameter]) -> ThrumError:
    shown = [each for each in flags if each in flags[each].flags]
    known = [*shown, *options.SWITCHES, *options.VALUES]
    hint = _did_you_mean(flag, known) or "see --help"
    return ThrumError("usage", f"there is no flag {flag} here", hint)


def _set(values: dict[str, Any], parameter: Parameter, text: str) -> None:
    """Keeps a flag's value; a list grows, and takes several at once with commas between them."""
    if parameter.is_list:
        values[parameter.name] = [*(values[parameter.name] or ()), *text.split(",")]
    else:
        values[parameter.name] = _converted(parameter, text)


def _converted(parameter: Parameter, text: str) -> str | int:
    if not parameter.is_number:
        return text
    try:
        number = int(text)
    except ValueError:
        hint = "see --help"
        raise ThrumError(
            "usage", f"{parameter.label} takes a whole number, not {text!r}", hint
        ) from None
    if parameter.minimum is not None and number < parameter.minimum:
        raise ThrumError("usage", f"{parameter.label} must be at least {int(parameter.minimum)}")
    return number


def _place(words: list[str], places: Sequence[Parameter], values: dict[str, Any]) -> None:
    """Gives the positional words to the positional parameters."""
    for place in places:
        if place.is_list:
            values[place.name], words = list(words) or place.default, []
        elif words:
            values[place.name] = _converted(place, words.pop(0))
        elif place.required:
            raise ThrumError("usage", f"{place.label} is missing", "see --help")
    if words:
        hint = "put a text of several words in quotes" if places else "see --help"
        raise ThrumError("usage", f"{words[0]!r} is one argument too many", hint)

"""From the words on the line to a command and its values.

Flags may stand anywhere, with ``--flag value`` or ``--flag=value``, and a value may begin with a
dash. What is unknown or too much is refused with what was probably meant.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from thrum.cli import options, table
from thrum.cli.options import Options
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from thrum.cli.signature import Parameter
    from thrum.cli.takes import Syntax, Takes

_REPEATED: Final = 40
"""Characters of a text that a refusal repeats."""


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
        if f"{name} {word}" in table.GROUPS and name in table.COMMANDS:
            name = f"{name} {words.pop(0)}"
            continue
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
        text = value if equals else _value(flag, rest)
        syntax = options.VALUES[flag].syntax
        if syntax:
            _demand_syntax(syntax, text, flag)
        into.set(attribute, text)
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
    places = [each for each in parameters if not each.flags]
    lists = [each for each in places if each.is_list]
    rest = split_shorts(words, flags)
    positionals: list[str] = []
    given: set[str] = set()
    behind: list[str] = []
    while rest:
        word = rest.pop(0)
        if word == "--":
            behind = rest
            break
        if not word.startswith("-") or word == "-":
            positionals.append(word)
            continue
        name, equals, text = word.partition("=")
        parameter = flags.get(name)
        if parameter is None:
            if take_global(word, rest, into):
                continue
            room = next((p for p in [*places[len(positionals) :], *lists]), None)
            if not (room and room.takes.has_minus and _is_text(word, flags)):
                raise _unknown(word, flags, room)
            positionals.append(word)
        elif parameter.is_switch:
            values[parameter.name] = options.truth(name, text) if equals else True
        elif parameter.name in given and not parameter.is_list:
            raise _twice(name)
        else:
            given.add(parameter.name)
            _set(values, parameter, text if equals else _value(name, rest))
    if not into.help:
        _refuse_flags(behind[max(len(places) - len(positionals), 0) :], places, flags)
        _place([*positionals, *behind], places, values)
    return values


def _is_text(word: str, flags: dict[str, Parameter]) -> bool:
    """Whether a word with a minus cannot have been meant as a flag: ``-draft``, not ``-limit``."""
    long = f"-{word.partition('=')[0]}"
    known = long in flags or long in options.SWITCHES or long in options.VALUES
    return not word.startswith("--") and not known


def split_shorts(words: Iterable[str], flags: dict[str, Parameter]) -> list[str]:
    """``-fn5`` as ``-f -n 5``; everything behind ``--`` as it is, and what holds a letter more."""
    out: list[str] = []
    source = list(words)
    for index, word in enumerate(source):
        if word == "--":
            return out + source[index:]
        is_short = len(word) > 2 and word[0] == "-" and word[1] != "-" and word[2] != "="
        out += _letters(word[1:], flags) if is_short else [word]
    return out


def _letters(tail: str, flags: dict[str, Parameter]) -> list[str]:
    """Flags of one letter each, the last with its value; the whole word where one is unknown."""
    out: list[str] = []
    left = tail
    while left:
        letter, left = f"-{left[0]}", left[1:]
        if letter not in flags:
            return [f"-{tail}"]
        out.append(letter)
        if not flags[letter].is_switch and left:
            return [*out, left]
    return out


def _unknown(word: str, flags: dict[str, Parameter], room: Parameter | None) -> ThrumError:
    """The refusal of what is no flag: a slip, or a text that begins with a dash.

    Args:
        word: as it stands on the line.
        flags: those that the command has.
        room: the parameter whose text it may be.
    """
    is_text = any(each.isspace() for each in word)
    flag = word if is_text else word.partition("=")[0]
    shown = [each for each in flags if each in flags[each].flags]
    near = "" if is_text else _did_you_mean(flag, [*shown, *options.SWITCHES, *options.VALUES])
    hint = near or "see --help"
    if room and not near:
        hint = f"if that is the {room.label}, put it last, behind --: … -- {_quoted(word)}"
    return ThrumError("usage", f"there is no flag {flag} here", hint)


def _quoted(word: str) -> str:
    """The word as a shell takes it; only how it begins where it is long."""
    import shlex

    return shlex.quote(word) if len(word) <= _REPEATED else f"'{word[:_REPEATED]}…'"


def _refuse_flags(
    words: Sequence[str], places: Sequence[Parameter], flags: dict[str, Parameter]
) -> None:
    """Refuses flags behind ``--``, where there is no room for anything else."""
    if any(each.is_list for each in places):
        return
    for word in words:
        flag = word.partition("=")[0]
        if flag in flags or flag in options.SWITCHES or flag in options.VALUES:
            raise ThrumError("usage", f"{flag} stands behind --", "flags stand before it")


def _set(values: dict[str, Any], parameter: Parameter, text: str) -> None:
    """Keeps a flag's value; a list grows, and most take several at once with commas between."""
    if parameter.is_list:
        found = [text] if parameter.takes.is_whole else text.split(",")
        for each in found:
            _demand(parameter.takes, each, parameter.label)
        values[parameter.name] = [*(values[parameter.name] or ()), *found]
    else:
        values[parameter.name] = _converted(parameter, text)


def _demand(takes: Takes, text: str, label: str) -> None:
    """Refuses a value that cannot be one.

    Raises:
        ThrumError: ``usage``.
    """
    if takes.is_closed and text not in takes.words:
        from thrum.cli import checking

        raise checking.none_of(takes.words, text, label)
    if takes.syntax:
        _demand_syntax(takes.syntax, text, label)


def _demand_syntax(syntax: Syntax, text: str, label: str) -> None:
    # Whom a message is for stands on nearly every line; that needs nothing more to be loaded.
    if syntax != "somebody" or not text.strip("@ "):
        from thrum.cli import checking

        checking.demand(syntax, text, label)


def _converted(parameter: Parameter, text: str) -> str | int:
    if not parameter.is_number:
        _demand(parameter.takes, text, parameter.label)
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
        if place.is_list and (words or not place.required):
            values[place.name], words = list(words) or place.default, []
        elif words:
            values[place.name] = _converted(place, words.pop(0))
        elif place.required:
            raise ThrumError("usage", f"{place.label} is missing", "see --help")
    if words:
        hint = "put a text of several words in quotes" if places else "see --help"
        raise ThrumError("usage", f"{words[0]!r} is one argument too many", hint)

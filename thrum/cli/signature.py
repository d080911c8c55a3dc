"""What a command takes, read from the Typer declarations in its signature.

The declarations stand in annotations, which are text until somebody evaluates them. Typer
evaluates them to write the help. To read a line they are evaluated here with a small stand-in
instead: importing Typer takes longer than sending a message, and its own parser builds a pydantic
validator for each parameter on top of that.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, NamedTuple, get_args, get_origin, get_type_hints

from thrum.cli.spellings import Older
from thrum.cli.takes import ANYTHING, Takes

if TYPE_CHECKING:
    from thrum.cli.table import Entry

Command = Callable[..., int | None]
"""A function of a `Context` and of what the line says."""


class Parameter(NamedTuple):
    """One parameter of a command.

    Attributes:
        name: as the function calls it.
        label: as messages call it.
        flags: its flags; empty for a positional one.
        older: flags that are read as these, and shown nowhere.
        is_switch: whether it is a flag without a value.
        is_list: whether it may be given many times.
        is_number: whether its value is a whole number.
        minimum: the least value of a number.
        default: its value when the line does not say.
        required: whether the line must say.
        takes: what its value may be.
        help: what the help says of it.
    """

    name: str
    label: str
    flags: tuple[str, ...]
    older: tuple[str, ...]
    is_switch: bool
    is_list: bool
    is_number: bool
    minimum: int | None
    default: Any
    required: bool
    takes: Takes
    help: str

    @property
    def placeholder(self) -> str:
        """What help writes for its value."""
        return "N" if self.is_number else self.takes.called


class Declared(NamedTuple):
    """What a declaration says that matters for reading a line."""

    is_option: bool
    flags: tuple[str, ...]
    minimum: int | None
    metavar: str
    help: str


def _option(*flags: str, min: int | None = None, metavar: str = "", help: str = "") -> Declared:
    return Declared(True, flags, min, metavar, help)


def _argument(*, metavar: str = "", help: str = "") -> Declared:
    return Declared(False, (), None, metavar, help)


_STAND_IN: Final = SimpleNamespace(Option=_option, Argument=_argument)


def hints(function: Command, typer: object) -> dict[str, Any]:
    """The evaluated annotations of a command, with this object in the place of Typer."""
    # The module's own names are there; `typer` is one only for type checkers.
    names = {**getattr(function, "__globals__", {}), "typer": typer}
    return get_type_hints(function, globalns=names, include_extras=True)


def parameters(function: Command) -> list[Parameter]:
    """The parameters of a command in their order, without the context."""
    found = hints(function, _STAND_IN)
    return [
        _parameter(each, found[each.name])
        for each in list(inspect.signature(function).parameters.values())[1:]
    ]


def load(entry: Entry) -> Command:
    """The function of a command; this loads its module."""
    function: Command = getattr(
        importlib.import_module(f"thrum.cli.commands.{entry.module}"), entry.function
    )
    return function


def by_flag(known: Iterable[Parameter]) -> dict[str, Parameter]:
    """Each parameter by every flag that stands for it."""
    return {flag: each for each in known for flag in (*each.flags, *each.older)}


def _parameter(parameter: inspect.Parameter, hint: Any) -> Parameter:
    annotated, declared, *more = get_args(hint)
    kinds = {get_origin(part) or part for part in (annotated, *get_args(annotated))}
    long = f"--{parameter.name.replace('_', '-')}"
    flags = declared.flags or (long,)
    required = parameter.default is inspect.Parameter.empty
    return Parameter(
        name=parameter.name,
        label=flags[0] if declared.is_option else declared.metavar or parameter.name.upper(),
        flags=flags if declared.is_option else (),
        older=next((each.flags for each in more if isinstance(each, Older)), ()),
        is_switch=bool in kinds,
        is_list=list in kinds,
        is_number=int in kinds,
        minimum=declared.minimum,
        default=None if required else parameter.default,
        required=required,
        takes=next((each for each in more if isinstance(each, Takes)), ANYTHING),
        help=declared.help,
    )

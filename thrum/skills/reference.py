"""The reference of commands that goes with the skill: the table of commands, a line each.

It is written into the package beforehand, as the pages of ``docs`` are: making it loads every
command, and setup looks at it each time.
"""

from __future__ import annotations

from collections.abc import Iterator

from thrum.cli import signature, table
from thrum.cli.signature import Parameter
from thrum.cli.table import Entry, Group, Heading


def page() -> str:
    """The reference, from the declarations that lines are read by."""
    parts = [
        "# Commands\n\n"
        "Every command takes `--json`, `--quiet`, `--verbose`, `--repo PATH` and `--help`; "
        "`thrum help COMMAND` has the meaning of each flag, and examples. Exit status: 0 done, "
        "1 failed, 2 not understood.\n"
    ]
    for heading in Heading:
        if heading is not Heading.HIDDEN:
            rows = "".join(_row(entry) for entry in _below(heading))
            parts.append(f"\n## {heading.value}\n\n{rows}")
    return "".join(parts)


def _below(heading: Heading) -> Iterator[Entry]:
    for entry in table.ENTRIES:
        place = entry.place
        if (place.heading if isinstance(place, Group) else place) is heading:
            yield entry


def _row(entry: Entry) -> str:
    parameters = signature.parameters(signature.load(entry))
    usage = " ".join(["thrum", entry.name, *(_usage(each) for each in parameters)])
    return f"- `{usage}`: {entry.summary}\n"


def _usage(parameter: Parameter) -> str:
    """A parameter as usage lines write it."""
    value = parameter.placeholder or parameter.label
    if parameter.flags:
        word = parameter.flags[0] if parameter.is_switch else f"{parameter.flags[0]} {value}"
    else:
        word = parameter.label + "..." * parameter.is_list
    return word if parameter.required else f"[{word}]"

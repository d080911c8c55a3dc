"""Help: of the program, of a group, of a command, of a topic; as text or as one document."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from thrum.cli import table
from thrum.cli.context import Context

if TYPE_CHECKING:
    from pathlib import Path

    from thrum.cli.examples import Example

WIDEST: Final = 100
"""Columns that help takes at most."""

EXITS: Final = "Exit: 0 done, 1 failed, 2 not understood; see thrum help exit-codes."
_SAYS: Final = ("Exit 0", "Exit 1")
_WORDS: Final = re.compile(r"(?:'[^']*'|\"[^\"]*\"|[^\s'\"])+")


def tell(context: Context, name: str) -> None:
    """Prints the help of a command or a group; without a name the program's."""
    if context.options.json:
        context.document(_document(name))
    elif name in table.COMMANDS:
        context.say(command_text(name, context.columns))
    else:
        columns = min(context.columns, WIDEST)
        context.say(table.group_help(name, columns) if name else table.program_help(columns))


def tell_topic(context: Context, name: str) -> None:
    """Prints what there is to know of a topic."""
    from thrum.cli.render.filling import filled
    from thrum.cli.topics import TOPICS

    topic = TOPICS[name]
    context.document({"topic": name, "summary": topic.summary, "text": topic.text})
    columns = min(context.columns, WIDEST)
    context.say(f"{filled(topic.summary, columns)}\n\n{filled(topic.text, columns)}\n")


def tell_page(context: Context, page: Path) -> None:
    """Prints a page of the documentation: on a terminal in columns, elsewhere as it is written."""
    text = page.read_text()
    context.document({"page": page.stem, "text": text})
    if context.is_plain:
        context.say(text)
        return
    from thrum.cli.render.page import laid_out

    context.say(laid_out(text, min(context.columns, WIDEST), context.paint))


def command_text(name: str, columns: int) -> str:
    """The help of a command: what it takes, examples, and what its status says."""
    from thrum.cli import examples, signature, typed
    from thrum.cli.render.filling import filled

    function = signature.load(table.COMMANDS[name])
    columns = min(columns, WIDEST)
    text = typed.help_text(name, function, columns)
    shown = "".join(_example(each, columns) for each in examples.of(name))
    says = (function.__doc__ or "").find
    ends = "" if any(says(word) >= 0 for word in _SAYS) else f"{EXITS}\n"
    tail = filled(f"{ends}{table.GLOBAL_SHORT}", columns)
    return f"{text}\nExamples:\n{shown}\n{tail}\n"


def _example(example: Example, columns: int) -> str:
    """The line as it is typed, on several lines where the terminal is narrow, and what it does."""
    from thrum.cli.render.filling import filled

    lines = [" "]
    for word in _WORDS.findall(f"$ {example.line}"):
        if len(f"{lines[-1]} {word} \\") > columns and lines[-1].strip() not in {"", "$"}:
            lines[-1] += " \\"
            lines.append("   ")
        lines[-1] += f" {word}"
    return "\n".join(lines) + "\n" + filled(f"    # {example.does}", columns) + "\n"


def _document(name: str) -> dict[str, Any]:
    if name in table.COMMANDS:
        return _command_document(name)
    within = table.subcommands(name) if name else table.COMMANDS
    rows = [
        {"name": f"{name} {word}".strip(), "summary": entry.summary}
        for word, entry in within.items()
        if entry.place is not table.HIDDEN or word != "complete"
    ]
    from thrum import __version__
    from thrum.cli.topics import TOPICS

    topics = [{"name": each, "summary": topic.summary} for each, topic in TOPICS.items()]
    more = {} if name else {"topics": topics, "version": __version__}
    return {"commands": rows, **more}


def _command_document(name: str) -> dict[str, Any]:
    from thrum.cli import examples, signature

    function = signature.load(table.COMMANDS[name])
    return {
        "name": name,
        "summary": table.COMMANDS[name].summary,
        "about": " ".join((function.__doc__ or "").split()),
        "parameters": [
            {
                "name": each.flags[0] if each.flags else each.label,
                "flags": list(each.flags),
                "takes": "" if each.is_switch else each.placeholder,
                "repeats": each.is_list,
                "required": each.required,
                "help": each.help,
            }
            for each in signature.parameters(function)
        ],
        "examples": [each._asdict() for each in examples.of(name)],
    }

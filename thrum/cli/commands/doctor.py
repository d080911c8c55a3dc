"""``thrum doctor``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from thrum import doctor as examination
from thrum.cli import takes
from thrum.cli.context import Context
from thrum.cli.render.text import one_line
from thrum.cli.render.times import second
from thrum.doctor import Finding, Level

if TYPE_CHECKING:
    import typer

_MARKS = {Level.OK: "✓", Level.NOTE: "·", Level.ACCEPTED: "·", Level.WRONG: "✗"}


def doctor(
    context: Context,
    fix: Annotated[
        bool, typer.Option("--fix", help="make the repairs that cannot lose anything")
    ] = False,
    accept: Annotated[
        list[str] | None,
        typer.Option(help="live with the bad line of this id; repeatable"),
        takes.ANYTHING,
    ] = None,
    unaccept: Annotated[
        list[str] | None, typer.Option(help="live with it no more; repeatable"), takes.ANYTHING
    ] = None,
) -> int:
    """Check every file, the branch and the database, and say what to do.

    Exit 0 when nothing is wrong, 1 when something is. A bad line of the log stands for ever; one
    that is accepted here is shown and counts for nothing.
    """
    patient = examination.Patient(context.place, context.env, context.now_ns)
    if unaccept:
        examination.take_back(patient, unaccept)
    if accept:
        examination.accept(patient, examination.examine(patient), accept)
    repairs = list(examination.fix(patient)) if fix else []
    report = examination.examine(patient)
    document = examination.as_json(report)
    if fix:
        document["repairs"] = examination.as_json(repairs)["findings"]
    context.document(document)
    for finding in repairs:
        word = "fixed" if finding.level is Level.OK else "not fixed"
        context.say(f"{word} {_line(context, finding)}")
    for finding in report:
        context.say(_line(context, finding))
    return 0 if examination.is_clean(report) else 1


def _line(context: Context, finding: Finding) -> str:
    paint = context.paint
    colour = {
        Level.OK: paint.good,
        Level.NOTE: paint.doubtful,
        Level.ACCEPTED: paint.doubtful,
        Level.WRONG: paint.bad,
    }
    mark = colour[finding.level](_MARKS[finding.level])
    todo = f"; {one_line(finding.todo)}" if finding.todo else ""
    if finding.accepted_at:
        todo = f"; accepted {second(finding.accepted_at)} ({finding.id[:8]})"
    return f"{mark} {finding.check}: {one_line(finding.text)}{todo}"

"""``thrum migrate``: coming over from an older program, in place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from thrum.cli.context import Context
from thrum.cli.render.text import one_line
from thrum.cli.steps.confirming import confirmed
from thrum.errors import ThrumError
from thrum.plurals import counted

if TYPE_CHECKING:
    import typer

    from thrum.migration.migration import Migration, Plan


def migrate(
    context: Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what it would do")] = False,
    back: Annotated[bool, typer.Option("--back", help="put everything back as it was")] = False,
    stop: Annotated[
        bool, typer.Option("--stop", help="end the daemon of an older program that is at work")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
) -> int:
    """Bring over what an older program has here and the branch lacks; its files are kept beside.

    Its database is read and never written: messages, read marks, groups, agents, monitors. Data of
    the oldest layouts go from the main branch to a-sync. Run again, it does nothing.

    docs/coming-over.md says what comes along, and what does not.
    """
    from thrum.migration.migration import Migration

    job = Migration(context.place, context.env, context.now_ns)
    if back:
        if dry_run or stop:
            raise ThrumError("usage", "--back goes with no other option but --yes", "leave it out")
        return _put_back(context, job, yes=yes)
    plan = job.plan() if dry_run else job.run(stops=stop)
    context.document(_document(plan, dry_run=dry_run))
    if not plan.is_needed:
        context.done("No migration needed.")
        return 0
    _say(context, plan, dry_run=dry_run)
    return 0


def _put_back(context: Context, job: Migration, *, yes: bool) -> int:
    question = "Put the older program's files back, and stop this one?"
    if job.aside.record is not None and not confirmed(
        context, question, yes=yes, otherwise="going back wants a yes"
    ):
        context.done("Nothing was changed.")
        return 1
    lost = job.back()
    context.document({"back": True, "lost": [str(path) for path in lost]})
    context.done("✓ The older program's files are back; no daemon runs here")
    for path in lost:
        context.note(f"its folder is gone: {one_line(str(path))}")
    return 0


def _say(context: Context, plan: Plan, *, dry_run: bool) -> None:
    word = "Would bring over" if dry_run else "✓ Brought over"
    context.done(f"{word} {counted(plan.events, 'event')}")
    for kind, count in plan.counts.items():
        context.done(f"  {kind}: {count:,}")
    if plan.monitors:
        context.done(f"  monitors: {plan.monitors:,}")
    if plan.phone:
        context.done(f"  messages on a phone: {plan.phone:,}")
    for name in plan.layout.tracked:
        context.done(f"  git tracks no more: {one_line(name)}")
    for path in plan.layout.rewritten:
        context.done(f"  changed: {one_line(path.name)}")
    for each in plan.refused:
        context.note(f"stays behind: {one_line(each)}")
    if plan.left > len(plan.refused):
        context.note(f"{plan.left - len(plan.refused):,} more stay behind")
    if plan.at_work:
        context.note(f"an older program's daemon is at work (PID {plan.at_work}); --stop ends it")
    if not dry_run and (plan.layout.tracked or plan.layout.rewritten):
        context.hint("what changed for git is yours to commit")
    if not dry_run:
        context.hint("`thrum migrate --back` puts everything back")


def _document(plan: Plan, *, dry_run: bool) -> dict[str, Any]:
    return {
        "needed": plan.is_needed,
        "dry_run": dry_run,
        "database": str(plan.database or ""),
        "schema": plan.version,
        "events": dict(plan.counts),
        "monitors": plan.monitors,
        "telegram": plan.phone,
        "untracked": plan.layout.tracked,
        "changed": [path.name for path in plan.layout.rewritten],
        "left_behind": plan.left,
        "reasons": plan.refused,
        "daemon_at_work": plan.at_work,
    }

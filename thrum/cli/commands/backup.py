"""``thrum backup``: everything that this repository's Thrum knows, put aside and looked through."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from thrum import config
from thrum.cli import takes
from thrum.cli.context import Context
from thrum.cli.render.text import one_line
from thrum.cli.render.times import ago_words, second
from thrum.cli.steps.confirming import confirmed
from thrum.errors import ThrumError
from thrum.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    import typer

    from thrum.backup.manifest import Manifest
    from thrum.backup.restoring import Plan
    from thrum.backup.rules import Plugin, Retention, Rules
    from thrum.backup.vault import Vault

_MEGABYTE: Final = 1_000_000


def backup(
    context: Context,
    directory: Annotated[
        str | None, typer.Option("--dir", help="where backups are"), takes.DIRECTORY
    ] = None,
) -> int:
    """Take a backup of everything now: the log, databases, identities, contexts, configuration.

    The one before goes to the archives. A daemon may run meanwhile. Exit 1 also where a plugin or
    what is to run afterwards failed; the backup stands then, without that.
    """
    from thrum.backup import taking

    taken = taking.take(context.place, _rules(context, directory), context.env, context.now_ns)
    about = taken.manifest
    context.document(_document(about))
    counts = about.counts
    context.done(f"✓ Backup complete: {one_line(str(taken.folder))}")
    context.done(f"  Events:        {counts.events:,}")
    context.done(f"  Message files: {counts.message_files:,}")
    context.done(f"  Local tables:  {counts.local_tables:,}")
    context.done(f"  Config files:  {counts.config_files:,}")
    if counts.plugins:
        context.done(f"  Plugins:       {one_line(', '.join(counts.plugins))}")
    for each in about.failed:
        context.note(f"left out: {one_line(each)}")
    return 1 if about.failed else 0


def status(
    context: Context,
    directory: Annotated[
        str | None, typer.Option("--dir", help="where backups are"), takes.DIRECTORY
    ] = None,
) -> None:
    """The last backup, and how many there are."""
    from thrum.backup import manifest

    vault = _vault(context, _rules(context, directory))
    about = manifest.read(vault.current)
    archives = vault.listed()
    size = vault.archives_size()
    document = _document(about) | {
        "directory": str(vault.folder),
        "archives": len(archives),
        "archives_bytes": size,
    }
    dated = vault.dated()
    if dated:
        document |= {"oldest": dated[0].name, "newest": dated[-1].name}
    context.document(document)
    when = ago_words(about.timestamp, context.now_ns())
    context.say(f"Last backup: {when} ({one_line(second(about.timestamp))})")
    context.say(f"  Directory: {one_line(str(vault.folder))}")
    counts = about.counts
    held = [
        counted(counts.events, "event"),
        counted(counts.messages, "message"),
        counted(counts.config_files, "file"),
    ]
    context.say(f"  Holds:     {', '.join(held)}")
    context.say(f"  Archives:  {len(archives)} ({size / _MEGABYTE:.1f} MB)")
    if dated:
        context.say(f"  Oldest:    {dated[0].name}")
        context.say(f"  Newest:    {dated[-1].name}")


def show_config(
    context: Context,
    directory: Annotated[
        str | None, typer.Option("--dir", help="where backups are"), takes.DIRECTORY
    ] = None,
) -> None:
    """Where backups go, how long they stay, what goes along, and when they are taken."""
    rules = _rules(context, directory)
    kept = rules.retention
    context.document(
        {
            "dir": str(rules.directory),
            "schedule": rules.schedule,
            "retention": {"daily": kept.daily, "weekly": kept.weekly, "monthly": kept.monthly},
            "plugins": [_plugin_row(each) for each in rules.plugins],
            "post_backup": rules.post_backup,
        }
    )
    mark = " (default)" if rules.is_default else ""
    context.say(f"Directory: {one_line(str(_vault(context, rules).folder))}{mark}")
    context.say(f"Retention: {_kept(kept)}")
    context.say(f"Schedule:  {one_line(rules.schedule) or 'none'}")
    context.say(f"Plugins:   {', '.join(each.name for each in rules.plugins) or 'none'}")
    context.say(f"Afterwards: {one_line(rules.post_backup) or 'nothing'}")


def _kept(retention: Retention) -> str:
    """How long archives stay, in words; a number below zero is all of them."""
    limits = (
        (retention.daily, "newest"),
        (retention.weekly, "week"),
        (retention.monthly, "month"),
    )
    return ", ".join(_limit(number, what) for number, what in limits)


def _limit(number: int, what: str) -> str:
    if number < 0:
        return "all of them" if what == "newest" else f"every {what}"
    return f"{number} newest" if what == "newest" else counted(number, what)


def verify(
    context: Context,
    archive: Annotated[
        str | None,
        typer.Argument(help="a zip file or folder; the last backup if none is named"),
        takes.FILE,
    ] = None,
    directory: Annotated[
        str | None, typer.Option("--dir", help="where backups are"), takes.DIRECTORY
    ] = None,
) -> int:
    """Read a backup back: every checksum, the branch, and a database made of its log.

    Exit 1 if anything is not as it was written.
    """
    from thrum.backup import verifying

    with _opened(context, archive, directory) as folder:
        verdict = verifying.verify(folder, context.env, context.now_ns())
    context.document(
        {
            "ok": not verdict.said,
            "faults": verdict.said,
            "more": verdict.more,
            "events": verdict.events,
            "messages": verdict.messages,
            "timestamp": verdict.manifest.timestamp,
        }
    )
    for each in verdict.said:
        context.say(f"✗ {one_line(each)}")
    if verdict.more:
        context.say(f"✗ and {verdict.more:,} more")
    if verdict.said:
        return 1
    files = counted(len(verdict.manifest.files), "file")
    what = f"{counted(verdict.events, 'event')}, {counted(verdict.messages, 'message')}"
    context.say(f"✓ {files} as written; its log makes a database of {what}")
    return 0


def restore(
    context: Context,
    archive: Annotated[
        str | None,
        typer.Argument(help="a zip file or folder; the last backup if none is named"),
        takes.FILE,
    ] = None,
    only: Annotated[
        str,
        typer.Option(help="what comes back"),
        takes.words("messages", "identities", "contexts", "config", "plugins"),
    ] = "",
    replace: Annotated[
        bool, typer.Option("--replace", help="files that are here become those of the backup")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what it would do")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
    directory: Annotated[
        str | None, typer.Option("--dir", help="where backups are"), takes.DIRECTORY
    ] = None,
) -> int:
    """Bring back what a backup has and this repository lacks. Nothing is taken out.

    What is here goes to an archive of its own before. Messages are united, so what is here, at the
    remote, or was purged and deleted since stays as it is. In a new clone run `thrum init` first.
    Exit 1 also where what a plugin runs afterwards failed; the rest is back then.
    """
    from thrum.backup import verifying
    from thrum.backup.restoring import Part, Restore

    parts = frozenset({Part(only)} if only else Part)
    rules = _rules(context, directory)
    with _opened(context, archive, directory) as folder:
        verdict = verifying.verify(folder, context.env, context.now_ns())
        if verdict.faults:
            text = f"the backup is damaged: {verdict.faults[0]}"
            raise ThrumError("storage", text, "`thrum backup verify` names everything")
        for each in verdict.said:
            context.note(f"{each}; what the log has comes back")
        job = Restore(context.place, folder, context.env, parts, replace, context.now_ns)
        plan = job.plan()
        if not dry_run:
            question = f"Restore {_of(plan)}?"
            if not confirmed(context, question, yes=yes, otherwise="a restore wants a yes"):
                context.done("Restore canceled.")
                return 1
            plan = job.run(rules)
    _say_restored(context, plan, dry_run=dry_run)
    return 1 if plan.failed else 0


def _what(plan: Plan) -> str:
    events = (
        "what cannot be read of the branch" if plan.is_broken else counted(plan.events, "event")
    )
    said = [events, f"{counted(len(plan.added), 'file')} added"]
    if plan.replaced:
        said.append(f"{counted(len(plan.replaced), 'file')} replaced")
    return ", ".join(said)


def _of(plan: Plan) -> str:
    """Which backup it is, and what of it comes back."""
    return f"the backup of {one_line(second(plan.source.timestamp))}: {_what(plan)}"


def _say_restored(context: Context, plan: Plan, *, dry_run: bool) -> None:
    context.document(
        {
            "Source": plan.source.timestamp,
            "SafetyBackup": str(plan.safety or ""),
            "events": plan.events,
            "added": plan.added,
            "replaced": plan.replaced,
            "kept": plan.kept,
            "homeless": plan.homeless,
            "failed": plan.failed,
            "unkept": plan.unkept,
            "mended": plan.mended,
            "dry_run": dry_run,
        }
    )
    word = "Would restore" if dry_run else "✓ Restored"
    context.done(f"{word} {_of(plan)}")
    if plan.mended:
        objects = counted(plan.mended, "object")
        context.done(f"  put back: {objects} of the branch, lost or damaged here")
    for name in plan.replaced:
        context.done(f"  replaced: {one_line(name)}")
    for name in plan.kept:
        context.done(f"  stays as it is here: {one_line(name)}")
    if plan.kept:
        context.hint("--replace takes those of the backup")
    for root in plan.homeless:
        context.done(f"  stays in the backup: what belongs to the worktree {one_line(root)}")
    if plan.homeless:
        context.hint(
            "where `thrum worktree create NAME` makes it in the same place again, restore once"
            " more; elsewhere `thrum quickstart NAME` goes on under the name of its agent"
        )
    for each in plan.failed:
        context.note(one_line(each))
    if plan.is_again:
        context.hint(
            "this clone has its old id and signs with a new key. Once it has sent something"
            " `thrum keys list` names both: `thrum keys accept` both here, the new one elsewhere"
        )
    if plan.safety:
        context.done(f"  What was here before: {one_line(str(plan.safety))}")
    for each in plan.unkept:
        context.note(f"not in it: {one_line(each)}")


@contextmanager
def _opened(context: Context, archive: str | None, directory: str | None) -> Iterator[Path]:
    """The folder of a backup, for the length of the context; an archive is unpacked."""
    from thrum.backup import unpacking
    from thrum.scratch import check_room, scratch

    if archive is None:
        yield _vault(context, _rules(context, directory)).current
        return
    path = _archive(context, archive, directory)
    if path.is_dir():
        yield _last_in(path)
        return
    with scratch() as beside:
        unpacked = beside / "backup"
        unpacked.mkdir()
        try:
            unpacking.unpack(path, unpacked)
        except ThrumError as error:
            check_room(beside, error)
            raise
        yield unpacked


def _last_in(folder: Path) -> Path:
    """The folder, or the last backup in it: `status` tells the folder that backups are in."""
    from thrum.backup import manifest
    from thrum.backup.vault import CURRENT

    last = folder / CURRENT
    is_around = (last / manifest.FILE).exists() and not (folder / manifest.FILE).exists()
    return last if is_around else folder


def _archive(context: Context, named: str, directory: str | None) -> Path:
    """The archive of that path, or of that name among the archives."""
    path = context.path(named)
    if path.exists() or "/" in named:
        return path
    among = _vault(context, _rules(context, directory)).archives
    return next((each for each in (among / named, among / f"{named}.zip") if each.exists()), path)


def schedule(
    context: Context,
    interval: Annotated[
        str | None, typer.Argument(help="as 24h or 6h30m, or off"), takes.ANYTHING
    ] = None,
    directory: Annotated[
        str | None, typer.Option("--dir", help="where backups are"), takes.DIRECTORY
    ] = None,
) -> None:
    """When the daemon takes backups by itself; without an interval, what holds."""
    if interval is None:
        said = _rules(context, directory).schedule
        context.document({"schedule": said})
        every = one_line(said)
        context.say(f"Backups are taken every {every}" if every else "No schedule is set")
        return
    from thrum.backup import rules

    try:
        if not interval.strip():
            raise ThrumError("config", "no interval is named", "write it as 24h, or off")
        wanted = interval if rules.interval(interval) else ""
    except ThrumError as error:
        raise ThrumError("usage", error.message, error.hint) from None
    found = _config(context)
    found.set("backup.schedule", wanted)
    if directory is not None:
        found.set("backup.dir", str(context.path(directory)))
    found.save()
    context.document({"schedule": wanted})
    context.done(f"✓ Backups are taken every {wanted}" if wanted else "✓ No backups by schedule")


def plugin_add(
    context: Context,
    plugin: Annotated[str | None, typer.Argument(help="what it is called"), takes.ANYTHING] = None,
    name: Annotated[str, typer.Option(help="the same"), takes.ANYTHING] = "",
    command: Annotated[
        str, typer.Option(help="what is run before its files are copied"), takes.ANYTHING
    ] = "",
    include: Annotated[
        list[str] | None,
        typer.Option(help="a pattern of files in the repository; repeatable"),
        takes.ANYTHING,
    ] = None,
    preset: Annotated[
        str, typer.Option(help="one that is known"), takes.words("beads", "beads-rust")
    ] = "",
    shell: Annotated[bool, typer.Option("--shell", help="the commands are for a shell")] = False,
    after: Annotated[
        str,
        typer.Option("--restore", help="what is run when its files came back"),
        takes.ANYTHING,
    ] = "",
) -> None:
    """Have files of another program go along, or replace how that is done."""
    from thrum.backup import plugins, rules
    from thrum.backup.rules import PRESETS, Plugin

    name = _named(plugin, name)
    if not (name or preset):
        raise ThrumError("usage", "a name or --preset is required", "such as --preset beads")
    if preset and preset not in PRESETS:
        known = ", ".join(PRESETS)
        raise ThrumError("usage", f"unknown preset {preset[:80]!r}", f"there are {known}")
    ready, patterns = PRESETS.get(preset, ("", ()))
    made = Plugin(name or preset, command or ready, list(include or patterns), shell, after)
    rules.check_name(made.name)
    if not made.include:
        raise ThrumError("usage", "nothing is to go along", "name files with --include PATTERN")
    try:
        plugins.check(made)
    except ThrumError as error:
        raise ThrumError("usage", error.message, error.hint) from None
    others = [each for each in _rules(context, None).plugins if each.name != made.name]
    _save_plugins(context, [*others, made])
    context.document(_plugin_row(made))
    context.done(f"✓ Plugin {made.name} goes along")


def plugin_list(context: Context) -> None:
    """The programs whose files go along."""
    found = _rules(context, None).plugins
    context.document([_plugin_row(each) for each in found])
    if not found:
        context.done("No plugins.")
    for each in found:
        said = one_line(each.command) or "nothing is run"
        context.say(f"{each.name}: {said}; {one_line(', '.join(each.include))}")


def plugin_remove(
    context: Context,
    plugin: Annotated[str | None, typer.Argument(help="which one"), takes.ANYTHING] = None,
    name: Annotated[str, typer.Option(help="the same"), takes.ANYTHING] = "",
) -> None:
    """Have files of a program go along no more."""
    name = _named(plugin, name)
    found = _rules(context, None).plugins
    others = [each for each in found if each.name != name]
    known = ", ".join(each.name for each in found) or "none"
    if not name:
        raise ThrumError("usage", "no plugin is named", f"there are: {known}")
    if len(others) == len(found):
        raise ThrumError("not_found", f'plugin "{name[:80]}" not found', f"there are: {known}")
    _save_plugins(context, others)
    context.document({"removed": name})
    context.done(f"✓ Plugin {one_line(name)} goes along no more")


def _named(plugin: str | None, name: str) -> str:
    """The plugin that a line names, behind the command or by the flag.

    Raises:
        ThrumError: ``usage``, two of them.
    """
    if plugin and name and plugin != name:
        raise ThrumError("usage", f"{plugin[:80]!r} and {name[:80]!r} are two", "name one")
    return plugin or name


def _save_plugins(context: Context, plugins: list[Plugin]) -> None:
    found = _config(context)
    found.set("backup.plugins", [_plugin_row(each) for each in plugins])
    found.save()


def _plugin_row(plugin: Plugin) -> dict[str, Any]:
    row = {"name": plugin.name, "command": plugin.command, "include": plugin.include}
    shell = {"shell": True} if plugin.shell else {}
    return row | shell | ({"restore": plugin.restore} if plugin.restore else {})


def _config(context: Context) -> config.Config:
    return config.load(context.place.config, context.env)


def _rules(context: Context, directory: str | None) -> Rules:
    from thrum.backup import rules

    if directory == "":
        raise ThrumError("usage", "--dir is empty", "name a folder, or leave it out")
    wanted = context.path(directory) if directory else None
    return rules.read(_config(context), context.env, wanted)


def _vault(context: Context, rules: Rules) -> Vault:
    from thrum.backup import taking

    return taking.vault_of(context.place, rules)


def _document(about: Manifest) -> dict[str, Any]:
    """The manifest without its list of files, which is for programs that read the file."""
    import msgspec

    document: dict[str, Any] = msgspec.to_builtins(about)
    document["files"] = len(about.files)
    return document

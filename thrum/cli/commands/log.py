"""``thrum log``: the log itself, read without the daemon and without the database."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from thrum.cli import takes
from thrum.cli.context import Context, takes_all
from thrum.cli.render import events
from thrum.cli.render.document import document_text
from thrum.cli.render.log_table import LogTable
from thrum.cli.render.text import one_line
from thrum.cli.render.times import cutoff
from thrum.cli.steps import naming, verifying
from thrum.errors import ThrumError

if TYPE_CHECKING:
    import typer

    from thrum.history import Entry, Filter, History, Page

PAUSE_S: Final = 0.3
"""Seconds between two looks with ``--follow``."""


def log(
    context: Context,
    at: Annotated[
        str | None,
        typer.Option(help="the log as it was: a commit, 2d, 3h, 2026-05-01 or a time"),
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="go on as more is written, until Ctrl-C")
    ] = False,
    limit: Annotated[
        int,
        typer.Option("--lines", "--limit", "-n", min=0, help="how many at the end; 0 is all"),
    ] = 20,
    agent: Annotated[str | None, typer.Option(help="only what this agent did"), takes.AGENT] = None,
    type: Annotated[
        list[str] | None,
        typer.Option("--type", help="only these types; message means all of message.*"),
        takes.EVENT_TYPE,
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(help="only since then: 2h, 3d, 2026-05-01 or a time"),
        takes.MOMENT,
    ] = None,
    before: Annotated[
        str | None,
        typer.Option(help="only what is older than an event, named as for `thrum log show`"),
        takes.MESSAGE,
    ] = None,
) -> None:
    """Who sent what when, straight from the branch, oldest first.

    Works without the daemon and without the database. What is acknowledged and not committed yet
    is shown too, marked (journal); with --at only what the branch held then. With --json each event
    is one line. On a terminal ids are shortened and what is too long is cut; --verbose cuts
    nothing. `thrum log show ID` tells all of one event.
    """
    named = {"--at": at, "--agent": agent, "--since": since, "--before": before}
    for flag, value in named.items():
        if value is not None and not value.strip("@ "):
            raise ThrumError("usage", f"{flag} needs a value")
    for flag in ("--at", "--before"):
        if named[flag] and follow:
            raise ThrumError("usage", f"{flag} is about the past, --follow about what comes")
    from thrum.history import Filter

    history, until = _moment(context, _open(context), at)
    wanted = Filter(
        agent.removeprefix("@") if agent else "",
        tuple(type or ()),
        cutoff(since, "--since", context.now_ns()) if since else None,
        until,
        history.find(before)[0].key if before else None,
    )
    page = history.newest(wanted, limit)
    if not page.entries and not follow:
        _check_names(history, wanted)
    shown = LogTable(context.columns)
    _print(context, page, page.entries, shown)
    _report(context, page)
    if not page.entries and not follow:
        context.done("No events.")
    if follow:
        _follow(context, history, page, wanted, shown)


def show(
    context: Context,
    event: Annotated[
        str,
        typer.Argument(help="the id of an event or a message, its ending, or FILE:LINE"),
        takes.MESSAGE,
    ],
) -> None:
    """One event: the whole line, where it stands, and which commit brought it."""
    from thrum.history import as_document

    history = _open(context)
    entry, page = history.find(event)
    document = as_document(page, entry)
    verifying.add(context, [document])
    if entry.number:
        commit, whole = history.brought_by(entry)
        document["commit"] = {
            "id": commit.id,
            "author": commit.author[0],
            "email": commit.author[1],
            "timestamp": events.moment(commit.seconds * 10**9),
            # Where history is cut off, the line may have come with an earlier commit.
            "history_is_whole": whole,
        }
    context.document(document)
    context.say(events.in_full(document))


def _check_names(history: History, wanted: Filter) -> None:
    """Refuses an agent or a type that the log knows nothing of: that is why nothing was found.

    Raises:
        ThrumError: ``not_found``, ``usage``.
    """
    from thrum.history import Filter, known_types
    from thrum.suggest import did_you_mean

    for each in wanted.types:
        if not any(one == each or one.startswith(f"{each}.") for one in known_types()):
            words = {*known_types(), *(one.partition(".")[0] for one in known_types())}
            near = did_you_mean(each, sorted(words))
            raise ThrumError(
                "usage", f"no event is of the type {each!r}", near or "see docs/events.md"
            )
    if not wanted.agent or history.newest(Filter(wanted.agent), 1).entries:
        return
    register = history.newest(Filter(types=("agent.register",)), 0)
    known = {str(getattr(each.body, "agent_id", "")) for each in register.entries}
    if wanted.agent not in known:
        raise naming.unknown(wanted.agent, sorted(known), "`thrum log` shows who did something")


def _open(context: Context) -> History:
    """The log of the place; where there is no Thrum, of any repository that has the branch."""
    from thrum.history import History

    try:
        return History.open(context.place.repository, context.place.journal)
    except ThrumError as error:
        if error.kind != "not_initialized":
            raise
        uninitialized = error
    try:
        return History.open(context.toplevel or context.start, Path("/nonexistent"))
    except ThrumError:
        raise uninitialized from None


def _moment(context: Context, history: History, at: str | None) -> tuple[History, int | None]:
    """The log at a commit or a time, and the time that no event may be later than.

    Raises:
        ThrumError: ``usage``, ``not_found``.
    """
    if not at:
        return history, None
    commit = history.commit_named(at)
    if commit:
        return history.at_commit(commit), None
    try:
        until = cutoff(at, "--at", context.now_ns())
    except ThrumError as error:
        raise ThrumError(
            "usage",
            f"--at takes a commit of the branch or a time, not {at!r}",
            "write it as 1a2b3c4, 2d, 3h, 2026-05-01 or 2026-05-01T12:00:00Z",
        ) from error
    return history.at_commit(history.commit_before(until)), until


def _print(context: Context, page: Page, entries: Iterable[Entry], shown: LogTable) -> None:
    from thrum.history import as_document

    found = [as_document(page, each) for each in entries]
    verifying.add(context, found)
    if context.options.json:
        _print_json(context, found)
        return
    if context.options.verbose:
        context.say(events.lines(found, 0, is_plain=context.is_plain))
    elif context.is_plain:
        context.say(events.lines(found, events.WIDEST))
    else:
        context.say(shown.page(found))


def _print_json(context: Context, documents: Iterable[dict[str, Any]]) -> None:
    for document in documents:
        is_ascii = not takes_all(context.stdout)
        context.stdout.write(document_text(document, indent=False, is_ascii=is_ascii))


def _report(context: Context, page: Page) -> None:
    """Says of each line that nobody can read where it is."""
    from thrum.history import as_document

    if context.options.json:
        _print_json(context, (as_document(page, each) for each in page.unreadable))
        return
    for each in page.unreadable:
        document = as_document(page, each)
        place = f"{document['file']}:{document.get('line', 'journal')}"
        context.say(f"? {one_line(place)} cannot be read: {one_line(each.problem)}")


def _follow(
    context: Context, history: History, before: Page, wanted: Filter, shown: LogTable
) -> None:
    from thrum.history import is_wanted

    def pause() -> None:
        context.stdout.flush()
        if _reader_left(context):
            raise BrokenPipeError
        context.sleep(PAUSE_S)

    for page in history.follow(pause, before.people):
        found = [each for each in page.entries if is_wanted(page, each, wanted)]
        _print(context, page, found, shown)
        _report(context, page)


def _reader_left(context: Context) -> bool:
    """Whether stdout is a pipe that nobody reads any more; a write would be the first to notice."""
    import io
    import select

    try:
        number = context.stdout.fileno()
    except (io.UnsupportedOperation, ValueError):
        return False
    poll: Callable[[], select.poll] | None = getattr(select, "poll", None)
    if poll is None:
        return False
    watcher = poll()
    watcher.register(number, 0)
    return any(event & (select.POLLERR | select.POLLNVAL) for _, event in watcher.poll(0))

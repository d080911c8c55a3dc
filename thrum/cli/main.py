"""The ``thrum`` program: the one place that takes the real world into a `Context`."""

from __future__ import annotations

import io
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from thrum.cli import awaited, guarded, hooked
    from thrum.cli.context import Context
    from thrum.cli.outside import Outside
    from thrum.client import Client, Dial


def run(outside: Outside | None = None) -> NoReturn:
    """Runs the command line of this process and ends the process.

    Args:
        outside: what it has of the process in whose name it runs, if that is another one.
    """
    leave = outside.leave if outside else os._exit
    if _is_hook(sys.argv[1:]):
        _fill_standard_streams()
        if "--wake" in sys.argv:
            from thrum.cli import awaited

            awaited.run(_wait_to_wake)
        from thrum.cli import hooked

        hooked.run(lambda call: _answer_hook(call, outside), leave)
    if _is_guard(sys.argv[1:]):
        _fill_standard_streams()
        from thrum.cli import guarded

        guarded.run(lambda left: _guard_commit(left, outside), leave)
    code = 0
    try:
        _fill_standard_streams()
        if outside is None and sys.argv[1:2] == ["daemon"]:
            _serve(sys.argv[1:])
        # Imported here, as everything of ours: a hook answers even where something of it is broken.
        from thrum.cli import app

        code = app.run(real_context(outside))
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        # The reader went away (`thrum inbox | head -1`); what is left in the buffer has no reader.
        code = 128 + 13
    except OSError as error:
        # What could not be written is still in the buffer; it is told of once.
        if code == 0:
            os.write(2, f"Error: the output cannot be written: {error.strerror}\n".encode())
        code = code or 1
    except KeyboardInterrupt:
        code = 128 + 2  # maybe before anything of ours was loaded
    # Everything is closed and flushed. Taking the interpreter apart object by object would last
    # longer than the daemon took to answer.
    leave(code)


def _is_hook(words: Sequence[str]) -> bool:
    """Whether a runtime calls, which nothing may go wrong for; people may ask for help."""
    is_own = words[1:2] == ["install"] or _is_guard(words)
    return words[:1] == ["hook"] and not is_own and not {"--help", "-h"} & {*words}


def _is_guard(words: Sequence[str]) -> bool:
    """Whether git calls before a commit, which waits for the end of this."""
    return [*words[:2]] == ["hook", "pre-commit"] and not {"--help", "-h"} & {*words}


def _serve(words: Sequence[str]) -> None:
    """Is the daemon, if the line says no more than that."""
    from thrum.cli import serving

    if words in serving.LINES:
        serving.run(words)


def _guard_commit(left: guarded.Left, outside: Outside | None) -> int:
    """Runs the line of the guard: nothing that it does may wait for longer than a commit can."""
    from thrum.cli import app

    return app.run(_hurried(left, outside))


def _answer_hook(call: hooked.Call, outside: Outside | None) -> int:
    """Runs the line of a hook: nothing that it does may wait for longer than the call does."""
    given = call.listen()
    from thrum.cli import app, hooked

    context = _hurried(lambda: call.deadline.left() - hooked.RESERVE_S, outside)
    context.stdin, context.stdout, context.stderr = io.StringIO(given), call.reply, call.said
    context.stdin_is_terminal = False
    context.prolong = call.deadline.prolong
    call.log = lambda: context.known_log
    return app.run(context)


def _hurried(left: Callable[[], float], outside: Outside | None) -> Context:
    """A world in which nobody waits for the daemon for longer than there is time."""

    def connect(path: Path, _seconds: float | None) -> Client:
        from thrum.cli.hurried import Hurried

        return Hurried(path, left, outside.dial if outside else None)

    context = real_context(outside)
    context.connect, context.start_daemon = connect, _begin_to_start
    return context


def _wait_to_wake(said: awaited.Said) -> int:
    """Runs the line of a hook that waits, for hours maybe."""
    from thrum.cli import app

    context = real_context()
    context.stderr = said
    code = app.run(context)
    context.stdout.flush()
    return code


def _begin_to_start(context: Context) -> None:
    """Has the daemon start, and leaves it alone.

    Raises:
        ThrumError: ``daemon_down``, always: it does not answer yet.
    """
    from thrum.daemon import control
    from thrum.errors import ThrumError

    control.launch(context.place, context.env)
    raise ThrumError("daemon_down", "the daemon is only now being started", "see `thrum prime`")


def real_context(outside: Outside | None = None) -> Context:
    """This process: its arguments, directory, environment, streams and clock."""
    from thrum.cli.context import Context

    outside = outside or _itself()

    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal's encoding lacks must not end the command.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    # Messages are UTF-8 whatever the locale is, and their line ends are part of them.
    sys.stdin.reconfigure(encoding="utf-8", errors="strict", newline="")  # type: ignore[union-attr]
    try:
        cwd = Path.cwd()
    except FileNotFoundError:
        # It was deleted. Where it was is what people know; the kernel still decides who they are.
        cwd = Path(os.environ.get("PWD") or "/")
    return Context(
        argv=sys.argv[1:],
        cwd=cwd,
        env=dict(os.environ),
        stdin=sys.stdin,
        stdout=sys.stdout,
        stderr=sys.stderr,
        stdin_is_terminal=sys.stdin.isatty(),
        stdout_is_terminal=sys.stdout.isatty(),
        columns=_columns(),
        rows=_rows(),
        now_ns=time.time_ns,
        monotonic=time.monotonic,
        sleep=time.sleep,
        random_hex=lambda count: os.urandom(count).hex(),
        pid=outside.pid,
        connect=lambda path, seconds: _connect(path, seconds, outside.dial),
        start_daemon=outside.start_daemon,
        page=outside.page,
        open_page=outside.open_page,
        replace_process=outside.replace_process,
        bounds=outside.bounds,
    )


def _itself() -> Outside:
    """What this very process has."""
    from thrum.cli.outside import Outside

    return Outside(
        pid=os.getpid(),
        dial=None,
        start_daemon=_start_daemon,
        page=_page,
        open_page=_open_page,
        replace_process=_replace_process,
        leave=os._exit,
    )


def _open_page(url: str) -> bool:
    # Imported here: one command in a day has a page shown.
    import webbrowser

    return webbrowser.open(url)


def _fill_standard_streams() -> None:
    """Opens the null device for each standard stream that was closed when we were started.

    In their order, so that each gets its own number back: the next file or socket would take it
    otherwise, and what is meant for stderr would go there.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115 -- open until the end


def _connect(socket_path: Path, seconds: float | None, dial: Dial | None) -> Client:
    # Imported here: help and version need no socket and no JSON.
    from thrum.client import CALL_S, DIAL_S, Client

    dialling, calling = (DIAL_S, CALL_S) if seconds is None else (seconds, seconds)
    return Client(socket_path, dialling, calling, dial)


def _start_daemon(context: Context) -> None:
    # Imported here: hardly a command starts one.
    from thrum.cli.steps import starting

    running, started = starting.start(context)
    if started:
        context.note(f"the daemon was not running and is started (PID {running.pid})")


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or 80
    except (OSError, ValueError):
        columns = os.environ.get("COLUMNS", "")
        return int(columns) if columns.isdigit() and int(columns) > 0 else 80


def _rows() -> int:
    try:
        return os.get_terminal_size(sys.stdout.fileno()).lines or 24
    except (OSError, ValueError):
        return 24


def _page(argv: Sequence[str], text: str, env: Mapping[str, str]) -> bool:
    # Imported here: it starts a process, and mostly everything fits.
    from thrum.cli import pager

    sys.stdout.flush()
    return pager.run(argv, text, env)


def _replace_process(argv: Sequence[str], environment: Mapping[str, str]) -> NoReturn:
    try:
        os.execvpe(argv[0], list(argv), dict(environment))  # noqa: S606 -- a shell is not wanted
    except OSError as error:
        from thrum.errors import ThrumError

        raise ThrumError("internal", f"{argv[0]} cannot be run: {error}") from error

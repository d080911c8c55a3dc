"""Going to a session of tmux from where a command stands."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from thrum.cli.render.text import one_line
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from thrum.cli.context import Context

CREATE: Final = "tmux.create"
"""The key of the hints of that command."""


def claim(context: Context) -> str:
    """Who asks; nobody, where nobody is registered: a person may all the same."""
    try:
        return context.caller.agent_id
    except ThrumError as error:
        if error.kind != "identity":
            raise
        return ""


def residents(folder: str) -> list[tuple[str, bool]]:
    """Who is at home in a worktree by its files, and whether their processes run."""
    from thrum.identity import files, owner

    here = files.read_all(files.folder(Path(folder)))
    return [(each.name, owner.is_alive(each)) for each in here if each.is_native]


def demand_terminal(context: Context) -> None:
    """Refuses where nobody could look at a session.

    Raises:
        ThrumError: ``usage``.
    """
    if not (context.stdin_is_terminal and context.stdout_is_terminal):
        text = "a session is shown in a terminal, and this is none"
        raise ThrumError("usage", text, "`thrum tmux capture` prints what it shows")


def called(name: str) -> str:
    """The session that is meant by a name, which may be a folder's; empty if none is given.

    Raises:
        ThrumError: ``invalid_params``, nothing is called so.
    """
    # Imported here: few commands need it.
    from thrum.daemon.tmux import target

    return target.clean(name.removeprefix("=")) if name else ""


def known(context: Context) -> dict[str, Any]:
    """The sessions that there are, and where.

    Raises:
        ThrumError: as `Context.call`.
    """
    answer: dict[str, Any] = context.call("tmux.status")
    return answer


def rows(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The sessions of an answer."""
    return [each for each in answer.get("sessions") or () if isinstance(each, dict)]


def row_of(answer: Mapping[str, Any], session: str) -> dict[str, Any]:
    """The session of that name; empty if there is none."""
    return next((each for each in rows(answer) if each.get("name") == session), {})


def chosen(context: Context, answer: Mapping[str, Any], session: str) -> str:
    """The session that is meant: the named one, or the only one that is there.

    Raises:
        ThrumError: ``not_found``; ``program``, nothing is seen of tmux; ``usage``, nobody says
            which.
    """
    there = [str(row.get("name")) for row in rows(answer) if row.get("state") != "dead"]
    if session in there or (not session and len(there) == 1):
        return session or there[0]
    listed = ", ".join(map(one_line, there))
    if session or not there:
        what = f"there is no session {one_line(session)}" if session else "there are no sessions"
        blind = str(answer.get("blind") or "")
        if blind:
            raise ThrumError("program", f"nothing is seen of tmux: {blind}")
        hint = f"there are: {listed}" if listed else "`thrum tmux start` makes one here"
        raise ThrumError("not_found", what, hint)
    if not context.options.quiet:
        context.note(f"Sessions: {listed}")
    raise ThrumError("usage", "which session?", f"thrum tmux connect {one_line(there[0])}")


def attach(context: Context, answer: Mapping[str, Any], session: str) -> NoReturn:
    """Shows a session; this process is tmux's from now on.

    Where this terminal is a client of the same server it shows another session: one server within
    itself would be confusing, and tmux refuses it. A client of another server gets one within.

    Args:
        context: where.
        answer: what `known` gave.
        session: which.

    Raises:
        ThrumError: ``program``, there is no tmux.
    """
    socket = str(answer.get("socket") or "")
    inside = context.env.get("TMUX", "").split(",")[0]
    is_same = bool(inside) and _real(inside) == _real(socket)
    verb = "switch-client" if is_same else "attach-session"
    env = {key: value for key, value in context.env.items() if is_same or key != "TMUX"}
    argv = ["tmux", *(["-S", socket] if socket else []), verb, "-t", f"={session}"]
    try:
        context.replace_process(argv, env)
    except FileNotFoundError:
        text = "the program tmux is not found"
        raise ThrumError("program", text, "install it, or correct the PATH") from None


def _real(path: str) -> str:
    return str(Path(path).resolve()) if path else ""

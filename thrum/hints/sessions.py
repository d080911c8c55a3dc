"""Hints about making a session for an agent: what is in its way, and what comes next."""

from __future__ import annotations

from collections.abc import Iterator

from thrum.hints.contract import Asked, Hint, Option

_FORCE = Option("force", "add --force", "ends it")
_TEAM = Option("team", "thrum team")


def place(asked: Asked) -> Iterator[Hint]:
    """Where the session is to stand is no worktree of its own."""
    cwd = str(asked.args.get("cwd") or "")
    if asked.is_done or asked.args.get("no_agent") or asked.state.is_linked_worktree(cwd):
        return
    yield Hint(
        "tmux.create.not-a-worktree",
        "warn",
        f"{cwd} is no worktree for an agent of its own",
        (
            Option("make one", "git worktree add ../NAME"),
            Option("nobody", "add --no-agent", "registers nobody there"),
        ),
    )


def residents(asked: Asked) -> Iterator[Hint]:
    """Somebody lives there already, or did until just now."""
    wanted, no_agent = asked.args.get("name"), asked.args.get("no_agent")
    for name, runs in asked.args.get("before") or ():
        is_other = name != wanted and not no_agent
        if asked.is_done and is_other:
            text = f"@{name} was at home there; its file is put aside"
            yield Hint("tmux.create.identity-replaced", "info", text, (_TEAM,))
        elif runs and not asked.is_done:
            text = f"@{name} is at work there: its process runs"
            yield Hint("tmux.create.identity-exists-alive", "warn", text, (_TEAM,))
        elif is_other and not asked.is_done:
            yield Hint(
                "tmux.create.identity-exists-stale",
                "warn",
                f"@{name} is at home there, and its process has ended",
                (Option("the same", f"use --name {name}"), Option("force", "add --force")),
                allow_force=True,
            )


def session(asked: Asked) -> Iterator[Hint]:
    """A session of that name is there."""
    name = str(asked.args.get("session") or "")
    if not asked.is_done and asked.state.session_state(name) in {"alive", "stale"}:
        options = (Option("go there", f"thrum tmux connect {name}"), _FORCE)
        text = f"there is a session {name}"
        yield Hint("tmux.create.session-exists", "warn", text, options, allow_force=True)


def launch(asked: Asked) -> Iterator[Hint]:
    """A session was made, and nothing runs in it."""
    name = asked.result.get("session")
    if asked.is_done and name:
        option = Option("launch", f"thrum tmux launch {name}")
        yield Hint("tmux.create.next-launch", "info", "nothing runs in it yet", (option,))

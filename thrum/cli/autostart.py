"""Whether a command that finds no daemon starts one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from thrum import config

if TYPE_CHECKING:
    from thrum.cli.context import Context


def is_wanted(context: Context) -> bool:
    """What ``THRUM_AUTOSTART`` says, else ``daemon.autostart``, else who asks.

    By itself it is wanted by a person at a terminal, and by an agent's program with its hooks; not
    by a build (``CI``) or a script in a pipe, which would leave a daemon behind that nobody knows
    of. One that somebody stopped stays so, unless the variable says otherwise.

    Raises:
        ThrumError: ``config``, one of them is neither true nor false.
    """
    settings = config.load(context.place.config, context.env)
    asked = settings.asked_to_start
    if asked is not None:
        return asked
    if context.place.halted.exists():
        return False
    configured = settings.get("daemon.autostart")
    if configured is not None:
        return bool(configured)
    return not _is_build(context) and _is_attended(context)


def _is_build(context: Context) -> bool:
    return context.env.get("CI", "").strip().lower() not in {"", *config.FALSE}


def _is_attended(context: Context) -> bool:
    at_terminal = context.stdin_is_terminal or context.stdout_is_terminal
    return at_terminal or context.program is not None

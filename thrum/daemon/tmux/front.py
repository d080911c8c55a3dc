"""What has the keys of a pane: a shell that waits for a command, or a program."""

from __future__ import annotations

from typing import Final

from thrum.daemon.tmux.panes import Pane
from thrum.identity import process

SHELLS: Final = frozenset(
    {"sh", "bash", "zsh", "fish", "dash", "ash", "ksh", "mksh", "tcsh", "csh", "nu", "xonsh"}
)
"""Programs that wait for a command."""

_TMUX: Final = "tmux"


def is_shell(pane: Pane) -> bool:
    """Whether what runs in front bears a shell's name: a script does as well."""
    return pane.command.removeprefix("-") in SHELLS


def is_unborn(pane: Pane) -> bool:
    """Whether what the pane is to run has not begun: until then it is a copy of tmux itself."""
    return pane.command == _TMUX and process.has_keys(pane.pid) is not False


def is_waiting_shell(pane: Pane) -> bool:
    """Whether the pane's own shell waits for a command.

    A script runs under the name of its shell, so the name alone says too little where the system
    says more.
    """
    return is_shell(pane) and process.has_keys(pane.pid) is not False

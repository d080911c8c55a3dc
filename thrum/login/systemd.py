"""The unit of systemd's user manager that starts what is listed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

FILE: Final = Path(".config", "systemd", "user", "thrum.service")
"""In the person's home."""

WANTED: Final = Path(".config", "systemd", "user", "default.target.wants", "thrum.service")
"""The link that ``systemctl --user enable`` makes."""

LINGER: Final = Path("/var/lib/systemd/linger")
"""Has a file for each person whose units begin with the machine and outlive their sessions."""

# KillMode: daemons, and the sessions of tmux that they begin, are no part of the unit, and outlive
# it. TasksMax: whatever agents start there counts against the unit.
_TEXT: Final = """\
# Written by `thrum service install`; `thrum service remove` takes it away.
[Unit]
Description=Daemons of Thrum for the repositories of `thrum service status`
{condition}
[Service]
Type=oneshot
RemainAfterExit=yes
Environment={path}
ExecStart={command}
KillMode=process
TasksMax=infinity
TimeoutStartSec=15min

[Install]
WantedBy=default.target
"""


def text(command: Sequence[str], path: str) -> str:
    """The unit.

    Args:
        command: what starts the daemons; its first word is the path of a program.
        path: where programs are looked for.
    """
    # Without its program it is passed over: somebody took Thrum away and left the unit.
    condition = f"ConditionFileIsExecutable={command[0].replace('%', '%%')}\n"
    return _TEXT.format(
        condition=condition if _is_plain(command[0]) else "",
        path=quoted(f"PATH={path}"),
        command=line(command),
    )


def line(command: Sequence[str]) -> str:
    """A command as systemd reads it; no word of it stands for a variable.

    It takes quotes, but not as a part of a program's path; a shell takes any.
    """
    shell = ["/bin/sh", "-c", 'exec "$@"', "sh"]
    words = [*([] if _is_plain(command[0]) else shell), *command]
    return " ".join(quoted(each).replace("$", "$$") for each in words)


def quoted(word: str) -> str:
    """One word in quotes, as ``systemd.syntax`` and ``systemd.unit`` have it."""
    escaped = "".join(
        f"\\x{ord(each):02x}" if ord(each) < ord(" ") or each == "\x7f" else each
        for each in word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    )
    return f'"{escaped}"'


def _is_plain(path: str) -> bool:
    """Whether the path of a program can stand where systemd takes no quotes for it."""
    return path.isprintable() and path == path.strip() and not set(path) & set("\\'\"$")

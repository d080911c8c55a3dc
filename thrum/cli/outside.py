"""What a command line has of the process that it runs in, or in whose name it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, Protocol

if TYPE_CHECKING:
    from thrum.cli.context import Context
    from thrum.cli.signature import Parameter
    from thrum.cli.table import Entry
    from thrum.client import Dial


class Bounds(Protocol):
    """Which lines are run; see `thrum.ready.commands`."""

    def command(self, entry: Entry) -> None:
        """Before the command is loaded."""

    def values(
        self, context: Context, parameters: Sequence[Parameter], values: Mapping[str, Any]
    ) -> None:
        """Before anything of it is done."""


class Outside(NamedTuple):
    """What differs between running a line in one's own process and in another one's name.

    Attributes:
        pid: where the search for the agent's program starts.
        dial: opens connections; None for the usual way.
        start_daemon, page, open_page, replace_process: see `Context`.
        leave: ends the process with a status.
        bounds: which lines are run; all of them if None.
    """

    pid: int
    dial: Dial | None
    start_daemon: Callable[[Context], None]
    page: Callable[[Sequence[str], str, Mapping[str, str]], bool]
    open_page: Callable[[str], bool]
    replace_process: Callable[[Sequence[str], Mapping[str, str]], NoReturn]
    leave: Callable[[int], NoReturn]
    bounds: Bounds | None = None

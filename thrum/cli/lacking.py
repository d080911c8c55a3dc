"""What a daemon of another version does not know: refused by name, or done without.

A daemon goes on with the version that it was started with, so it may be older than this program or
newer. A command for which a method is everything is refused; one that shows more than that shows
the rest, and says once what is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from thrum.errors import ThrumError

if TYPE_CHECKING:
    from thrum.cli.context import Context

PATIENCE_S: Final = 2.0
"""Seconds in which the daemon has to say which version it is."""

UNKNOWN: Final = "method_not_found"


def refusal(context: Context, method: str) -> ThrumError:
    """The refusal of a command that needs a method which the daemon does not know.

    Args:
        context: asks the daemon for its version.
        method: the name of the method.
    """
    from thrum import skew  # nearly no command comes this way

    health = _health(context)
    version = str(health.get("version") or "")
    about = {"method": method, "daemon_version": version}
    text = f"{_who(version)} does not know {method}"
    return ThrumError(UNKNOWN, text, skew.remedy(health), about)


def _who(version: str) -> str:
    return f"the daemon ({f'version {version}' if version else 'of an unknown version'})"


def _health(context: Context) -> Mapping[str, Any]:
    """What the daemon says it is; nothing if it does not say."""
    try:
        health = context.client.call("health", {}, PATIENCE_S)
    except ThrumError:
        return {}  # the version is told besides; what is refused does not depend on it
    return health if isinstance(health, dict) else {}


class Gaps:
    """What one command does without.

    Args:
        context: asks the daemon, and takes the line that says what is missing.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._methods: dict[str, ThrumError] = {}

    def ask(
        self, method: str, params: Mapping[str, object] | None = None, timeout: float | None = None
    ) -> Any:
        """The answer; None where the daemon does not know the method.

        Raises:
            ThrumError: as `Context.call`, for any other reason.
        """
        try:
            return self._context.call(method, params, timeout)
        except ThrumError as error:
            if error.kind != UNKNOWN:
                raise
            self._methods[method] = error
            return None

    @property
    def warnings(self) -> dict[str, list[str]]:
        """What is added to the JSON document: the line as a warning, or nothing."""
        return {"warnings": [self._line()]} if self._methods else {}

    def tell(self) -> bool:
        """Says on stderr what is missing, in one line; whether something is."""
        if self._methods:
            self._context.note(f"warning: {self._line()}")
        return bool(self._methods)

    def _line(self) -> str:
        methods = ", ".join(self._methods)
        error = next(iter(self._methods.values()))
        who = _who(str(error.details.get("daemon_version") or ""))
        return f"{who} does not know {methods}, so what only that tells is missing; {error.hint}"

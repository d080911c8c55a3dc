"""What a program may want to catch: a class for each thing that it would do about it.

Each has the kind of `thrum.errors`, by which the classes are told apart, and its message and hint.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from thrum.errors import KINDS, ThrumError

if TYPE_CHECKING:
    from thrum.api.records import Reached, Sent


class Away(ThrumError):
    """No daemon answers, now or in time. Nothing was done; it may be there again later."""


class Unsure(ThrumError):
    """The answer was lost or came too late, so that what was asked for may or may not be done.

    Attributes:
        message_id_ends: how the id of the message ends that may have been sent; empty where none
            was. `Connection.get` finds it by that.
    """

    @property
    def message_id_ends(self) -> str:
        """See the class."""
        return str(self.details.get("message_id_ends") or "")


class Nobody(ThrumError):
    """The daemon does not know which agent this program is, or where Thrum is."""


class Unknown(ThrumError):
    """What was named is not there: a message, a recipient, a method."""


class Refused(ThrumError):
    """The daemon understood, and will not do it."""


class Broken(ThrumError):
    """Something has to be mended first: a disk, a file, the repository, or Thrum."""


class Unanswered(ThrumError):
    """Nobody answered a question in time. It stays, and may be answered later.

    Attributes:
        question: what was sent.
        reached: whom it reached, and how far it came there.
    """

    def __init__(self, question: Sent, reached: tuple[Reached, ...]) -> None:
        names = ", ".join(f"@{each.agent_id} ({each.state})" for each in reached)
        super().__init__(
            "timed_out",
            f"nobody answered in time: {names}" if names else "nobody answered in time",
            f"`thrum thread {question.id}` shows what is answered later",
        )
        self.question = question
        self.reached = reached


CLASSES: Final[dict[type[ThrumError], frozenset[str]]] = {
    Away: frozenset({"busy", "daemon_down", "no_answer", "sandbox", "shutting_down", "timed_out"}),
    Nobody: frozenset(
        {
            "anonymous_caller",
            "identity",
            "identity_mismatch",
            "moved",
            "no_session",
            "not_initialized",
        }
    ),
    Unknown: frozenset({"ambiguous_id", "method_not_found", "not_found", "unknown_recipient"}),
    Broken: frozenset(
        {
            "config",
            "database",
            "internal",
            "program",
            "repository",
            "setup",
            "state",
            "storage",
            "system",
        }
    ),
}
"""The kinds of each class; whatever else the daemon says is a refusal."""

_BY_KIND: Final = {kind: known for known, kinds in CLASSES.items() for kind in kinds}
assert set(_BY_KIND) <= set(KINDS)


def of(error: ThrumError) -> ThrumError:
    """The same refusal in the class that it belongs to."""
    known = _BY_KIND.get(error.kind, Refused)
    return known(error.kind, error.message, error.hint, error.details)

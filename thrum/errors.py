"""What can go wrong, as one table that programs can branch on.

Every refusal carries a *kind*: a short stable token that appears as ``error.data.kind`` in
JSON-RPC answers, in ``--json`` errors of the command line and in the reference pages. The table
maps each kind to its JSON-RPC code and says what it means; an unknown kind cannot be raised.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple


class Kind(NamedTuple):
    """One kind of failure: its JSON-RPC code and its meaning for a reader of the docs."""

    code: int
    meaning: str


KINDS: Final[dict[str, Kind]] = {
    "parse_error": Kind(-32700, "The line is no JSON-RPC request."),
    "invalid_request": Kind(-32600, "The request lacks a part that JSON-RPC 2.0 demands."),
    "method_not_found": Kind(-32601, "No method of that name is served on this transport."),
    "invalid_params": Kind(-32602, "A parameter is missing, of a wrong type or out of range."),
    "too_large": Kind(-32602, "A message, a line or a list is over its limit."),
    "wrong_transport": Kind(-32001, "The method exists, but not on this transport."),
    "anonymous_caller": Kind(-32002, "The caller is no registered agent and the method needs one."),
    "identity_mismatch": Kind(-32000, "The claimed agent is not the one the kernel vouches for."),
    "no_session": Kind(-32000, "The caller has no open session."),
    "not_found": Kind(-32000, "A message, agent, session or file of that name does not exist."),
    "ambiguous_id": Kind(-32000, "A shortened id fits more than one thing."),
    "unknown_recipient": Kind(-32000, "A recipient is neither an agent, a role nor a group."),
    "moved": Kind(-32002, "The agent that lived here lives in another clone now."),
    "name_taken": Kind(-32000, "The name belongs to another agent, role or group."),
    "not_allowed": Kind(-32000, "The caller may not do this to something that is another's."),
    "conflict": Kind(-32000, "The thing is in a state that does not allow the request."),
    "stale_cursor": Kind(-32000, "What came after a cursor cannot be told; take a new snapshot."),
    "setup": Kind(-32000, "A file of somebody else cannot be read or changed, and was left alone."),
    "guard": Kind(-32000, "An identity guard stopped the request."),
    "busy": Kind(-32000, "A bound on connections or on waiting work is reached; try again soon."),
    "timed_out": Kind(-32000, "The work did not end within its deadline, and may end later."),
    "shutting_down": Kind(-32000, "The daemon is stopping; the request was not carried out."),
    "storage": Kind(-32000, "The disk refused to keep the event; nothing was recorded."),
    "program": Kind(-32000, "A program that is needed is missing or cannot be run."),
    "repository": Kind(-32000, "The git repository cannot be used as it is."),
    "config": Kind(-32000, "A configuration file cannot be read or holds a wrong value."),
    "identity": Kind(-32000, "No identity, or more than one, fits this place."),
    "not_initialized": Kind(-32000, "The repository has no .thrum directory yet."),
    "daemon_down": Kind(-32000, "No daemon answers on the socket."),
    "no_answer": Kind(-32000, "The daemon was reached and did not answer in time."),
    "database": Kind(-32000, "The database is newer than this program, or not ours."),
    "state": Kind(-32000, "A service's facts in state.db are newer, damaged or not migrated."),
    "system": Kind(-32000, "The operating system refused the command a file or another resource."),
    "sandbox": Kind(-32000, "A sandbox keeps the command from the daemon, which may be well."),
    "hint": Kind(-32000, "A warning keeps the command back; `hints` says what can be done."),
    "usage": Kind(-32602, "The command line is not understood."),
    "internal": Kind(-32603, "A defect of the program; the daemon's log has the details."),
}

LATER: Final = frozenset({"storage", "busy", "state", "shutting_down", "internal"})
"""Kinds that say nothing of what was asked: the same may be taken once the daemon is well again."""


class ThrumError(Exception):
    """A refusal with a kind, a sentence, and what to do next.

    Args:
        kind: a key of `KINDS`.
        message: one sentence for a person, without a trailing hint.
        hint: what to do next, or ``None`` when the message says it.
        details: facts that a program may want, beside the kind.
    """

    def __init__(
        self,
        kind: str,
        message: str,
        hint: str | None = None,
        details: Mapping[str, object] | None = None,
    ) -> None:
        if kind not in KINDS:
            raise ValueError(f"unknown error kind {kind!r}")
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.hint = hint
        self.details = dict(details or {})

    @property
    def code(self) -> int:
        """The JSON-RPC error code of this kind."""
        return KINDS[self.kind].code

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message

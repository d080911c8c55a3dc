"""Who this shell is: the daemon's answer, or the same answer without asking where files are enough.

The daemon decides who calls. A name that the user set goes to it as a claim, with every request.
Without one the files are enough where they leave one agent only, so an everyday command asks
nothing. Otherwise the daemon is asked once, without a claim: a guess of ours would outvote what it
knows. Where it is away, a process above still tells; else it is said who lives here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from thrum.cli import guarding
from thrum.errors import ThrumError
from thrum.identity import guards
from thrum.names import check_agent_name, is_person

if TYPE_CHECKING:
    from thrum.cli.context import Context
    from thrum.identity.evidence import Evidence
    from thrum.identity.files import Identity

PATIENCE_S: Final = 2.0
RULES: Final = {
    "name": "THRUM_NAME names it",
    "environment": "THRUM_AGENT_ID names it, and no file does",
    "pid": "this shell runs under its process",
    "only": "the only identity here",
    "daemon": "the daemon says so, for the files leave more than one or none",
}
"""Every rule by its token, in the order in which they are tried."""


class Speaker(NamedTuple):
    """An agent, and the rule of `RULES` by which this shell is it.

    Attributes:
        identity: its file, if it has one.
        answer: what the daemon said of it; empty unless it was asked.
    """

    agent_id: str
    rule: str
    identity: Identity | None = None
    answer: Mapping[str, Any] = {}

    @property
    def role(self) -> str:
        """Its role, as the daemon or its file says."""
        return str(self.answer.get("role") or "") or (self.identity.role if self.identity else "")

    @property
    def module(self) -> str:
        """Its module, likewise."""
        said = str(self.answer.get("module") or "")
        return said or (self.identity.module if self.identity else "")


def find(context: Context) -> Speaker:
    """The agent that this shell is.

    Raises:
        ThrumError: ``identity``, nobody or more than one, or ``THRUM_NAME`` names none;
            ``identity_mismatch``, ``THRUM_NAME`` contradicts the process;
            ``invalid_params`` for a wrong name; ``not_initialized``, ``config``.
    """
    evidence = context.evidence
    claim = _claim(context, evidence)
    if not (claim or evidence.candidates or evidence.faults):
        stand_in = context.env.get("THRUM_AGENT_ID", "")
        if stand_in:
            return Speaker(stand_in, "environment")
    found = evidence.choose(claim)
    is_enough = evidence.is_certain or (bool(claim) and not is_person(claim))
    if found.agent_id and is_enough and not found.contradicted:
        return _by_files(evidence, found.agent_id, claim)
    answer = _asked(context, evidence, claim)
    if answer is not None:
        agent_id = str(answer["agent_id"])
        return Speaker(agent_id, "daemon", evidence.file_of(agent_id), answer)
    return _unasked(context, evidence, claim)


def _claim(context: Context, evidence: Evidence) -> str:
    """The agent that THRUM_NAME names; empty if it is not set.

    Whoever set it means that agent. Speaking as another one, because its file is gone or the shell
    stands elsewhere, would be worse than not speaking.
    """
    wanted = context.env.get("THRUM_NAME", "")
    if not wanted:
        return ""
    if is_person(wanted):
        return wanted  # the daemon knows whose account this is
    try:
        check_agent_name(wanted)
    except ThrumError as error:
        raise ThrumError(error.kind, f"THRUM_NAME: {error.message}", error.hint) from None
    if any(each.name == wanted for each in evidence.candidates):
        return wanted
    raise evidence.fault_of(wanted) or ThrumError(
        "identity",
        f"THRUM_NAME is {wanted}, and no agent of that name is registered in this worktree",
        f"change into {wanted}'s worktree, or unset THRUM_NAME",
    )


def _by_files(evidence: Evidence, agent_id: str, claim: str) -> Speaker:
    by_process = any(each.name == agent_id for each in evidence.by_process)
    rule = "name" if claim else "pid" if by_process else "only"
    return Speaker(agent_id, rule, evidence.file_of(agent_id))


def _asked(context: Context, evidence: Evidence, claim: str) -> dict[str, Any] | None:
    """What the daemon says; None where it cannot be asked, or does not see who calls.

    Raises:
        ThrumError: ``identity_mismatch``, ``moved``; ``anonymous_caller`` for a claim, else
            ``identity``.
    """
    try:
        params = {"caller_agent_id": claim} if claim else {}
        answer = context.client.call("agent.whoami", params, PATIENCE_S)
    except ThrumError as error:
        if error.details.get("reason") == "no_caller_agent_id":
            return None
        if error.kind in {"identity_mismatch", "moved"}:
            raise
        if claim and error.kind == "anonymous_caller":
            raise
        if error.kind == "anonymous_caller":
            raise evidence.refusal(asked=True) from error
        return None
    # Whatever listens on that socket may be of another version.
    return answer if isinstance(answer, dict) and answer.get("agent_id") else None


def _unasked(context: Context, evidence: Evidence, claim: str) -> Speaker:
    """Who this shell is by the files alone, where something is doubtful.

    Raises:
        ThrumError: ``identity``, ``identity_mismatch``.
    """
    found = evidence.choose(claim)
    if found.contradicted:
        cwd = str(context.cwd)
        fire = guards.unauthenticated(
            claim, found.agent_id, anonymous=False, pid=context.pid, cwd=cwd
        )
        guarding.ask(context, fire)
    is_alone = len(evidence.here) == 1 and not evidence.faults
    if claim or found.rule == "pid" or (found.agent_id and is_alone):
        return _by_files(evidence, claim or found.agent_id, claim)
    raise evidence.refusal(asked=False)

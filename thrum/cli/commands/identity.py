"""``thrum identity``: who this shell is, and why."""

from __future__ import annotations

from typing import Any, Final

from thrum import git_place
from thrum.cli import guarding, preflight, speaker
from thrum.cli.context import Context
from thrum.cli.render import explanation
from thrum.cli.speaker import PATIENCE_S
from thrum.errors import ThrumError
from thrum.identity import files, guards, owner, process
from thrum.identity.files import Identity
from thrum.identity.guards import Fire

WIDEST: Final = 80
"""Columns at which the page is folded on a terminal that has more."""


def explain(context: Context) -> None:
    """Which identity this shell has and why, what the daemon says, and what each guard would say.

    Nothing is changed. The daemon is asked who is calling; no other guard is really asked.
    """
    claim, found = _speaker(context)
    daemon = _daemon(context, claim)
    modes = guarding.modes(context)
    reclaim = modes.modes["dead_pid_auto_reclaim"] != "off"
    fires = _findings(context, str(found.get("agent_id", "")), daemon, reclaim=reclaim)
    document = {
        "identity": found,
        "shell": _shell(context),
        "daemon": daemon,
        "guards": [
            {
                "guard": key,
                "mode": modes.modes[key],
                "layer": modes.layers[key],
                **_verdict(key, fires.get(key), modes.modes[key], daemon),
            }
            for key in guards.GUARDS
        ],
        "unreadable": _unreadable(context),
        "faults": list(modes.faults),
    }
    context.document(document)
    columns = 0 if context.is_plain else min(context.columns, WIDEST)
    context.say(explanation.text(document, columns))


def _speaker(context: Context) -> tuple[str, dict[str, Any]]:
    """What this shell's requests claim, and who it is by which rule, or why nobody."""
    try:
        found = context.speaker
    except ThrumError as error:
        reason = error.message.partition("\n")[0]
        about = {"rule": "none", "reason": reason, "hint": error.hint or ""}
        return context.env.get("THRUM_NAME", ""), about
    # Asked about without a claim, the daemon says by which rule it knows.
    claim = "" if found.rule == "daemon" else found.agent_id
    about = {"rule": found.rule, "agent_id": found.agent_id, "reason": speaker.RULES[found.rule]}
    if found.identity:
        about |= _file(context, found.identity)
    return claim, about


def _file(context: Context, identity: Identity) -> dict[str, Any]:
    return {
        "identity_file": str(identity.path),
        "worktree": identity.worktree,
        "pid": identity.agent_pid,
        "process": owner.held(identity, context.ancestors).standing,
        "others": [
            each.name for each in files.read_all(identity.path.parent) if each.name != identity.name
        ],
    }


def _unreadable(context: Context) -> list[str]:
    """Identity files of this worktree that may be anybody's, and why."""
    try:
        return [fault.message for fault in files.scan(context.place.identities).faults]
    except ThrumError:
        return []  # no place; the identity says so


def _shell(context: Context) -> dict[str, Any]:
    runtime = process.runtime_of(context.ancestors)
    return {
        "cwd": str(context.cwd),
        "worktree": str(context.toplevel or ""),
        "runtime": process.runtime_name(runtime) if runtime else "",
        "runtime_pid": runtime.pid if runtime else 0,
    }


def _daemon(context: Context, claim: str) -> dict[str, Any]:
    """What the daemon answers to the claim, or how it refuses."""
    try:
        params = {"caller_agent_id": claim}
        answer: dict[str, Any] = context.call("agent.whoami", params, PATIENCE_S)
    except ThrumError as error:
        about = {"kind": error.kind, "message": error.message.partition("\n")[0]}
        return {**error.details, **about}
    told = {"agent_id": answer.get("agent_id", ""), "source": answer.get("source", "")}
    more = {key: answer[key] for key in ("rule", "others") if answer.get(key)}
    return told | more


def _findings(
    context: Context, name: str, daemon: dict[str, Any], *, reclaim: bool
) -> dict[str, Fire | None]:
    """What each guard would find now."""
    held, shell = guarding.held(context), guarding.shell(context)
    rule = preflight.finding(context, preflight.residents(context), reclaim=reclaim)
    own = next((each for each in held if each.name == name), None)
    collisions = (guards.name_collision(each.name, held, shell) for each in held)
    in_git = git_place.around(context.start) is not None
    found = [
        rule,
        # Any other name stands for all of them; an agent's name is never empty.
        guards.self_rename("", held, shell),
        next((each for each in collisions if each), None),
        guards.non_git_bootstrap(str(context.start), in_git=in_git),
        _refusal(daemon),
        guards.writer_liveness(own, mirrored=False) if own else None,
        guards.prime_ownership(own, shell),
    ]
    return {fire.guard: fire for fire in found if fire}


def _refusal(daemon: dict[str, Any]) -> Fire | None:
    """The guard that the daemon refused with, if it was one."""
    if daemon.get("guard") not in guards.GUARDS:
        return None
    fire = Fire(**{key: daemon[key] for key in Fire._fields if key in daemon})
    return fire if fire.reason in guards.GUARDS[fire.guard].reasons else None


def _verdict(
    key: str, fire: Fire | None, mode: guards.Mode, daemon: dict[str, Any]
) -> dict[str, Any]:
    """What a guard would say; ``fires`` is null where only the daemon could, and it did not."""
    if fire is None:
        answered = "agent_id" in daemon or "guard" in daemon
        return {"fires": False if answered or key != "unauthenticated_rpc" else None}
    outcome = guards.outcome_of(fire, mode)
    if mode == "off" and fire.reason not in guards.ALWAYS:
        return {"fires": False}
    return {"fires": True, "outcome": outcome, **fire.facts, "remediation": fire.remediation}

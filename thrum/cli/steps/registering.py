"""Registering an agent from where a command stands: its facts, its file, its session."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from thrum import git_place, names, seat
from thrum.cli.context import Context
from thrum.cli.lacking import Gaps
from thrum.cli.render.text import one_line
from thrum.cli.steps import claiming
from thrum.errors import ThrumError
from thrum.identity import files, process
from thrum.identity.files import Identity
from thrum.plurals import listed


class Wanted(NamedTuple):
    """What the agent shall be; empty is: as before, or the default."""

    name: str
    role: str
    module: str
    display: str = ""
    intent: str = ""
    runtime: str = ""
    force: bool = False
    with_pid: bool = True
    preamble: bytes = b""


def complete(context: Context, wanted: Wanted) -> Wanted:
    """Fills in what was not said.

    From the environment, from the agent's file, from what the daemon knows of it, by default.

    Raises:
        ThrumError: ``usage``, name, role or module cannot be known; ``invalid_params``; role or
            module is not said here, and the daemon is away.
    """
    known = _known(context, wanted.name)
    name = wanted.name or (known.name if known else "")
    old = known if known and known.name == name else None
    role = wanted.role or context.env.get("THRUM_ROLE", "") or (old.role if old else "")
    module = wanted.module or context.env.get("THRUM_MODULE", "") or (old.module if old else "")
    display = wanted.display or context.env.get("THRUM_DISPLAY", "") or (old.display if old else "")
    if name:
        names.check_agent_name(name)
    if name and not (role and module):
        told = _registered(context, name)
        role, module = role or told.get("role", ""), module or told.get("module", "")
        display = display or told.get("display", "")
    lacking = [
        what
        for what, value in (("a name", name), ("--role", role), ("--module", module))
        if not value
    ]
    if lacking:
        raise ThrumError(
            "usage",
            f"to register, give {listed(lacking)}",
            "as in: thrum quickstart furiosa --role implementer --module auth",
        )
    names.check_role(role)
    names.check_role(module, "module")
    return wanted._replace(
        name=name,
        role=role,
        module=module,
        display=display or f"{role.capitalize()} ({module})",
        intent=wanted.intent or (old.intent if old else ""),
    )


def _known(context: Context, name: str) -> Identity | None:
    """The agent that this worktree has a file of: the named one, or the only one."""
    found = files.read_all(context.place.identities)
    if name:
        return next((identity for identity in found if identity.name == name), None)
    return found[0] if len(found) == 1 else None


def _registered(context: Context, name: str) -> dict[str, str]:
    """What the daemon knows of the agent, wherever it lived; nothing if it was never registered.

    Raises:
        ThrumError: as `Context.call`.
    """
    agents: list[dict[str, str]] = context.call("agent.list").get("agents") or []
    return next((each for each in agents if each.get("agent_id") == name), {})


def begin(context: Context, wanted: Wanted) -> dict[str, Any]:
    """Registers, writes the identity file, starts the session and states the intent.

    The file is written between registration and session: it is what ties this worktree to the
    agent when the daemon asks the kernel who calls.

    Raises:
        ThrumError: a guard or the daemon refuses, or it is away.
    """
    wanted = complete(context, wanted)
    seat.take(context.place)
    claiming.check(context, wanted.name, force=wanted.force, binds=wanted.with_pid)
    claiming.tell_of_others(context, wanted.name)
    runtime = process.runtime_of(context.ancestors) if wanted.with_pid else None
    registered = _register(context, wanted, runtime.pid if runtime else None)
    agent_id = str(registered["agent_id"])
    toplevel = context.toplevel or context.place.root
    program = wanted.runtime or (process.runtime_name(runtime) if runtime else "")
    fields: dict[str, object] = {
        "kind": "agent",
        "role": wanted.role,
        "module": wanted.module,
        "display": wanted.display,
        "worktree": str(toplevel),
        "runtime": program,
        "preferred_runtime": wanted.runtime,
        **git_fields(toplevel),
    }
    is_new = not files.path_of(context.place.identities, agent_id).exists()
    written = claiming.write(context, agent_id, fields, binds=wanted.with_pid, force=wanted.force)
    if wanted.preamble:
        claiming.add_to_preamble(context, agent_id, wanted.preamble)
    try:
        session = context.call(
            "session.start",
            {
                "agent_id": agent_id,
                "refs": [{"type": "worktree", "value": str(toplevel)}],
                "caller_agent_id": agent_id,
            },
        )
    except ThrumError:
        if is_new:
            # Left behind, it would speak in this worktree for an agent that lives in another.
            written.path.unlink(missing_ok=True)
        raise
    intent = _intent(context, agent_id, str(session["session_id"]), wanted.intent)
    begun = {"session_id": session["session_id"], "intent": wanted.intent}
    claiming.write(context, agent_id, begun, binds=False)
    return {
        "register": registered,
        "session": session,
        "intent": intent,
        "runtime": program or "cli-only",
        "runtime_detected": bool(runtime and not wanted.runtime),
    }


def _intent(context: Context, agent_id: str, session_id: str, text: str) -> dict[str, Any]:
    """States the intent; where nobody said one, none is made up."""
    if not text:
        return {"session_id": session_id, "intent": ""}
    gaps = Gaps(context)
    answer: dict[str, Any] | None = gaps.ask(
        "session.setIntent",
        {"session_id": session_id, "intent": text, "caller_agent_id": agent_id},
    )
    gaps.tell()
    return answer if answer is not None else {"session_id": session_id, "intent": ""}


def _register(context: Context, wanted: Wanted, pid: int | None) -> dict[str, Any]:
    params = {
        "name": wanted.name,
        "role": wanted.role,
        "module": wanted.module,
        "display": wanted.display,
        "agent_pid": pid,
        "force": wanted.force or None,
    }
    answer: dict[str, Any] = context.call("agent.register", params)
    if answer.get("status") == "conflict":
        # The same agent coming back to its own worktree says so, once.
        answer = context.call("agent.register", {**params, "re_register": True})
    if answer.get("status") == "conflict":
        raise ThrumError(
            "name_taken",
            f"the name {wanted.name} is held by another agent",
            "choose another name, or add --force if that agent is gone",
        )
    return answer


def git_fields(toplevel: Path) -> dict[str, object]:
    """What an identity file says of git."""
    git = git_place.find(toplevel)
    if git is None:
        return {}
    from thrum.ids import repo_id

    try:
        repository = repo_id(git_place.remote_url(git))
    except ValueError:
        repository = ""
    return {"branch": git_place.branch(git), "repo_id": repository}


def tell(context: Context, answer: dict[str, Any]) -> None:
    """Says what was begun."""
    agent = one_line(str(answer["register"]["agent_id"]))
    session = str(answer["session"]["session_id"])
    claiming.tell_of_taking(context, answer["register"])
    context.done(f"✓ Registered @{agent}, session {session[-6:]}")
    intent = one_line(str(answer["intent"].get("intent") or ""))
    if intent:
        context.done(f"✓ Intent: {intent}")
    else:
        context.hint('say what you are about to do: thrum session set-intent "…"')

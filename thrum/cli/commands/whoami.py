"""``thrum whoami``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from thrum import git_place
from thrum.cli import takes
from thrum.cli.context import Context
from thrum.cli.render.text import one_line
from thrum.cli.speaker import PATIENCE_S
from thrum.errors import ThrumError
from thrum.identity import pane
from thrum.identity.files import Identity

if TYPE_CHECKING:
    import typer

    from thrum.cli.speaker import Speaker

FIELDS = [
    "agent_id",
    "role",
    "module",
    "display",
    "branch",
    "worktree",
    "intent",
    "repo_id",
    "session_id",
    "session_start",
    "identity_file",
    "updated_at",
    "source",
    "status",
    "host",
    "pid",
    "tmux_session",
    "tmux_alive",
    "rule",
]


def whoami(
    context: Context,
    field: Annotated[
        str | None, typer.Option(help="print only this field"), takes.words(*FIELDS)
    ] = None,
) -> None:
    """Which agent this shell is: the daemon says so, or the files if it is away."""
    about = _about(context)
    if field is not None:
        value = about.get(field, "")
        context.document({field: value})
        context.say(_text(value))
        return
    context.document(about)
    # People look at stdout alone; who they are not is part of the answer.
    context.say(context.banner)
    context.say(
        "".join(f"{key}: {_text(about[key])}\n" for key in FIELDS if about.get(key, "") != "")
    )


def _text(value: object) -> str:
    """A value as JSON spells it, texts without their quotes."""
    return str(value).lower() if isinstance(value, bool) else one_line(str(value))


def _about(context: Context) -> dict[str, Any]:
    """The file's word, and over it what the daemon knows of the session.

    Raises:
        ThrumError: as `speaker.find`; and the daemon takes this shell for nobody, or another one.
    """
    found = context.speaker
    about = _from_file(context, found.identity) if found.identity else _without_file(found)
    about |= {"rule": found.rule}
    live = found.answer or _asked(context, found.agent_id)
    if live.get("agent_id") != found.agent_id:
        return about
    keys = ("role", "module", "display", "session_id", "session_start", "intent", "host", "branch")
    known = {key: live[key] for key in keys if live.get(key)}
    return about | known | {"source": "daemon"}


def _asked(context: Context, agent_id: str) -> Mapping[str, Any]:
    """What the daemon says of the agent; empty while it is away, for the file needs none."""
    claim = {"caller_agent_id": agent_id}
    try:
        answer: dict[str, Any] = context.call("agent.whoami", claim, timeout=PATIENCE_S)
    except ThrumError as error:
        if error.kind in {"identity_mismatch", "anonymous_caller", "moved"}:
            error.hint = error.hint or "see `thrum identity explain`"
            raise
        return {}
    return answer


def _without_file(found: Speaker) -> dict[str, Any]:
    return {
        "agent_id": found.agent_id,
        "role": found.role,
        "module": found.module,
        "display": "",
        "source": found.rule,
    }


def _from_file(context: Context, identity: Identity) -> dict[str, Any]:
    file = identity.path
    git = git_place.find(context.start)
    about: dict[str, Any] = {
        "agent_id": identity.name,
        "role": context.options.role or identity.role,
        "module": context.options.module or identity.module,
        "display": identity.display,
        "branch": (git_place.branch(git) if git else "") or identity.branch,
        "worktree": identity.worktree,
        "intent": identity.intent,
        "repo_id": identity.repo_id,
        "session_id": identity.session_id,
        "identity_file": str(
            file.relative_to(context.place.root)
            if file.is_relative_to(context.place.root)
            else file
        ),
        "updated_at": identity.updated_at,
        "status": identity.agent_status,
        "pid": identity.agent_pid,
        "source": "file",
    }
    if identity.tmux_session:
        about["tmux_session"] = identity.tmux_session
        about["tmux_alive"] = pane.exists(context.env, identity.tmux_session)
    # Programs that read this count on the first four.
    always = {"agent_id", "role", "module", "display", "source", "tmux_alive"}
    return {key: value for key, value in about.items() if value or key in always}

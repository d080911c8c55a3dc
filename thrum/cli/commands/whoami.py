"""``thrum whoami``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from thrum import git_place
from thrum.cli import takes
from thrum.cli.context import Context
from thrum.cli.render.text import one_line
from thrum.errors import ThrumError
from thrum.identity import pane
from thrum.identity.files import Identity

if TYPE_CHECKING:
    import typer

PATIENCE_S = 2.0
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
    """Which agent this shell is, by its identity file and, if it runs, the daemon."""
    if field is not None and field not in FIELDS:
        raise ThrumError("usage", f"there is no field {field!r}", f"fields: {', '.join(FIELDS)}")
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
    """The file's word, and over it what the daemon knows of the session."""
    selected = context.selected
    about = _from_file(context, selected.identity) | {"rule": selected.rule}
    try:
        live = context.call(
            "agent.whoami", {"caller_agent_id": selected.identity.name}, timeout=PATIENCE_S
        )
    except ThrumError as error:
        # The file is the answer that needs no daemon; `source` says that it is.
        if error.kind in {"identity_mismatch", "anonymous_caller"}:
            context.hint(
                f"the daemon does not take this shell for {one_line(selected.identity.name)}:"
                " see `thrum identity explain`"
            )
        return about
    if live.get("agent_id") != selected.identity.name:
        return about
    keys = ("role", "module", "display", "session_id", "session_start", "intent", "host", "branch")
    known = {key: live[key] for key in keys if live.get(key)}
    return about | known | {"source": "daemon"}


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

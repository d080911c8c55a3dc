"""``thrum context``: notes that an agent keeps for its next session."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Annotated, Any

from thrum import config
from thrum import preamble as preambles
from thrum.cli import takes
from thrum.cli.context import Context
from thrum.cli.render.text import one_line, visible
from thrum.cli.render.times import ago_words
from thrum.cli.steps import composed, naming, source
from thrum.contexts import LARGEST, PROJECT, Contexts
from thrum.errors import ThrumError
from thrum.names import bare
from thrum.plurals import counted
from thrum.prime import project as project_state
from thrum.roles import composing

if TYPE_CHECKING:
    import typer

_AGENT = "another agent than yourself"
_SOURCE = "say of each part where it is from"
_SYNC_S = 70.0


def save(
    context: Context,
    file: Annotated[
        str | None, typer.Option(help="read it from a file, not from stdin"), takes.FILE
    ] = None,
    agent: Annotated[str | None, typer.Option(help=_AGENT), takes.AGENT] = None,
) -> None:
    """Save your context, up to 512 KiB from a file or stdin.

    What it was before can be shown again: the last twenty are kept.
    """
    content = _content(context, file)
    answer = _call(context, "context.save", agent, mine=True, content=_packed(content))
    context.document(answer)
    context.done(f"✓ {one_line(str(answer.get('message')))}")


def show(
    context: Context,
    raw: Annotated[bool, typer.Option("--raw", help="the bytes as they are, with markers")] = False,
    no_preamble: Annotated[
        bool, typer.Option("--no-preamble", help="without role and preamble")
    ] = False,
    project: Annotated[
        bool, typer.Option("--project", help="nothing but the project's state, all of it")
    ] = False,
    session: Annotated[bool, typer.Option("--session", help="without the project's state")] = False,
    versions: Annotated[
        bool, typer.Option("--versions", help="list what was saved before, newest first")
    ] = False,
    version: Annotated[
        str | None, typer.Option(help="an earlier one: its number in that list, or its id")
    ] = None,
    synced: Annotated[bool, typer.Option("--synced", help="the copy on the branch")] = False,
    where: Annotated[bool, typer.Option("--source", help=_SOURCE)] = False,
    agent: Annotated[str | None, typer.Option(help=_AGENT), takes.AGENT] = None,
) -> None:
    """Show what your next session is told: role, preamble, the project's state, your notes.

    Of the project's state it is what concerns your role.
    """
    if sum([versions, version is not None, synced, project]) > 1 or (project and session):
        raise ThrumError(
            "usage", "--project, --synced, --version and --versions exclude each other", "keep one"
        )
    if versions:
        _list(context, agent)
        return
    if project:
        _show_project(context, raw=raw, where=where)
        return
    earlier = synced or version is not None
    answer = _call(
        context,
        "context.show",
        agent,
        include_preamble=not (no_preamble or earlier),
        version=_id(context, agent, version),
        on_branch=synced or None,
    )
    if agent and answer.get("content") is None:
        naming.demand_known(context, agent)
    document = _as_text(answer)
    if not earlier:
        told = _told(context, agent, answer.get("preamble"))
        left_out = {"role", "preamble"} if no_preamble else set()
        left_out |= {"project state"} if session else set()
        shown = {name: part for name, part in told.items() if part.text and name not in left_out}
        document["told"] = [_row(name, part) for name, part in shown.items()]
        if "project state" in shown:
            document["project_state"] = shown["project state"].text
        for name, part in shown.items():
            _tell(context, name, part, agent=answer["agent_name"], raw=raw, where=where)
    _say(context, answer, raw=raw, is_earlier=version is not None)
    context.document(document)


def _show_project(context: Context, *, raw: bool, where: bool) -> None:
    """The project's state as it stands, whomever it concerns."""
    shared = Contexts(context.place.repository)
    found = shared.read(PROJECT)
    text = found.content.decode(errors="replace") if found else ""
    if project_state.has_content(text):
        part = composed.Part(text, str(shared.path(PROJECT)))
        context.document({"project_state": text, "source": part.source})
        _tell(context, "project state", part, raw=raw, where=where)
    else:
        context.document({})
        context.done("There is no project state.")


def _told(context: Context, agent: str | None, own: object) -> dict[str, composed.Part]:
    """What the agent is told, by the names of its parts.

    Raises:
        ThrumError: one of them cannot be read.
    """

    def refuse(error: ThrumError) -> None:
        raise error

    settings = config.load(context.place.config, context.env)
    parts = composed.gather(
        context,
        composed.of(context, _name(context, agent)),
        _unpacked(own).decode(errors="replace"),
        is_alone=bool(settings.get("daemon.single_agent_mode")),
        trouble=refuse,
    )
    return {
        "role": parts.duties,
        "preamble": parts.instructions,
        "project state": parts.project,
    }


def _row(name: str, part: composed.Part) -> dict[str, str]:
    return {"part": name, "source": part.source, "text": part.text}


def _tell(
    context: Context,
    name: str,
    part: composed.Part,
    *,
    agent: str = "",
    raw: bool = False,
    where: bool = False,
) -> None:
    """One part, below its name; between marks for programs where it is wanted as it is."""
    origin = f" (from {one_line(part.source)})" if where else ""
    if raw:
        whose = f": {one_line(agent)}" if agent else ""
        context.say(f"<!-- {name}{whose}{origin} -->")
        context.say(part.text)
        context.say(f"<!-- end {name} -->")
    else:
        context.say(f"--- {name.title()}{origin} ---\n{visible(part.text)}")


def _as_text(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer with text where the daemon sends bytes; what is no text stays base64."""
    made = dict(answer)
    for key in ("preamble", "content"):
        try:
            made |= {key: _unpacked(answer[key]).decode()} if answer.get(key) else {}
        except UnicodeDecodeError:
            made[f"{key}_encoding"] = "base64"
    return made


def _say(context: Context, answer: dict[str, Any], *, raw: bool, is_earlier: bool) -> None:
    content = _unpacked(answer.get("content"))
    if raw:
        _write(context, content)
        return
    name = one_line(str(answer.get("agent_name")))
    if not content:
        context.done(f"No context for {name}{_before(answer)}.")
        return
    about = [counted(len(content), "byte")]
    if is_earlier:
        about.append("an earlier one")
    if answer.get("updated_at"):
        about.append(f"saved {ago_words(str(answer['updated_at']), context.now_ns())}")
    if answer.get("found_in"):
        about.append(f"from {one_line(str(answer['found_in']))}")
    context.say(f"--- Context of {name} ({', '.join(about)}) ---\n{_text(content)}")


def _before(answer: dict[str, Any]) -> str:
    """Where to find what was there before; nothing where nothing was."""
    return ": it was cleared; --versions lists earlier ones" if answer.get("was_cleared") else ""


def _text(content: bytes) -> str:
    """The bytes as text that does nothing to a terminal."""
    try:
        return visible(content.decode())
    except UnicodeDecodeError:
        return f"({counted(len(content), 'byte')} of no text; --raw writes them as they are)"


def _write(context: Context, content: bytes) -> None:
    """Writes bytes as they are, where the stream can; nothing with ``--json``."""
    if context.options.json:
        return
    context.stdout.flush()
    buffer = getattr(context.stdout, "buffer", None)
    if buffer is None:
        context.stdout.write(content.decode(errors="replace"))
        return
    buffer.write(content)
    buffer.flush()


def _list(context: Context, agent: str | None) -> None:
    answer = _call(context, "context.versions", agent)
    context.document(answer)
    rows = answer.get("versions") or []
    for number, row in enumerate(rows, 1):
        when = ago_words(str(row.get("written_at")), context.now_ns())
        size = counted(int(row.get("size") or 0), "byte")
        context.say(f"{number} {when} {size} {one_line(str(row.get('id')))}")
    if not rows:
        context.done("Nothing was saved before.")


def _id(context: Context, agent: str | None, version: str | None) -> str | None:
    """The id of a version that may be named by its place in the list."""
    if version == "":
        raise ThrumError("usage", "--version names none", "see `thrum context show --versions`")
    if version is None or not version.isdecimal():
        return version
    rows = _call(context, "context.versions", agent).get("versions") or []
    if not 1 <= int(version) <= len(rows):
        raise ThrumError(
            "not_found",
            f"there is no version {version}; {len(rows)} are kept",
            "see `thrum context show --versions`",
        )
    return str(rows[int(version) - 1]["id"])


def clear(
    context: Context, agent: Annotated[str | None, typer.Option(help=_AGENT), takes.AGENT] = None
) -> None:
    """Remove your context; it stays among the versions."""
    answer = _call(context, "context.clear", agent, mine=True)
    context.document(answer)
    context.done(f"✓ {one_line(str(answer.get('message')))}")


def preamble(
    context: Context,
    init: Annotated[bool, typer.Option("--init", help="write the default one")] = False,
    file: Annotated[
        str | None, typer.Option(help="write this file; '-' is stdin"), takes.FILE
    ] = None,
    where: Annotated[bool, typer.Option("--source", help=_SOURCE)] = False,
    agent: Annotated[str | None, typer.Option(help=_AGENT), takes.AGENT] = None,
) -> None:
    """Show what your next session is told of role and colleagues, or write a preamble of your own.

    Your own stands in the place of both.
    """
    if init and file is not None:
        raise ThrumError("usage", "--init and --file exclude each other", "leave one out")
    if not init and file is None:
        _show_preamble(context, agent, where=where)
        return
    text = preambles.default(_name(context, agent)).encode() if init else _content(context, file)
    answer = _call(context, "context.preamble.save", agent, mine=True, content=_packed(text))
    context.document(answer)
    context.done(f"✓ {one_line(str(answer.get('message')))}")


def _show_preamble(context: Context, agent: str | None, *, where: bool) -> None:
    """What stands before the notes, with a line between its parts."""
    answer = _call(context, "context.preamble.show", agent)
    told = _told(context, agent, answer.get("content"))
    shown = {name: told[name] for name in ("role", "preamble") if told[name].text}
    rows = [_row(name, part) for name, part in shown.items()]
    context.document(_as_text(answer) | {"told": rows})
    if where:
        for name, part in shown.items():
            _tell(context, name, part, where=True)
    elif shown:
        context.say(visible(composing.SEPARATOR.join(part.text for part in shown.values())))
    else:
        context.done("Nothing: one agent works here alone.")


def sync(
    context: Context, agent: Annotated[str | None, typer.Option(help=_AGENT), takes.AGENT] = None
) -> None:
    """Put a copy of your context on the branch, for the other clones."""
    answer = _call(context, "context.sync", agent, mine=True, timeout=_SYNC_S)
    context.document(answer)
    mark = "✓ " if answer.get("synced") else ""
    context.done(f"{mark}{one_line(str(answer.get('message')))}")


def _name(context: Context, agent: str | None) -> str:
    """Whose context; an empty ``--agent`` is a slip, and must not mean oneself.

    Raises:
        ThrumError: ``usage``; ``identity``, nobody is named and nobody is here.
    """
    if agent is None:
        return context.caller.agent_id
    if not bare(agent):
        raise ThrumError("usage", "--agent names nobody", "give a name, or leave it out")
    return bare(agent)


def _call(
    context: Context,
    method: str,
    agent: str | None,
    *,
    mine: bool = False,
    timeout: float | None = None,
    **params: object,
) -> dict[str, Any]:
    """Asks about the agent's context in this worktree; `mine` says who changes it."""
    place = {"agent_name": _name(context, agent), "repo_path": str(context.place.root)}
    claim = {"caller_agent_id": context.caller.agent_id} if mine else {}
    given = {**place, **claim, **params}
    answer: dict[str, Any] = context.call(method, given, timeout)
    return answer


def _content(context: Context, file: str | None) -> bytes:
    """The bytes of a file or of stdin, which must be some.

    Raises:
        ThrumError: ``usage``, there are none; and what `source` raises.
    """
    if file is not None and file != "-":
        content = source.of_file(context, file, LARGEST)
    elif context.stdin_is_terminal:
        raise ThrumError("usage", "there is nothing to save", "pipe it in, or give --file PATH")
    else:
        content = source.of_stdin(context, LARGEST)
    if not content:
        raise ThrumError(
            "usage",
            "there is nothing to save: what came is empty",
            "to remove what is there: `thrum context clear`",
        )
    return content


def _packed(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _unpacked(text: object) -> bytes:
    try:
        return base64.b64decode(text, validate=True) if isinstance(text, str) else b""
    except ValueError:
        raise ThrumError("no_answer", "the daemon answered with something that is no base64") from (
            None
        )

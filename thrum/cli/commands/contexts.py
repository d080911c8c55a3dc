"""``thrum context``: notes that an agent keeps for its next session."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Annotated, Any

from thrum import preamble as preambles
from thrum.cli import takes
from thrum.cli.context import Context
from thrum.cli.render.text import one_line, visible
from thrum.cli.render.times import ago_words
from thrum.cli.steps import source
from thrum.contexts import LARGEST, PROJECT, Contexts
from thrum.errors import ThrumError
from thrum.names import bare
from thrum.plurals import counted
from thrum.prime import project as project_state

if TYPE_CHECKING:
    import typer

_AGENT = "another agent than yourself"
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
        bool, typer.Option("--no-preamble", help="without the preamble")
    ] = False,
    project: Annotated[
        bool, typer.Option("--project", help="nothing but the project's state")
    ] = False,
    session: Annotated[bool, typer.Option("--session", help="without the project's state")] = False,
    versions: Annotated[
        bool, typer.Option("--versions", help="list what was saved before, newest first")
    ] = False,
    version: Annotated[
        str | None, typer.Option(help="an earlier one: its number in that list, or its id")
    ] = None,
    synced: Annotated[bool, typer.Option("--synced", help="the copy on the branch")] = False,
    agent: Annotated[str | None, typer.Option(help=_AGENT), takes.AGENT] = None,
) -> None:
    """Show your context: the project's state, the preamble, your notes."""
    if sum([versions, version is not None, synced, project]) > 1 or (project and session):
        raise ThrumError(
            "usage", "--project, --synced, --version and --versions exclude each other", "keep one"
        )
    if versions:
        _list(context, agent)
        return
    earlier = synced or version is not None
    document: dict[str, Any] = {}
    state = "" if session or earlier else _project(context)
    if state and context.options.json:
        document["project_state"] = state
    if state:
        context.say(f"--- Project State ---\n{state if raw else visible(state)}")
    if not project:
        answer = _call(
            context,
            "context.show",
            agent,
            include_preamble=not (no_preamble or earlier),
            version=_id(context, agent, version),
            on_branch=synced or None,
        )
        document |= _as_text(answer)
        _say(context, answer, raw=raw, is_earlier=version is not None)
    elif not state:
        context.done("There is no project state.")
    context.document(document)


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
    before = _unpacked(answer.get("preamble"))
    content = _unpacked(answer.get("content"))
    if raw:
        if before:
            context.say(f"<!-- preamble: {answer.get('agent_name')} -->")
            _write(context, before if before.endswith(b"\n") else before + b"\n")
            context.say("<!-- end preamble -->")
        _write(context, content)
        return
    if before:
        context.say(f"--- Preamble ---\n{_text(before)}")
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


def _project(context: Context) -> str:
    """The project's state, which belongs to all agents; empty while only its headings stand."""
    found = Contexts(context.place.repository).read(PROJECT)
    text = found.content.decode(errors="replace") if found else ""
    return text if project_state.has_content(text) else ""


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
    agent: Annotated[str | None, typer.Option(help=_AGENT), takes.AGENT] = None,
) -> None:
    """Show the text that stands before your context, or write it."""
    if init and file is not None:
        raise ThrumError("usage", "--init and --file exclude each other", "leave one out")
    if not init and file is None:
        answer = _call(context, "context.preamble.show", agent)
        context.document(_as_text(answer))
        content = _unpacked(answer.get("content"))
        if content:
            context.say(_text(content))
        else:
            context.done("No preamble.")
        return
    text = preambles.default(_name(context, agent)).encode() if init else _content(context, file)
    answer = _call(context, "context.preamble.save", agent, mine=True, content=_packed(text))
    context.document(answer)
    context.done(f"✓ {one_line(str(answer.get('message')))}")


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

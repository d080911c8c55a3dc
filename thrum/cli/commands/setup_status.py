"""``thrum setup status``: what each runtime has of Thrum, and whether it uses it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

from thrum.cli.context import Context
from thrum.cli.render import times
from thrum.cli.render.paint import Paint
from thrum.cli.render.text import one_line
from thrum.cli.steps import grounding
from thrum.clock import format_ns
from thrum.runtimes import presets
from thrum.runtimes.contract import Scope
from thrum.setup import status as standing
from thrum.setup.fired import Sign
from thrum.setup.status import RuntimeStatus

if TYPE_CHECKING:
    import typer


def status(
    context: Context,
    runtime: Annotated[
        list[str] | None, typer.Option(help="only this one; may be repeated"), grounding.WHICH
    ] = None,
) -> None:
    """Tell what each runtime has of Thrum, whether it trusts it, and when it last called.

    A part is ready, there by a plugin, old (an earlier Thrum wrote it: run `thrum setup`), missing,
    or blocked by what stands there.
    """
    scopes = Scope if context.git else (Scope.USER,)
    grounds = [grounding.ground(context, scope.value) for scope in scopes]
    mine = presets.read(grounds[0].home)
    named = [mine.find(each) for each in runtime or [] if each != "all"]
    found = standing.of(named or mine.every(), grounds)
    shown = [each for each in found if each.is_here or each.is_set_up or named]
    context.document({"runtimes": [_document(each) for each in shown]})
    for each in shown:
        for line in _lines(context.paint, each, context.env.get("HOME", ""), context.now_ns()):
            context.say(f"{line}\n")
    if not shown:
        context.done(
            "No agent runtime was found, and nothing is set up: thrum setup --runtime NAME"
        )


def _lines(paint: Paint, status: RuntimeStatus, home: str, now_ns: int) -> Iterator[str]:
    """What a person reads of one runtime."""
    where = "" if status.is_here else " (not found on this machine)"
    yield f"{one_line(status.adapter.title)}{where}"
    for part, found in status.parts.items():
        painted = paint.good if found.state in {"ready", "plugin"} else paint.doubtful
        word = painted(found.state.ljust(8))
        path = one_line(str(found.path).replace(home, "~", 1) if home else str(found.path))
        why = f": {one_line(found.why)}" if found.why else ""
        yield f"  {part.value.ljust(12)} {word} {path}{why}"
    if status.is_set_up:
        yield from _life(status, now_ns)


def _life(status: RuntimeStatus, now_ns: int) -> Iterator[str]:
    trusted = {True: "yes", False: "not yet", None: "cannot be seen"}[status.is_trusted]
    yield f"  {'trusted'.ljust(12)} {trusted}"
    if status.adapter.hooks:
        last = status.last
        said = f"{one_line(last.text)} {_ago(last, now_ns)}" if last else "never"
        yield f"  {'last hook'.ljust(12)} {said}"
    if status.failure:
        said = f"{one_line(status.failure.text)} ({_ago(status.failure, now_ns)})"
        yield f"  {'last error'.ljust(12)} {said}"
    if status.is_trusted is not True and status.last is None:
        for step in status.adapter.confirm:
            yield f"  {step}"


def _ago(sign: Sign, now_ns: int) -> str:
    return times.ago_words(format_ns(sign.at_ns), now_ns)


def _document(status: RuntimeStatus) -> dict[str, Any]:
    """What a program reads of one runtime."""
    parts = {
        part.value: {
            "state": found.state,
            "scope": found.scope.value,
            "path": str(found.path),
            **({"why": found.why} if found.why else {}),
        }
        for part, found in status.parts.items()
    }
    return {
        "runtime": status.adapter.name,
        "installed": status.is_here,
        "parts": parts,
        "trusted": status.is_trusted,
        "last_hook": _sign(status.last, "event"),
        "last_error": _sign(status.failure, "text"),
        "confirm": list(status.adapter.confirm),
    }


def _sign(sign: Sign | None, name: str) -> dict[str, str] | None:
    return {name: sign.text, "at": format_ns(sign.at_ns)} if sign else None

"""Asking for hints, and telling them: below the answer on stderr, or with it as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from thrum.cli.context import truthy
from thrum.cli.render.text import one_line
from thrum.errors import ThrumError
from thrum.hints import registry
from thrum.hints.contract import Asked, Hint

if TYPE_CHECKING:
    from thrum.cli.context import Context
    from thrum.hints.contract import State

_PATIENCE_S: Final = 1.0


class Seen:
    """The state that sources may look at, as this shell sees it."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def unseen_s(self, agent: str) -> float | None:
        """See `State`."""
        from thrum.clock import parse

        name = agent.removeprefix("@")
        answer = self._context.client.call("agent.lookup", {"name": name}, _PATIENCE_S)
        member = answer.get("member") if isinstance(answer, dict) else None
        if not isinstance(member, dict) or not member.get("is_local"):
            return None
        try:
            seen_ns = parse(str(member.get("last_seen")))
        except ValueError:
            return None
        return (self._context.now_ns() - seen_ns) / 1e9

    def has_agents(self) -> bool:
        """See `State`."""
        return any(self._context.evidence.here)

    def unconnected(self) -> Sequence[str]:
        """See `State`."""
        from pathlib import Path

        from thrum.runtimes import presets
        from thrum.runtimes.contract import Scope
        from thrum.setup import receipts, wanted

        home, root = self._context.env.get("HOME", ""), self._context.toplevel
        if not home or root is None:
            return ()
        ground = wanted.Ground(Scope.USER, Path(home), (root,), self._context.env)
        asked = presets.read(ground.home).every()
        found = wanted.unconnected(ground, asked, receipts.read(ground.home))
        return [adapter.title for adapter in found]

    def is_linked_worktree(self, folder: str) -> bool:
        """See `State`."""
        from pathlib import Path

        return (Path(folder) / ".git").is_file()

    def session_state(self, session: str) -> str:
        """See `State`."""
        from thrum.cli.steps import attaching

        return str(attaching.row_of(attaching.known(self._context), session).get("state") or "")

    def role_texts(self) -> tuple[str, ...]:
        """See `State`."""
        from thrum.roles import composing

        return tuple(composing.roles(self._context.place.shared))

    def role_answers(self) -> Mapping[str, Any] | None:
        """See `State`."""
        from thrum import config
        from thrum.roles import answers

        tree = config.load(self._context.place.config, self._context.env).tree
        found = tree.get(answers.KEY)
        return found if isinstance(found, Mapping) else None


def find(
    context: Context,
    command: str,
    args: Mapping[str, Any] | None = None,
    *,
    result: Mapping[str, Any] | None = None,
    state: State | None = None,
) -> list[Hint]:
    """What there is to say; nothing where nobody would get it.

    Args:
        context: where it is told.
        command: the key of the command.
        args: what was typed.
        result: what the command gave; None before it is carried out.
        state: what sources may look at; this shell's view if it is None.
    """
    is_unheard = context.options.quiet and not context.options.json
    if is_unheard or truthy(context.env.get("THRUM_NO_HINTS", "")):
        return []
    is_done = result is not None
    asked = Asked(command, state or Seen(context), args or {}, is_done, result or {})
    return registry.hints(asked)


def stop_at(context: Context, found: Sequence[Hint], *, force: bool) -> None:
    """Refuses to carry out a command that a warning keeps back.

    Raises:
        ThrumError: ``hint``, there is one that ``--force`` does not outweigh.
    """
    stopping = registry.blockers(found, force=force)
    if not stopping:
        return
    tell(context, stopping)
    may_force = any(each.allow_force for each in stopping)
    todo = "--force does it all the same" if may_force else "do what the hint says first"
    about = {"aborted": True, "hints": [each.tree() for each in stopping]}
    raise ThrumError("hint", stopping[0].message, todo, about)


def added(document: Mapping[str, Any], found: Sequence[Hint]) -> dict[str, Any]:
    """The answer for programs, with the hints if there are any."""
    return {**document} | ({"hints": [each.tree() for each in found]} if found else {})


def tell(context: Context, found: Sequence[Hint]) -> None:
    """Writes the hints for people, below what is on stdout."""
    if found:
        context.stdout.flush()
        context.note("\n" + "\n".join(shown(each) for each in found).rstrip("\n"))


def shown(hint: Hint) -> str:
    """A hint with its options below it, each with its label before it."""
    lines = [f"  {hint.severity} [{hint.code}]: {one_line(hint.message)}"]
    widest = max((len(each.label) for each in hint.options), default=0) + 1
    for each in hint.options:
        note = f"    ({each.note})" if each.note else ""
        lines.append(f"    {f'{each.label}:'.ljust(widest)} {one_line(each.cmd)}{note}")
    return "\n".join(lines) + "\n"

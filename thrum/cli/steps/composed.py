"""What an agent is told of its role, of working with others and of the project, part by part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from thrum import contexts
from thrum.cli.context import Context
from thrum.errors import ThrumError
from thrum.prime import project
from thrum.roles import composing

USUAL: Final = "thrum's own"
"""Where a text is from that nobody wrote down here."""


class Who(NamedTuple):
    """Whom it is told: name, role and module, the latter two empty where nobody knows them."""

    agent: str
    role: str = ""
    module: str = ""


class Part(NamedTuple):
    """A text, and where it is from: a file, or Thrum itself. Both empty where there is none."""

    text: str = ""
    source: str = ""


class Composed(NamedTuple):
    """The parts, in the order in which they are told.

    Attributes:
        duties: what the repository says of the role.
        instructions: how to work with others; the agent's own preamble stands for both.
        project: what of the project's state concerns the role.
    """

    duties: Part
    instructions: Part
    project: Part


def gather(
    context: Context,
    who: Who,
    own: str,
    *,
    is_alone: bool,
    trouble: Callable[[ThrumError], None],
) -> Composed:
    """Composes it, as the next session is told.

    Args:
        context: whose files count.
        who: the agent.
        own: the text of its preamble file; empty where there is none.
        is_alone: whether one agent works here alone, to whom nothing is said of others.
        trouble: is given what cannot be read; unless it raises, that is left out.
    """
    told = composing.told(own, _template(context, who.role, trouble), _variables(context, who))
    is_own = composing.is_own(own, who.agent)
    duties, instructions = Part(), Part()
    if told.duties.strip():
        duties = Part(told.duties, str(composing.path_of(context.place.shared, who.role)))
    if is_own:
        stem = contexts.stem_of(who.agent) + contexts.PREAMBLE
        instructions = Part(own, str(contexts.Contexts(context.place.root).path(stem)))
    elif not is_alone:
        instructions = Part(told.instructions, USUAL)
    return Composed(duties, instructions, _project(context, who.role, trouble))


def of(context: Context, agent: str) -> Who:
    """The agent of that name, with what the identity files or its own flags say of it.

    Raises:
        ThrumError: as `Context.evidence`.
    """
    for each in context.evidence.all:
        if each.name == agent:
            return Who(agent, each.role, each.module)
    try:
        me = context.caller
    except ThrumError:
        return Who(agent)  # this shell is nobody; whom it asks about may live elsewhere
    return Who(agent, me.role, me.module) if me.agent_id == agent else Who(agent)


def _template(context: Context, role: str, trouble: Callable[[ThrumError], None]) -> str:
    """The repository's text for the role."""
    try:
        return composing.template(context.place.shared, role)
    except ThrumError as error:
        trouble(error)
        return ""


def _project(context: Context, role: str, trouble: Callable[[ThrumError], None]) -> Part:
    shared = contexts.Contexts(context.place.repository)
    try:
        note = shared.read(contexts.PROJECT)
    except ThrumError as error:
        trouble(error)
        return Part()
    text = project.for_role(note.content.decode(errors="replace") if note else "", role)
    return Part(text, str(shared.path(contexts.PROJECT))) if text else Part()


def _variables(context: Context, who: Who) -> composing.Variables:
    try:
        identities = context.evidence.all
    except ThrumError:
        identities = ()  # whoever it is has been told of that already
    return composing.Variables(
        who.agent,
        who.role,
        who.module,
        str(context.place.root),
        str(context.place.repository),
        composing.coordinator((each.name, each.role) for each in identities),
    )

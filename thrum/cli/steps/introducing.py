"""Which agent the person at the terminal is: the questions of ``thrum init``."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from thrum import git_place, names, paths
from thrum.cli.steps.questioning import insisted, tell
from thrum.errors import ThrumError
from thrum.identity import files

if TYPE_CHECKING:
    from thrum.cli.context import Context
    from thrum.git_place import GitPlace
    from thrum.identity.files import Identity

_ROLE: Final = "coordinator"
_MODULE: Final = "main"
_GREETING: Final = "Which agent are you? Enter takes what stands in brackets, Ctrl-C leaves."


class Who(NamedTuple):
    """An agent; empty is what nobody has said."""

    name: str
    role: str
    module: str


def introduced(context: Context, git: GitPlace, given: Who, *, force: bool) -> Who:
    """Asks for what the line does not say; nothing where somebody is known, unless forced.

    Args:
        context: the world of the command.
        git: the work tree.
        given: what the line says.
        force: ask although somebody is known here.

    Raises:
        ThrumError: ``usage``, no answer came.
        KeyboardInterrupt: Ctrl-C was typed.
    """
    known = list(files.read_all(git.toplevel / paths.NAME / "identities"))
    if all(given) or (known and not force):
        return given
    tell(context, _GREETING)
    old = known[0] if len(known) == 1 else None
    name = given.name or insisted(context, "Name", _name(git, given, old), names.check_agent_name)
    same = old if old and old.name == name else None
    role = given.role or insisted(
        context, "Role", same.role if same and same.role else _ROLE, names.check_role
    )
    module = given.module or insisted(
        context, "Module", _module(git, same), partial(names.check_role, what="module")
    )
    return Who(name, role, module)


def _name(git: GitPlace, given: Who, old: Identity | None) -> str:
    if old:
        return old.name
    made = f"{names.sanitize(given.role or _ROLE)}_{names.sanitize(git.toplevel.name)}"
    return made[: names.LONGEST]


def _module(git: GitPlace, same: Identity | None) -> str:
    """What it was, else the branch; one with a slash in it is no module as it is."""
    found = (same.module if same else "") or git_place.branch(git) or _MODULE
    try:
        return names.check_role(found, "module")
    except ThrumError:
        return names.sanitize(found)[: names.LONGEST]

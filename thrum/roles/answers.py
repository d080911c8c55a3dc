"""``role_config``: what somebody chose for each role, as the configuration keeps it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from thrum import __version__
from thrum.errors import ThrumError
from thrum.roles import composing, shipped

KEY: Final = "role_config"
SETS: Final = {"default": "strict", "enhanced": "autonomous"}
"""Texts for all roles at once: the autonomy of each, by the name of the set."""

_ALONE: Final = "orchestrator"
"""The role that has one text and no autonomy to choose."""

_FIELDS: Final = frozenset({"schema_version", "plugin_version", "configured_at", "roles"})
_ROLE_FIELDS: Final = frozenset({"autonomy", "scope", "rendered_hash"})
_WHERE: Final = "see `thrum help roles save-config`"


class Answer(NamedTuple):
    """What was chosen for a role.

    Attributes:
        rendered_hash: of the shipped text when it was put into the repository; or empty.
    """

    role: str
    autonomy: str
    scope: str = ""
    rendered_hash: str = ""

    @property
    def template(self) -> str:
        """The name of the shipped text that was chosen."""
        return shipped.name_of(self.role, self.autonomy, self.scope)


class Answers(NamedTuple):
    """What was chosen for all of them."""

    schema_version: int
    configured_at: str
    roles: tuple[Answer, ...]
    plugin_version: str = __version__

    def tree(self) -> dict[str, Any]:
        """As the configuration keeps it."""
        return {
            "schema_version": self.schema_version,
            "plugin_version": self.plugin_version,
            "configured_at": self.configured_at,
            "roles": {each.role: _tree(each) for each in self.roles},
        }


def _tree(answer: Answer) -> dict[str, str]:
    kept = {"autonomy": answer.autonomy, "scope": answer.scope}
    return kept | ({"rendered_hash": answer.rendered_hash} if answer.rendered_hash else {})


def parse(tree: object, now: str) -> Answers:
    """What was chosen, checked.

    Args:
        tree: what was given.
        now: the time, RFC 3339, where it says none.

    Raises:
        ThrumError: ``invalid_params``: an unknown field, a value of another type, no role at all,
            or a role for which there is no text.
    """
    given = _mapping("the answer", tree, _FIELDS)
    chosen = given.get("roles")
    if not isinstance(chosen, Mapping) or not chosen:
        raise ThrumError("invalid_params", "roles says nothing", _WHERE)
    version = given.get("schema_version", shipped.SCHEMA)
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise ThrumError("invalid_params", f"schema_version is {version!r}", _WHERE)
    roles = tuple(_answer(role, about) for role, about in chosen.items())
    return Answers(
        version,
        _text(given, "configured_at", "the answer") or now,
        roles,
        _text(given, "plugin_version", "the answer") or __version__,
    )


def of_set(name: str, now: str, before: Iterable[Answer] = ()) -> Answers:
    """What is chosen by the name of a set: a shipped text for every role that has one.

    Args:
        name: one of `SETS`.
        now: the time, RFC 3339.
        before: what was chosen until now; its hashes tell which texts nobody has changed by hand.
    """
    hashes = {each.role: each.rendered_hash for each in before}
    chosen = dict.fromkeys(shipped.ROLES, SETS[name]) | {_ALONE: ""}
    roles = (Answer(role, autonomy, "", hashes.get(role, "")) for role, autonomy in chosen.items())
    return Answers(shipped.SCHEMA, now, tuple(roles))


def _answer(role: str, tree: object) -> Answer:
    composing.path_of(Path(), role)
    about = _mapping(f"roles.{role}", tree, _ROLE_FIELDS)
    found = Answer(
        role,
        _text(about, "autonomy", role),
        _text(about, "scope", role),
        _text(about, "rendered_hash", role),
    )
    shipped.read(found.template)
    return found


def _mapping(where: str, tree: object, known: frozenset[str]) -> Mapping[str, Any]:
    if not isinstance(tree, Mapping):
        raise ThrumError("invalid_params", f"{where} is no JSON object", _WHERE)
    unknown = sorted(set(tree) - known)
    if unknown:
        names = ", ".join(unknown)
        raise ThrumError("invalid_params", f"{where} has unknown fields: {names}", _WHERE)
    return tree


def _text(tree: Mapping[str, Any], name: str, where: str) -> str:
    value = tree.get(name, "")
    if not isinstance(value, str):
        raise ThrumError("invalid_params", f"{name} of {where} is no text: {value!r}", _WHERE)
    return value

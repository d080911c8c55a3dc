"""Hints about role texts that the repository chose and that have changed since."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from thrum.errors import ThrumError
from thrum.hints.contract import Asked, Hint, Option
from thrum.roles import shipped

_REFRESH = Option("refresh", "thrum roles refresh")


def drift(asked: Asked) -> Iterator[Hint]:
    """The first that is true: no answers, answers of an older form, texts that have changed."""
    answers = asked.state.role_answers()
    if answers is None:
        if asked.state.role_texts():
            yield Hint(
                "roles.config.migration",
                "warn",
                "there are role texts, and no answers from which they could be refreshed",
                (
                    Option("save", "thrum roles save-config < answers.json"),
                    Option("look", "thrum roles list"),
                ),
            )
        return
    version = answers.get("schema_version")
    if isinstance(version, int) and version < shipped.SCHEMA:
        text = f"the answers about roles are of form {version}, the texts of {shipped.SCHEMA}"
        yield Hint("roles.config.schema-bump", "warn", text, (_REFRESH,))
        return
    changed = sorted(role for role, about in _roles(answers).items() if _has_changed(role, about))
    if changed:
        text = f"the role texts have changed since they were chosen: {', '.join(changed)}"
        yield Hint("roles.config.body-diff", "warn", text, (_REFRESH,))


def _roles(answers: Mapping[str, Any]) -> Mapping[str, Any]:
    found = answers.get("roles")
    return found if isinstance(found, Mapping) else {}


def _has_changed(role: str, about: Any) -> bool:
    if not isinstance(about, Mapping) or not about.get("rendered_hash"):
        return False
    name = shipped.name_of(role, str(about.get("autonomy", "")), str(about.get("scope", "")))
    try:
        return shipped.read(name).hash != str(about["rendered_hash"])
    except ThrumError:
        return False  # a role of the repository's own, which has no shipped text

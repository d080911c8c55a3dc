"""What older Thrums wrote into files in which this one writes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from thrum.runtimes import registry
from thrum.runtimes.contract import Scope
from thrum.setup import retired

OLDER = Path(__file__).parents[3] / "fixtures" / "setup" / "older-thrum.json"


def apply(person: Any, scope: Scope) -> list[Any]:
    found = list(retired.changes(person.ground(scope), [registry.adapter("claude")]))
    assert retired.put(found) == []
    return found


@pytest.mark.parametrize("scope", Scope)
def test_it_goes_and_what_is_beside_it_stays(person: Any, scope: Scope) -> None:
    path = person.root / ".claude" / "settings.json"
    path.parent.mkdir()
    path.write_bytes(OLDER.read_bytes())
    assert not list(retired.changes(person.ground(scope), [registry.adapter("codex")]))
    (change,) = apply(person, scope)
    assert change.notes == ("takes out what an older Thrum put there",)
    assert "thrum" not in path.read_text()
    assert "say done" in path.read_text()
    assert apply(person, scope) == []


def test_who_writes_meanwhile_is_in_the_way(person: Any) -> None:
    path = person.root / ".claude" / "settings.json"
    path.parent.mkdir()
    path.write_bytes(OLDER.read_bytes())
    found = list(retired.changes(person.ground(), [registry.adapter("claude")]))
    path.write_text("{}")
    assert [each.path for each in retired.put(found)] == [path]
    assert path.read_text() == "{}"


@pytest.mark.parametrize("raw", [None, b"", b"{", b"{}", b'{"hooks": {"Stop": []}}', b"\xff"])
def test_a_file_without_it_is_left(person: Any, raw: bytes | None) -> None:
    path = person.root / ".claude" / "settings.json"
    if raw is not None:
        path.parent.mkdir()
        path.write_bytes(raw)
    assert apply(person, Scope.USER) == []
    assert not path.exists() if raw is None else path.read_bytes() == raw


def test_a_work_tree_that_is_the_home_has_the_persons_settings(person: Any) -> None:
    path = person.home / ".claude" / "settings.json"
    path.parent.mkdir()
    path.write_bytes(OLDER.read_bytes())
    person.root = person.home
    assert apply(person, Scope.USER) == []

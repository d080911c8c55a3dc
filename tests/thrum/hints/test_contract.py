"""A hint as programs get it."""

from __future__ import annotations

from thrum.hints.contract import Hint, Option


def test_options_are_always_there_and_empty_notes_never() -> None:
    assert Hint("a.b", "info", "text").tree() == {
        "code": "a.b",
        "severity": "info",
        "message": "text",
        "options": [],
    }
    options = (Option("look", "thrum team"), Option("replace", "thrum x --force", "ends it"))
    assert Hint("a.b", "warn", "text", options, allow_force=True).tree()["options"] == [
        {"label": "look", "cmd": "thrum team"},
        {"label": "replace", "cmd": "thrum x --force", "note": "ends it"},
    ]

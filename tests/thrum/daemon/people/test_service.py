"""Whose account it is outlasts the daemon."""

from __future__ import annotations

import os

import anyio
import pytest

from thrum.daemon.node import Node
from thrum.daemon.people import bound
from thrum.daemon.people.service import People


def test_it_is_known_after_a_restart(parts: Node) -> None:
    async def course() -> None:
        people = People(parts)
        await people.start()
        assert parts.resolver.person == ""
        await people.bind("user:ada")
        assert parts.resolver.person == "user:ada"
        await people.bind("user:eve")
        parts.resolver.person = ""
        await People(parts).start()
        assert parts.resolver.person == "user:eve"

    anyio.run(course)


def test_another_account_is_another_persons(parts: Node) -> None:
    async def course() -> None:
        people = People(parts)
        await people.tables.write(lambda db: bound.bind(db, os.getuid() + 1, "user:eve"))
        await people.start()
        assert parts.resolver.person == ""

    anyio.run(course)


def test_without_its_tables_nobody_is_known(parts: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    tables = type(parts.state.of("people"))
    monkeypatch.setattr(tables, "refusal", property(lambda self: "a newer program wrote them"))
    anyio.run(People(parts).start)
    assert parts.resolver.person == ""

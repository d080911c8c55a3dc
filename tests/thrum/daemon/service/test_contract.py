"""What a service is that says nothing but its name."""

from __future__ import annotations

from typing import Any, ClassVar

import anyio
import pytest

from thrum.config import Config
from thrum.daemon.push.service import Push
from thrum.daemon.service.contract import Service
from thrum.daemon.services import SERVICES


class Plain(Service):
    """Has a name."""

    name: ClassVar = "plain"


def test_it_has_nothing_and_is_well(parts: Any) -> None:
    plain = Plain(parts)
    assert plain.node is parts
    assert (plain.keys, plain.follows, plain.hears, plain.schema) == ({}, frozenset(), (), None)
    assert (plain.methods(), plain.checks(), plain.health()) == ((), {}, "")
    plain.heard([])
    plain.missed()
    plain.changed(Config(parts.place.config))
    anyio.run(plain.start)
    anyio.run(plain.stop)


def test_it_runs_until_it_is_cancelled(parts: Any) -> None:
    async def run() -> bool:
        with anyio.move_on_after(0.01) as scope:
            await Plain(parts).run()
        return scope.cancelled_caught

    assert anyio.run(run)


def test_its_tables_are_those_of_its_name(parts: Any) -> None:
    assert parts.service(Push).tables.owner == "push"
    assert parts.service(Push).tables.refusal is None
    with pytest.raises(KeyError):
        _ = Plain(parts).tables


CONTRACT = {name for name in vars(Service) if not name.startswith("_")}


@pytest.mark.parametrize("kind", SERVICES)
def test_what_a_service_takes_over_keeps_its_form(kind: type[Service]) -> None:
    """Whatever is called like a part of the contract is that part, and can be called as it is."""
    for name in CONTRACT & vars(kind).keys():
        base, own = vars(Service)[name], vars(kind)[name]
        if callable(base) or isinstance(base, classmethod):
            assert type(own) is type(base)
            inner = [getattr(each, "__func__", each).__code__ for each in (base, own)]
            assert (
                inner[0].co_varnames[: inner[0].co_argcount]
                == (inner[1].co_varnames[: inner[1].co_argcount])
            )
            assert inner[0].co_flags & 0x80 == inner[1].co_flags & 0x80  # a coroutine or not

"""The one list of services, and what is put together from it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from thrum import config, daemon
from thrum.config import Key
from thrum.daemon import services
from thrum.daemon.rpc import nouns, registry
from thrum.daemon.rpc.pushed import Pushed
from thrum.daemon.rpc.registry import Call, Method, Params, Rights
from thrum.daemon.service.contract import Service
from thrum.daemon.services import SERVICES
from thrum.daemon.state import Schema
from thrum.doctor.finding import Finding, Patient


@registry.method("weather.look", rights=Rights.READS)
async def look(call: Call, params: Params) -> Params:
    """Looks out of the window."""
    return params


def window(patient: Patient) -> Iterator[Finding]:
    """Nothing is wrong with it."""
    yield from ()


class Changed(Pushed):
    """The weather is another one."""

    name: ClassVar = "notification.weather"


class Weather(Service):
    """A service with something of everything."""

    name: ClassVar = "weather"
    keys: ClassVar = {"weather.every": Key(int, 7, "Seconds.")}
    pushes: ClassVar = (Changed,)
    schema: ClassVar = Schema("weather", ("CREATE TABLE weather_seen (at TEXT)",))

    @classmethod
    def methods(cls) -> list[Method[Any, Any]]:
        return [look]

    @classmethod
    def checks(cls) -> dict[str, Any]:
        return {"window": window}


@pytest.mark.parametrize("kind", SERVICES)
def test_a_service_is_called_like_its_folder_and_the_owner_of_its_tables(
    kind: type[Service],
) -> None:
    *_, folder, module = kind.__module__.split(".")
    assert kind.name == (folder if module == "service" else module)
    assert kind.schema is None or kind.schema.owner == kind.name
    assert kind.__doc__


def test_every_folder_of_a_service_is_in_the_list() -> None:
    folders = {each.parent.name for each in Path(*daemon.__path__).glob("*/service.py")}
    assert folders == {each.name for each in SERVICES} - {"settings"}


def test_names_are_used_once() -> None:
    assert len({each.name for each in SERVICES}) == len(SERVICES)


def test_what_a_service_has_is_found_by_it_being_in_the_list() -> None:
    kinds = (*SERVICES, Weather)
    assert services.methods(kinds)["weather.look"] is look
    assert services.methods(kinds).keys() - {"weather.look"} == services.METHODS.keys()
    assert services.keys(kinds)["weather.every"].default == 7
    assert services.keys(kinds).keys() - {"weather.every"} == services.keys().keys()
    assert services.schemas(kinds) == (*services.schemas(), Weather.schema)
    assert services.pushes(kinds) == (*services.pushes(), Changed)
    assert services.checks(kinds)["window"] is window
    assert services.checks().keys() == {
        "sharing",
        "worktree",
        "backup",
        "monitors",
        "prompts",
        "signatures",
        "telegram",
        "tmux",
        "web",
    }


def test_without_services_there_are_the_nouns_and_the_common_keys() -> None:
    assert services.methods(()).keys() == {
        each.name for noun in nouns.NOUNS for each in nouns.of(noun)
    }
    assert services.keys(()) == config.KEYS
    assert services.keys(()) is not config.KEYS
    assert (services.schemas(()), services.checks(())) == ((), {})


def test_methods_of_every_service_are_there_and_no_noun_has_them_too() -> None:
    own = [each.name for kind in SERVICES for each in kind.methods()]
    assert own
    others = [each.name for noun in nouns.NOUNS for each in nouns.of(noun)]
    assert {*own, *others} == services.METHODS.keys()
    assert len(own) + len(others) == len(services.METHODS)


def test_two_services_do_not_share_a_method_a_key_or_a_push() -> None:
    class Other(Weather):
        name: ClassVar = "other"
        nouns: ClassVar = ("weather",)
        keys: ClassVar = {}

        @classmethod
        def methods(cls) -> list[Method[Any, Any]]:
            declare = registry.method("weather.look", rights=Rights.READS)
            return [declare(look.handler)]

    class Taker(Weather):
        name: ClassVar = "taker"

    class Thief(Service):
        name: ClassVar = "thief"
        keys: ClassVar = {"daemon.log_level": Key(str, "", "Somebody else's.")}

    with pytest.raises(ValueError, match=r"two methods bear the name weather\.look"):
        len(services.methods((Weather, Other)))
    with pytest.raises(ValueError, match=r"weather\.every of the service taker is taken"):
        services.keys((Weather, Taker))
    with pytest.raises(ValueError, match=r"daemon\.log_level of the service thief is taken"):
        services.keys((Thief,))
    with pytest.raises(ValueError, match="two pushes bear one name"):
        services.pushes((Weather, Taker))


@pytest.mark.parametrize("kind", SERVICES)
def test_services_follow_only_keys_that_exist(kind: type[Service]) -> None:
    assert kind.follows <= services.keys().keys()

"""Which environment git runs in, and when it turns to a newer one."""

from __future__ import annotations

import pytest

from thrum.daemon.inherited import Inherited

OWN = {"HOME": "/home/ada", "TOKEN": "old", "PATH": "/bin"}


def test_what_a_command_has_is_used_when_it_is_asked_for_and_not_before() -> None:
    inherited = Inherited(OWN)
    assert not inherited.renew()
    inherited.heard({**OWN, "TOKEN": "new"})
    assert dict(inherited) == OWN
    assert inherited.renew()
    assert dict(inherited) == {**OWN, "TOKEN": "new"}
    assert not inherited.renew()


def test_what_a_command_lacks_stays() -> None:
    inherited = Inherited(OWN)
    inherited.heard({"HOME": "/home/ada", "SSH_AUTH_SOCK": "/run/agent"})
    assert inherited.renew()
    assert dict(inherited) == {**OWN, "SSH_AUTH_SOCK": "/run/agent"}
    inherited.heard({"HOME": "/home/ada", "PATH": "/bin"})
    assert not inherited.has_newer


@pytest.mark.parametrize(
    "more", [{"PWD": "/x"}, {"SHLVL": "3", "_": "/bin/thrum"}, {"THRUM_NAME": "nux"}]
)
def test_what_says_nothing_about_a_remote_is_nothing_new(more: dict[str, str]) -> None:
    inherited = Inherited(OWN)
    inherited.heard({**OWN, **more})
    assert not inherited.has_newer


@pytest.mark.parametrize("home", ["/tmp/other", None])
def test_another_life_is_not_listened_to(home: str | None) -> None:
    inherited = Inherited(OWN)
    other = {"TOKEN": "theirs"} | ({"HOME": home} if home else {})
    inherited.heard(other)
    assert not inherited.renew()


def test_what_was_refused_is_not_tried_again_whoever_speaks_in_between() -> None:
    inherited = Inherited(OWN)
    for token in ("a", "b"):
        inherited.heard({**OWN, "TOKEN": token})
        assert inherited.renew()
        inherited.turn_back(refused=True)
        assert dict(inherited) == OWN
    for token in ("a", "b"):
        inherited.heard({**OWN, "TOKEN": token})
        assert not inherited.renew()
    inherited.heard({**OWN, "TOKEN": "c"})
    assert inherited.renew()


def test_who_has_nothing_new_does_not_cover_up_who_has() -> None:
    inherited = Inherited(OWN)
    inherited.heard({**OWN, "TOKEN": "new"})
    inherited.heard(OWN)
    assert inherited.renew()


def test_what_could_not_reach_the_remote_is_tried_again() -> None:
    inherited = Inherited(OWN)
    inherited.heard({**OWN, "http_proxy": "http://127.0.0.1:1"})
    assert inherited.renew()
    inherited.turn_back(refused=False)
    assert inherited.renew()


def test_the_one_who_connected_last_is_taken_once() -> None:
    rung: list[int] = []
    inherited = Inherited(OWN)
    inherited.on_call = lambda: rung.append(1)
    for pid in (7, 0, 8):
        inherited.called_by(pid)
    assert (inherited.take_caller(), inherited.take_caller(), len(rung)) == (8, 0, 2)


def test_it_is_a_mapping_of_one_moment() -> None:
    inherited = Inherited(OWN)
    before = inherited.items()
    inherited.heard({**OWN, "TOKEN": "new"})
    inherited.renew()
    assert dict(before) == OWN
    assert len(inherited) == 3
    assert list(inherited) == list(OWN)

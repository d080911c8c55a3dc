"""What is written is ours, is written once, and is taken back without touching others' files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from thrum import platform
from thrum.errors import ThrumError
from thrum.login import launchd, startup, systemd
from thrum.login.listed import Listed

COMMAND = ["/usr/bin/python3", "-m", "thrum", "service", "start"]
Make = Callable[..., startup.Startup]


@pytest.fixture(params=[True, False], ids=["Linux", "macOS"])
def made(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """What is written on either system."""
    monkeypatch.setattr(platform, "LINUX", request.param)

    def make(path: str = "/bin") -> startup.Startup:
        return startup.of_system(tmp_path, COMMAND, {"PATH": path})

    return make


def files(folder: Path) -> set[str]:
    found = {str(each.relative_to(folder)) for each in folder.rglob("*")}
    return {each for each in found if not (folder / each).is_dir()}


def test_each_system_has_its_own_place(made: Make, tmp_path: Path) -> None:
    listed = Listed()
    made().write(listed)
    linux = {str(systemd.FILE), str(systemd.WANTED)}
    assert files(tmp_path) == (linux if platform.LINUX else {str(launchd.FILE)})
    assert made().is_there
    assert made().is_kept(listed)
    made().remove(listed)
    assert (files(tmp_path), listed) == (set(), Listed())
    made().remove(listed)
    assert not made().is_kept(listed)


def test_another_shell_writes_it_anew_and_may_take_it_away(made: Make, tmp_path: Path) -> None:
    listed = Listed()
    made("/bin").write(listed)
    other = made("/opt/bin")
    assert not other.is_there
    assert other.is_kept(listed)
    other.write(listed)
    assert other.is_there
    made("/bin").remove(listed)
    assert files(tmp_path) == set()


def test_what_is_not_ours_is_left_alone(made: Make, tmp_path: Path) -> None:
    listed, own = Listed(), made()
    own.write(listed)
    for text in (own.text + "# mine\n", "\x00"):
        own.file.write_text(text)
        for act in (own.write, own.remove):
            with pytest.raises(ThrumError, match="was left alone") as found:
                act(listed)
            assert found.value.kind == "setup"
        assert own.file.read_text() == text
        assert not own.is_kept(listed)


def test_a_file_where_the_link_belongs_is_left_alone(made: Make) -> None:
    own = made()
    if own.link is None:
        return
    own.link.parent.mkdir(parents=True)
    own.link.write_text("mine")
    with pytest.raises(ThrumError, match="no link of Thrum's"):
        own.write(Listed())
    assert own.link.read_text() == "mine"


def test_a_link_that_leads_elsewhere_is_made_anew_and_never_taken_away(made: Make) -> None:
    own, listed = made(), Listed()
    if own.link is None:
        return
    own.link.parent.mkdir(parents=True)
    own.link.symlink_to("/dev/null")
    own.write(listed)
    assert own.link.readlink() == own.file
    own.link.unlink()
    own.link.symlink_to("/dev/null")
    own.remove(listed)
    assert own.link.is_symlink()

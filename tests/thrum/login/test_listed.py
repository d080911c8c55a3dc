"""The list is kept whole, and refused where it is damaged."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from thrum.errors import ThrumError
from thrum.login import listed
from thrum.login.listed import Listed


def test_what_is_listed_is_there_again_and_nothing_leaves_no_file(tmp_path: Path) -> None:
    assert listed.read(tmp_path) == Listed()
    with listed.changed(tmp_path) as known:
        known.repositories.append('/a "b"/ünï')
        known.written["/unit"] = "hash"
    assert listed.read(tmp_path) == Listed(['/a "b"/ünï'], {"/unit": "hash"})
    assert stat.S_IMODE((tmp_path / listed.FILE).stat().st_mode) == 0o600
    with listed.changed(tmp_path) as known:
        known.repositories.clear()
        known.written.clear()
    assert not (tmp_path / listed.FILE).exists()


def test_who_fails_changes_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError), listed.changed(tmp_path) as known:
        known.repositories.append("/a")
        raise ValueError
    assert listed.read(tmp_path) == Listed()


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"repositories": [1], "written": {}}', '{"repositories": "/a"}'],
)
def test_a_damaged_list_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / listed.FILE
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(ThrumError, match=r"service\.json cannot be read") as found:
        listed.read(tmp_path)
    assert found.value.kind == "config"

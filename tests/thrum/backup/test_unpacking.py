"""Archives that anybody may have made."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from thrum.backup import unpacking
from thrum.errors import ThrumError


def packed(path: Path, **files: bytes | str) -> Path:
    with zipfile.ZipFile(path, "w") as zip:
        zip.writestr("manifest.json", "{}")
        for name, data in files.items():
            zip.writestr(name, data)
    return path


def refused(archive: Path, folder: Path) -> str:
    folder.mkdir(exist_ok=True)
    with pytest.raises(ThrumError) as error:
        unpacking.unpack(archive, folder)
    return error.value.message


def test_what_is_in_it_comes_out(tmp_path: Path) -> None:
    archive = packed(tmp_path / "a.zip", **{"config/identities/a.json": b"{}"})
    out = tmp_path / "out"
    out.mkdir()
    unpacking.unpack(archive, out)
    found = out / "config/identities/a.json"
    assert found.read_bytes() == b"{}"
    assert found.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "name", ["../evil", "/etc/evil", "a/../../evil", "a\\b", "a//b", "./a", "a\nb", "x" * 2000]
)
def test_no_path_leads_out(tmp_path: Path, name: str) -> None:
    archive = packed(tmp_path / "a.zip", **{name: b"x"})
    assert "illegal file path" in refused(archive, tmp_path / "out")
    assert not list(tmp_path.rglob("evil"))


def test_no_link_and_nothing_twice(tmp_path: Path) -> None:
    archive = packed(tmp_path / "a.zip")
    with zipfile.ZipFile(archive, "a") as zip:
        link = zipfile.ZipInfo("link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        zip.writestr(link, "/etc/passwd")
    assert "no plain file" in refused(archive, tmp_path / "out")
    archive = packed(tmp_path / "b.zip")
    with zipfile.ZipFile(archive, "a") as zip, pytest.warns(UserWarning):
        zip.writestr("manifest.json", "{}")
    assert "twice" in refused(archive, tmp_path / "other")


def test_a_bomb_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zip:
        zip.writestr("manifest.json", "{}")
        zip.writestr("big", b"\0" * 5_000_000)
    monkeypatch.setattr(unpacking, "LARGEST_FILE", 1_000_000)
    assert "larger" in refused(archive, tmp_path / "out")


def test_what_is_no_archive_is_said(tmp_path: Path) -> None:
    (tmp_path / "text.zip").write_text("hello")
    assert "no archive" in refused(tmp_path / "text.zip", tmp_path / "out")
    assert "not found" in refused(tmp_path / "none.zip", tmp_path / "out")
    with zipfile.ZipFile(tmp_path / "empty.zip", "w"):
        pass
    assert "manifest" in refused(tmp_path / "empty.zip", tmp_path / "out")


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_whatever_byte_is_changed_it_is_refused_or_the_same(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    tmp_path = tmp_path_factory.mktemp("zip")
    archive = packed(tmp_path / "a.zip", log=b"line\n" * 100)
    whole = bytearray(archive.read_bytes())
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] ^= data.draw(st.integers(1, 255))
    archive.write_bytes(whole[: data.draw(st.integers(at, len(whole)))])
    out = tmp_path / "out"
    out.mkdir()
    try:
        unpacking.unpack(archive, out)
    except ThrumError:
        return
    for each in out.rglob("log"):
        assert each.read_bytes() == b"line\n" * 100

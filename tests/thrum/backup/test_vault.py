"""Backups leave their place for the archives, and age there."""

from __future__ import annotations

import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from thrum.backup import manifest, vault
from thrum.backup.filling import Filling
from thrum.backup.manifest import Manifest
from thrum.backup.rules import Retention
from thrum.backup.vault import Vault
from thrum.clock import format_ns
from thrum.errors import ThrumError

DAY = 24 * 3600 * 1_000_000_000
START = int(datetime(2026, 1, 1, 12, tzinfo=UTC).timestamp()) * 1_000_000_000
KEPT = Retention(2, 1, 0)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Vault:
    """One where every backup is a large one."""
    monkeypatch.setattr(vault, "SMALL", 0)
    return Vault(tmp_path / "vault")


def named(day: int) -> str:
    return (datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(days=day)).strftime("%Y-%m-%dT%H%M%S")


def filled(folder: Path, last: Path, day: int) -> None:
    known = manifest.read(last).files if last.exists() else {}
    filling = Filling(folder, last, known)
    filling.write("branch.bundle", (b"the same",))
    filling.write("var/journal.jsonl", (str(day).encode(),))
    filling.write(vault.LEFT_OUT, (b"many rows",))
    about = Manifest(1, format_ns(START + day * DAY), "1", "here", files=filling.files)
    (folder / manifest.FILE).write_bytes(manifest.encoded(about))


def backup(place: Vault, day: int, rules: Retention = KEPT) -> list[str]:
    with place.held():
        with place.making() as folder:
            filled(folder, place.current, day)
        place.put_away()
        place.prune(rules, START + day * DAY)
        return place.pack(rules)


def names(place: Vault) -> list[str]:
    return sorted(each.name for each in place.archives.iterdir())


def test_large_ones_share_what_they_have_in_common_until_they_are_old(place: Vault) -> None:
    for day in range(3):
        assert not backup(place, day)
    assert names(place) == [named(0), named(1)]
    found = [each / "branch.bundle" for each in (*place.listed(), place.current)]
    assert len({path.stat().st_ino for path in found}) == 1
    assert not (place.archives / named(0) / vault.LEFT_OUT).exists()
    assert place.archives_size() < 2 * sum(each.stat().st_size for each in found) + 2000
    # The first one is the oldest of its week, so it stays, and stands for itself from now on.
    assert not backup(place, 3)
    assert names(place) == [f"{named(0)}.zip", named(1), named(2)]
    with zipfile.ZipFile(place.archives / f"{named(0)}.zip") as packed:
        assert packed.read("var/journal.jsonl") == b"0"
        assert sorted(packed.namelist()) == ["branch.bundle", "manifest.json", "var/journal.jsonl"]
    assert not backup(place, 4)
    assert names(place) == [f"{named(0)}.zip", named(2), named(3)]


def test_small_ones_are_packed_at_once(place: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vault, "SMALL", 1 << 20)
    backup(place, 0)
    assert not backup(place, 1)
    assert names(place) == [f"{named(0)}.zip"]


def test_two_of_one_second_are_two(place: Vault) -> None:
    for _ in range(3):
        backup(place, 0)
    assert len(names(place)) == 2


def test_killed_in_between_nothing_is_lost(place: Vault) -> None:
    backup(place, 0)
    # Killed between the two renames, and then after them.
    with place.held(), place.making() as folder:
        filled(folder, place.current, 1)
    place.current.rename(place.folder / "current.tmp")
    with place.held():
        assert (place.current / "var/journal.jsonl").read_bytes() == b"0"
    with place.held(), place.making() as folder:
        filled(folder, place.current, 1)
    with place.held():
        assert names(place) == [named(0)]
    assert (place.current / "var/journal.jsonl").read_bytes() == b"1"
    # Killed when the zip file was there and the folder still was.
    vault.packed(
        place.archives / named(0),
        manifest.read(place.archives / named(0)),
        place.archives / f"{named(0)}.zip",
    )
    (place.archives / f"{named(5)}.gone").mkdir()
    (place.archives / f"{named(6)}.zip.tmp").write_bytes(b"half")
    assert not backup(place, 2, Retention(1, 1, 0))
    assert names(place) == [f"{named(0)}.zip", named(1)]
    assert {each.name for each in place.folder.iterdir()} == {"current", "archives"}


def test_what_nobody_can_tell_the_time_of_is_not_thrown_away(place: Vault) -> None:
    backup(place, 0)
    (place.folder / "current.old").mkdir()
    with pytest.raises(ThrumError, match="in the way"):
        backup(place, 1)
    assert (place.folder / "current.old").is_dir()


def test_an_archive_that_cannot_be_packed_is_named_and_not_in_the_way(place: Vault) -> None:
    for day in range(3):
        backup(place, day)
    (place.archives / named(0) / manifest.FILE).write_text("{")
    (fault,) = backup(place, 3)
    assert named(0) in fault
    assert named(0) in names(place)
    assert (place.current / "var/journal.jsonl").read_bytes() == b"3"
    (place.archives / f"{vault.BEFORE_RESTORE}{named(0)}.zip").touch()
    (place.archives / "years.zip").touch()
    dated = [each.name for each in place.dated()]
    assert dated == [named(0), f"{vault.BEFORE_RESTORE}{named(0)}.zip", *names(place)[1:3]]
    assert (named(1) in dated[2], named(2) in dated[3]) == (True, True)
    (place.archives / "notes").mkdir()
    assert "notes" not in [each.name for each in place.listed()]

"""Whether the program on the disk is the one that is loaded."""

from __future__ import annotations

from pathlib import Path

from thrum.ready import loaded


def test_a_file_that_is_made_anew_or_removed_is_noticed(tmp_path: Path) -> None:
    folder = tmp_path / "thrum"
    folder.mkdir()
    (folder / "extra.py").write_text("")
    known = {str(folder): loaded._state(str(folder))}
    assert loaded.are_as(known)
    (folder / "extra.py").write_text("changed = 1")  # in place: as an editor at work, not a release
    assert loaded.are_as(known)
    (folder / "new.py").write_text("")
    (folder / "new.py").replace(folder / "extra.py")
    assert not loaded.are_as(known)
    again = {str(folder): loaded._state(str(folder))}
    (folder / "extra.py").unlink()
    folder.rmdir()
    assert not loaded.are_as(again)


def test_every_folder_of_ours_is_watched() -> None:
    here = str(Path(loaded.__file__).parent)
    assert here in loaded.folders()
    assert loaded.are_as(loaded.folders())

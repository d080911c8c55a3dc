"""Objects, packs and refs: damage is named, and put right from what is whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from thrum import doctor
from thrum.doctor import objects
from thrum.doctor.finding import Finding, Level

Git = Callable[..., str]


def levels(found: Iterable[Finding]) -> list[Level]:
    return [each.level for each in found]


@pytest.fixture
def remote(patient: doctor.Patient, git: Git, tmp_path: Path) -> Path:
    """A remote that holds what the branch holds."""
    git("init", "-q", "--bare", "remote.git", cwd=tmp_path)
    root = patient.place.repository
    git("remote", "add", "origin", str(tmp_path / "remote.git"), cwd=root)
    git("push", "-q", "origin", "a-sync", cwd=root)
    return tmp_path / "remote.git"


def blob(patient: doctor.Patient, git: Git) -> tuple[str, Path]:
    """The object of the log's only file."""
    root = patient.place.repository
    found = git("rev-parse", "a-sync:events.jsonl", cwd=root).strip()
    return found, root / ".git/objects" / found[:2] / found[2:]


def damage(path: Path) -> None:
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-4])


def test_whole_objects_have_nothing_to_say(patient: doctor.Patient) -> None:
    assert list(objects.check(patient)) == []
    assert list(objects.mend(patient)) == []


def test_a_damaged_object_is_named_and_comes_back_from_the_remote(
    patient: doctor.Patient, remote: Path, git: Git
) -> None:
    name, path = blob(patient, git)
    whole = git("cat-file", "-p", name, cwd=patient.place.repository)
    damage(path)
    (found,) = objects.check(patient)
    assert found.level is Level.WRONG
    assert name in found.text
    assert "doctor --fix" in found.todo
    aside, done = objects.mend(patient)
    assert (aside.level, done.level) == (Level.OK, Level.OK)
    assert str(patient.place.var / "objects-damaged") in aside.text
    assert list(objects.check(patient)) == []
    assert git("cat-file", "-p", name, cwd=patient.place.repository) == whole


def test_what_no_remote_gives_is_said_with_what_to_do(patient: doctor.Patient, git: Git) -> None:
    name, path = blob(patient, git)
    damage(path)
    found = list(objects.mend(patient))
    assert Level.WRONG in levels(found)
    assert any(name in each.text and each.todo for each in found)


@pytest.mark.parametrize("text", ["", "nonsense\n", "ref: refs/heads/a-sync\n"])
def test_a_damaged_branch_is_named_and_begins_anew_where_nobody_knows(
    patient: doctor.Patient, git: Git, text: str
) -> None:
    root = patient.place.repository
    tip = git("rev-parse", "a-sync", cwd=root).strip()
    ref = root / ".git/refs/heads/a-sync"
    ref.write_text(text)
    (found,) = objects.check(patient)
    assert found.level is Level.WRONG
    assert "ref" in found.text
    done = list(objects.mend(patient))
    assert done[-1].level is Level.WRONG
    assert any("moved to" in each.text for each in done)
    assert list(objects.check(patient)) == []
    # What it advises finds the branch, and brings it back.
    find, back = re.findall("`git ([^`]*)`", done[-1].todo)
    assert f"commit {tip}" in git(*find.split(), cwd=root)
    git(*back.replace("COMMIT", tip).split(), cwd=root)
    assert git("rev-parse", "a-sync", cwd=root).strip() == tip


@pytest.mark.parametrize("content", [None, b"", b"no database at all" * 100])
def test_a_database_that_tells_nothing_is_no_hindrance(
    patient: doctor.Patient, content: bytes | None
) -> None:
    if content is not None:
        patient.place.database.write_bytes(content)
    assert objects._last_read(patient) == ""

"""The log line by line, locks that a crash left, the branch's worktree."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gitstore import Log, canonical
from tests.thrum.daemon.projection.apply.mail import created
from tests.thrum.daemon.projection.apply.people import at, purged
from thrum import doctor
from thrum.doctor import branch
from thrum.doctor.finding import Level

Git = Callable[..., str]


def append(patient: doctor.Patient, *lines: bytes, commit: bool) -> None:
    log = Log.open(patient.place.repository, journal=patient.place.journal)
    log.append([[("messages/nux.jsonl", line) for line in lines]])
    if commit:
        log.commit()
    log.close()


def test_a_sound_log_has_nothing_to_say(patient: doctor.Patient) -> None:
    append(patient, b'{"event_id":"evt_2","timestamp":"2026"}', commit=False)
    assert list(branch.lines(patient)) == []
    assert list(branch.worktree(patient)) == []
    assert list(branch.unlock(patient)) == []


def test_a_line_that_is_none_is_named_by_file_and_number(patient: doctor.Patient, git: Git) -> None:
    root = patient.place.repository
    (root / "events.jsonl").write_bytes(b'{"event_id":"evt_1","timestamp":"2026"}\n{torn\n')
    git("add", "events.jsonl", cwd=root)
    tree = git("write-tree", cwd=root).strip()
    commit = git("commit-tree", tree, "-m", "x", cwd=root).strip()
    git("update-ref", "refs/heads/a-sync", commit, cwd=root)
    (found,) = branch.lines(patient)
    assert found.level is Level.WRONG
    assert found.text.startswith("events.jsonl:2: ")


def lock(patient: doctor.Patient, age_s: float) -> Path:
    path = patient.place.repository / ".git/refs/heads/a-sync.lock"
    path.touch()
    made = patient.now_ns() / 1e9 - age_s
    os.utime(path, (made, made))
    return path


@pytest.mark.parametrize(("age_s", "left"), [(1, False), (3600, True)])
def test_a_lock_is_left_when_it_is_old(patient: doctor.Patient, age_s: float, left: bool) -> None:
    path = lock(patient, age_s)
    assert [str(path) in each.text for each in branch.lines(patient)] == [True] * left


def test_what_was_set_aside_and_other_checkouts_are_noted(
    patient: doctor.Patient, git: Git, tmp_path: Path
) -> None:
    kept = patient.place.journal.with_name("worktree-kept")
    kept.mkdir()
    (kept / "events.jsonl").touch()
    git("worktree", "add", "-q", str(tmp_path / "other"), "a-sync", cwd=patient.place.repository)
    texts = [each.text for each in branch.worktree(patient)]
    assert any("checked out in" in text and str(tmp_path / "other") in text for text in texts)
    assert any("set aside" in text for text in texts)
    assert all(each.level is Level.NOTE for each in branch.worktree(patient))
    (patient.place.repository / ".git").rename(tmp_path / "gone")
    assert list(branch.worktree(patient)) == []


def test_purged_lines_that_stand_in_the_files_are_counted(patient: doctor.Patient) -> None:
    sent = canonical(created(1))
    purge = canonical(purged(at(20), 30))
    append(patient, sent, canonical(created(2, 25)), commit=True)
    assert list(branch.purged(patient)) == []
    append(patient, purge, commit=True)
    (finding,) = branch.purged(patient)
    assert (finding.check, finding.level) == ("purged", Level.NOTE)
    assert finding.text.startswith("1 purged line")

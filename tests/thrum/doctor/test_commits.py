"""A guard that was put in and does nothing is found."""

from __future__ import annotations

from pathlib import Path

from thrum import doctor, git_place
from thrum.doctor import commits
from thrum.doctor.finding import Level
from thrum.githook import guard


def test_a_guard_that_is_gone_again_is_wrong(patient: doctor.Patient, tmp_path: Path) -> None:
    env = {"HOME": str(tmp_path), "PATH": "/usr/local/bin:/usr/bin:/bin"}
    about = doctor.Patient(patient.place, env)
    assert list(commits.check(about)) == []
    git = git_place.around(patient.place.root)
    assert git
    program = tmp_path / "thrum"
    program.touch(mode=0o755)
    done = guard.put(git, env, program)
    assert list(commits.check(about)) == []
    done.place.file.write_text("#!/bin/sh\n")
    (found,) = commits.check(about)
    assert (found.level, "lost" in found.text) == (Level.WRONG, True)
    assert "thrum hook install pre-commit" in found.todo

"""Doctor says that mail stays where it could go."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from thrum.doctor import sharing
from thrum.doctor.finding import Level, Patient
from thrum.ids import Ids
from thrum.initialize import initialize

Git = Callable[..., str]


@pytest.fixture
def patient(tmp_path: Path, git: Git) -> Patient:
    git("init", "-q", "one", cwd=tmp_path)
    report = initialize(
        tmp_path / "one", environment={}, now_ns=time.time_ns, ids=Ids(time.time_ns)
    )
    return Patient(report.place, {}, time.time_ns)


def test_without_a_remote_there_is_nowhere_to_go(patient: Patient) -> None:
    assert list(sharing.check(patient)) == []


@pytest.mark.parametrize("name", ["origin", "elsewhere"])
def test_mail_that_stays_although_it_could_go_is_told(
    patient: Patient, git: Git, name: str
) -> None:
    git("remote", "add", name, "/nowhere", cwd=patient.place.repository)
    (found,) = sharing.check(patient)
    assert found.level is Level.NOTE
    assert "stays on this machine although there is a remote" in found.text
    assert "`thrum sync on`" in found.text
    config = patient.place.config
    config.write_text(config.read_text().replace("true", "false"))
    assert list(sharing.check(patient)) == []
    closed = replace(patient, environment={"THRUM_LOCAL_ONLY": "1"})
    (found,) = sharing.check(closed)
    assert "THRUM_LOCAL_ONLY says so" in found.text


def test_a_remote_that_stands_in_variables_is_one(patient: Patient) -> None:
    variables = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "remote.origin.url",
        "GIT_CONFIG_VALUE_0": "/nowhere",
    }
    (found,) = sharing.check(replace(patient, environment=variables))
    assert "there is a remote" in found.text

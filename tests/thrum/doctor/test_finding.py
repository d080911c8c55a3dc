"""What a check may end with."""

from __future__ import annotations

import sqlite3

import pygit2
import pytest

from gitstore import LogError
from thrum import doctor
from thrum.daemon import services
from thrum.doctor.finding import UNREADABLE
from thrum.errors import ThrumError


@pytest.mark.parametrize(
    "error",
    [ThrumError, LogError, FileNotFoundError, sqlite3.Error, UnicodeDecodeError, pygit2.GitError],
)
def test_what_a_place_may_be_like_is_no_defect(error: type[Exception]) -> None:
    assert issubclass(error, UNREADABLE)


@pytest.mark.parametrize("error", [KeyError, ValueError, TypeError, AssertionError, MemoryError])
def test_a_defect_of_ours_is_not_told_as_one_of_the_place(error: type[Exception]) -> None:
    assert not issubclass(error, UNREADABLE)


def test_a_patient_is_looked_at_for_every_service(patient: doctor.Patient) -> None:
    assert patient.schemas == services.schemas()

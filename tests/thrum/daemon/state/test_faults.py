"""Whose fault an error of SQLite is: of the file, of the disk, of another program, or one's own."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from thrum.daemon.state import faults
from thrum.errors import ThrumError

CODES = {
    name: code
    for name, code in vars(sqlite3).items()
    if name.startswith("SQLITE_") and isinstance(code, int)
}
DAMAGE = {"SQLITE_CORRUPT", "SQLITE_NOTADB"}
BUSY = {"SQLITE_BUSY", "SQLITE_LOCKED"}
DISK = {"SQLITE_CANTOPEN", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_PERM"}
OWN = {"SQLITE_CONSTRAINT", "SQLITE_ERROR", "SQLITE_AUTH", "SQLITE_MISMATCH", "SQLITE_TOOBIG"}
WHERE = Path("/somewhere/state.db")


def error(name: str, more: int = 0) -> sqlite3.Error:
    """What SQLite raises with that code; `more` makes it an extended one."""
    made = sqlite3.OperationalError(f"it said {name}")
    made.sqlite_errorcode = CODES[name] | more << 8
    return made


@pytest.mark.parametrize("more", [0, 1, 17])
@pytest.mark.parametrize("name", sorted(DAMAGE | BUSY | DISK | OWN))
def test_every_error_is_one_persons_fault(name: str, more: int) -> None:
    """Extended codes (a read that fails, a snapshot that is busy) are what their first byte is."""
    met = error(name, more)
    assert faults.is_damage(met) is (name in DAMAGE)
    assert faults.is_disk(met) is (name in BUSY | DISK)
    refusal = faults.in_use("queue", met)
    kinds = {**dict.fromkeys(BUSY, "busy"), **dict.fromkeys(DISK, "storage")}
    assert (refusal.kind if refusal else None) == kinds.get(name)


@pytest.mark.parametrize("met", [OSError(28, "No space"), PermissionError(), KeyError("k")])
def test_errors_that_are_not_sqlites(met: Exception) -> None:
    assert not faults.is_damage(met)
    assert faults.is_disk(met) is isinstance(met, OSError)
    assert (faults.in_use("queue", met) is not None) is isinstance(met, OSError)


def test_a_misuse_of_the_module_is_ones_own() -> None:
    with (
        closing(sqlite3.connect(":memory:")) as db,
        pytest.raises(sqlite3.ProgrammingError) as caught,
    ):
        db.execute("SELECT ?")
    assert not faults.is_damage(caught.value)
    assert faults.in_use("queue", caught.value) is None


def test_text_that_is_none_is_damage_and_is_not_quoted() -> None:
    db = sqlite3.connect(":memory:")
    with pytest.raises(sqlite3.OperationalError) as caught:
        db.execute("SELECT CAST(x'736563726574ff' AS TEXT)").fetchone()
    db.close()
    assert "secret" in str(caught.value), "else there is nothing to hide"
    assert faults.is_damage(caught.value)
    refusal = faults.damage(WHERE, caught.value)
    assert "secret" not in refusal.message
    assert "UTF-8" in refusal.message
    assert not faults.is_damage(ValueError("Could not decode to UTF-8"))


@pytest.mark.parametrize(
    "refusal",
    [
        faults.disk(WHERE, error("SQLITE_CANTOPEN")),
        faults.damage(WHERE, error("SQLITE_CORRUPT")),
        faults.in_use("queue", error("SQLITE_FULL")),
        faults.in_use("queue", error("SQLITE_BUSY")),
    ],
)
def test_who_is_refused_is_told_what_to_do(refusal: faults.Refusal | None) -> None:
    assert refusal is not None
    raised = refusal.error()
    assert isinstance(raised, ThrumError)
    assert (raised.kind, raised.message, raised.hint) == tuple(refusal)
    assert all(refusal)
    assert "/somewhere" not in refusal.message


def test_what_sqlite_says_is_passed_on() -> None:
    assert "it said SQLITE_FULL" in faults.disk(WHERE, error("SQLITE_FULL")).message
    assert "it said SQLITE_NOTADB" in faults.damage(WHERE, error("SQLITE_NOTADB")).message

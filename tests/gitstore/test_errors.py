"""Whoever catches what the log raises needs to know one class."""

from __future__ import annotations

import pytest

from gitstore import DamagedObject, JournalError, LogError, RefLocked, RepositoryError


@pytest.mark.parametrize("kind", [DamagedObject, JournalError, RefLocked, RepositoryError])
def test_all_are_of_one_kind(kind: type[Exception]) -> None:
    assert issubclass(kind, LogError)


def test_a_damaged_object_is_named_where_it_can_be() -> None:
    assert str(DamagedObject("0f", "cut off")) == "the object 0f cannot be read: cut off"
    assert str(DamagedObject("", "the ref is damaged")) == "the ref is damaged"
    assert DamagedObject("0f", "cut off").id == "0f"

"""What a file of a runtime says."""

from __future__ import annotations

from pathlib import Path

import pytest

from thrum.setup.trust import said


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": 1}', {"a": 1}),
        ('\ufeff{"a": 1}', {"a": 1}),
        ('// mine\n{"a": {"b": [1,],},}', {"a": {"b": [1]}}),
        ("", {}),
        (" \n", {}),
    ],
)
def test_keys_and_values(tmp_path: Path, text: str, expected: object) -> None:
    file = tmp_path / "file.json"
    assert said.document(file) == {}
    file.write_text(text)
    assert said.document(file) == expected


@pytest.mark.parametrize("text", ["[]", "1", "{", "null"])
def test_anything_else_is_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "file.json").write_text(text)
    with pytest.raises(ValueError):
        said.document(tmp_path / "file.json")


def test_the_value_at_the_end_of_a_way() -> None:
    found = {"a": {"a": {"b": 1}}, "c": [1]}
    assert said.at(found, "a", "a", "b") == 1
    assert said.at(found, "a", "a") == {"b": 1}
    for way in (("a", "b"), ("c", "d"), ("x", "y"), ("a", "a", "b", "c")):
        assert said.at(found, *way) is None


def test_the_work_trees_that_a_runtime_may_mean(trees: tuple[Path, Path]) -> None:
    main, linked = trees
    assert list(said.trees(main.parent)) == [main.parent]
    assert list(said.trees(main)) == [main]
    assert list(said.trees(linked)) == [linked, main]

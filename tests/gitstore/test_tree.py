from __future__ import annotations

from pathlib import Path

import pygit2
import pytest
from pygit2.enums import FileMode

from gitstore.objects import Objects
from gitstore.tree import flat, is_safe, overlay


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    return Objects(pygit2.init_repository(str(tmp_path / "r"), bare=True), ("T", "t@e"))


def files(objects: Objects, tree: pygit2.Oid) -> dict[str, bytes]:
    return {p: objects.data(blob) for p, (blob, _) in flat(objects.repository, tree)}


def test_files_are_put_in_at_any_depth_and_the_rest_stays(objects: Objects) -> None:
    empty = objects.tree(b"")
    one = overlay(objects, empty, {"a": b"1", "b/c": b"2", "b/d/e": b"3"})
    two = overlay(objects, one, {"b/d/f": b"4", "a": b"5"})
    assert files(objects, one) == {"a": b"1", "b/c": b"2", "b/d/e": b"3"}
    assert files(objects, two) == {"a": b"5", "b/c": b"2", "b/d/e": b"3", "b/d/f": b"4"}
    assert overlay(objects, two, {}) == two


def test_a_file_gives_way_to_a_folder(objects: Objects) -> None:
    one = overlay(objects, objects.tree(b""), {"a": b"1"})
    assert files(objects, overlay(objects, one, {"a/b": b"2"})) == {"a/b": b"2"}
    assert dict(flat(objects.repository, one))["a"][1] == FileMode.BLOB


@pytest.mark.parametrize(
    ("path", "safe"),
    [
        ("messages/a.jsonl", True),
        ("messages/~events~2.jsonl", True),
        ("../a", False),
        ("a/../b", False),
        ("/a", False),
        ("a//b", False),
        (".git", False),
        ("a/.GIT/config", False),
        ("GIT~1/config", False),
        (".gitmodules", False),
    ],
)
def test_a_path_that_leads_elsewhere_is_no_file(path: str, safe: bool) -> None:
    assert is_safe(path) is safe


def test_a_file_without_bytes_goes_and_with_the_last_one_its_folder(objects: Objects) -> None:
    one = overlay(objects, objects.tree(b""), {"a": b"1", "b/c": b"2", "b/d/e": b"3"})
    assert files(objects, overlay(objects, one, {"b/c": None})) == {"a": b"1", "b/d/e": b"3"}
    two = overlay(objects, one, {"b/c": None, "b/d/e": None})
    assert files(objects, two) == {"a": b"1"}
    assert two == overlay(objects, objects.tree(b""), {"a": b"1"})
    assert overlay(objects, two, {"gone": None, "no/such/file": None}) == two

"""The comparison finds each way in which an answer may differ."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.compare import differences


@pytest.mark.parametrize(
    ("theirs", "ours", "found"),
    [
        ({"a": 1}, {"a": 2, "more": "x"}, []),
        ({"a": 1}, {}, [".a"]),
        ({"a": 1}, {"a": "1"}, [".a"]),
        ({"a": 1}, {"a": 1.5}, [".a"]),
        ({"a": 1}, {"a": True}, [".a"]),
        ({"a": None}, {"a": []}, [".a"]),
        ({"a": []}, {"a": None}, [".a"]),
        ({"a": None}, {}, [".a"]),
        ({}, {"a": None}, [".a"]),
        ({}, {"a": ""}, [".a"]),
        ({}, {"a": []}, [".a"]),
        ({}, {"a": 0}, [".a"]),
        ({}, {"a": False}, []),
        ({"a": {"b": 1}}, {"a": {}}, [".a.b"]),
        ({"a": [1]}, {"a": []}, [".a[]"]),
        ({"a": []}, {"a": [1]}, [".a[]"]),
        ({"a": [1, 2]}, {"a": [2, 1]}, [".a[]"]),
        ({"a": [1, 2]}, {"a": [1, 3, 2]}, []),
        ({"a": ["x"]}, {"a": [1]}, [".a[]"]),
        ([{"name": "x", "b": 1}], [{"name": "x"}], ["[].b"]),
        ([{"name": "x", "b": 1}], [{"name": "y"}], ["[].b"]),
        ([{"name": "x", "b": 1}, {"name": "z"}], [{"name": "y"}], []),
        ([{"name": "x"}, {"name": "z", "b": 1}], [{"name": "y", "b": 0}], ["[].b"]),
        ([{"name": "x", "b": ""}], [{"name": "y", "b": ""}], []),
        ([{"name": "x", "b": ""}], [{"name": "y", "b": 1}], ["[].b"]),
        ([{"name": "x"}], [{"name": "x", "b": []}], ["[].b"]),
        ([{"name": "x", "b": [{"path": "p"}]}], [{"name": "x", "b": [{}]}], ["[].b[].path"]),
        ([{"name": "x"}, {"name": "y"}], [{"name": "y"}, {"name": "x"}], ["[]"]),
        ({"status": "active"}, {"status": "ended"}, [".status"]),
        ({"deleted": True}, {"deleted": False}, [".deleted"]),
        ({"status": "<prose>"}, {"status": "ended"}, []),
    ],
)
def test_every_difference_is_found(theirs: Any, ours: Any, found: list[str]) -> None:
    assert [path for path, _ in differences(theirs, ours)] == found

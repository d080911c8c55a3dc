"""Whose work touches a file: by its path, or by the end of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum.daemon.projection.queries.sessions import Context
from thrum.daemon.work.matching import touches
from thrum.daemon.work.status import ARROW


@pytest.mark.parametrize(
    ("name", "file", "found"),
    [
        ("old/a.py -> new/b.py", "a.py", True),
        ("old/a.py -> new/b.py", "new/b.py", True),
        ("lib/fresh/", "fresh/deep/a.py", True),
        ("lib/fresh/", "lib/fresh/a.py", True),
        ("lib/fresh/", "resh/a.py", False),
        ("lib/fresh/", "a.py", False),
        ("naïve name.txt", "naïve name.txt", True),
    ],
)
def test_names_of_git_status(name: str, file: str, found: bool) -> None:
    context = Context("ses_1", "nux", uncommitted_files=[name])
    assert touches(context, file) is found


part = st.text("ab.*[ >-%_é", min_size=1, max_size=4).filter(lambda text: text not in {".", ".."})
parts = st.lists(part, min_size=1, max_size=4)


@pytest.mark.parametrize("file", [" -> ", "a -> b", "old -> a -> b", "old"])
def test_an_arrow_may_be_part_of_a_name(file: str) -> None:
    moved = [f"x{ARROW} -> ", f"old{ARROW}a -> b"]
    assert touches(Context("ses_1", "nux", uncommitted_files=moved), file)


@given(parts, st.data())
def test_each_end_of_a_path_at_a_slash_names_it(path: list[str], data: st.DataObject) -> None:
    whole = "/".join(path)
    end = "/".join(path[data.draw(st.integers(0, len(path) - 1)) :])
    for context in (
        Context("ses_1", "nux", changed_files=["other", whole]),
        Context("ses_1", "nux", uncommitted_files=[whole]),
        Context("ses_1", "nux", uncommitted_files=[f"x{ARROW}{whole}"]),
    ):
        for file in (end, f"./{end}", f"/{end}", f"{end}/"):
            assert touches(context, file)


few = st.lists(st.sampled_from(["a", "b", "aa", "a.b", "a*", "a-b"]), min_size=1, max_size=3)


@given(few, few)
def test_nothing_else_names_it(path: list[str], asked: list[str]) -> None:
    """As people would say it: the parts asked for are the last parts of the path."""
    context = Context("ses_1", "nux", changed_files=["/".join(path)])
    assert touches(context, "/".join(asked)) is (path[-len(asked) :] == asked)


@pytest.mark.parametrize("file", ["", "/", "./", "//"])
def test_no_name_names_nothing(file: str) -> None:
    context = Context("ses_1", "nux", uncommitted_files=["a.py", "new/"], changed_files=["b/c.py"])
    assert not touches(context, file)


def test_who_changes_nothing_touches_nothing() -> None:
    assert not touches(Context("ses_1", "nux", branch="a.py", worktree_path="a.py"), "a.py")


def test_a_name_with_an_arrow_is_a_name_too() -> None:
    context = Context("ses_1", "nux", changed_files=[f"notes/a{ARROW}b.md"])
    assert touches(context, f"a{ARROW}b.md")
    assert touches(context, f"notes/a{ARROW}b.md")

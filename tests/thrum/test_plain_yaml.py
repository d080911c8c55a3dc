from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum import plain_yaml

names = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
plain = st.from_regex(r"[a-z][a-z0-9 /]{0,12}[a-z0-9]", fullmatch=True).filter(
    lambda text: text not in ("true", "false", "null")
)
values = st.booleans() | st.integers() | plain | st.none()
trees = st.dictionaries(
    names,
    st.recursive(
        values, lambda inner: st.dictionaries(names, inner, min_size=1, max_size=4), max_leaves=8
    ),
    max_size=5,
)


WORDS: dict[object, str] = {True: "true", False: "false", None: "null"}


def written(tree: dict[str, object], indent: int = 0) -> str:
    lines = []
    for name, value in tree.items():
        if isinstance(value, dict):
            lines.append(f"{' ' * indent}{name}:  # below\n{written(value, indent + 3)}")
        else:
            word = isinstance(value, bool) or value is None
            lines.append(f"{' ' * indent}{name}: {WORDS[value] if word else value} # why\n\n")
    return "".join(lines)


@given(trees)
def test_what_is_written_is_read(tree: dict[str, object]) -> None:
    assert plain_yaml.parse(f"---\n# top\n{written(tree)}") == tree


@given(st.text())
def test_any_text_is_read_or_refused_with_its_line(text: str) -> None:
    try:
        plain_yaml.parse(text)
    except ValueError as error:
        assert str(error).startswith("line ")


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("a: 'it''s # here' # why", "it's # here"),
        (r'a: "tab\t#"', "tab\t#"),
        ("a: x#y", "x#y"),
        ("a: http://h/p", "http://h/p"),
        ("a: -4", -4),
        ("a: FALSE", False),
        ("a: no", "no"),
        ("a:", None),
        ("a: # nothing", None),
    ],
)
def test_scalars(line: str, value: object) -> None:
    assert plain_yaml.parse(line) == {"a": value}


@pytest.mark.parametrize(
    "text",
    [
        "- a",
        "a: [b]",
        "a: {b: c}",
        "a: |\n  b",
        "a: &x b",
        "a: *x",
        "a: !!bool yes",
        "a: b: c",
        "a: 'b",
        'a: "\\q"',
        "a:\n\tb: c",
        "a: 1\na: 2",
        "a: 1\n  b: 2",
        "a:\n    b: 1\n  c: 2",
        "a:b",
        "a: b\n---\nc: d",
    ],
)
def test_what_is_more_yaml_than_that_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="line"):
        plain_yaml.parse(text)

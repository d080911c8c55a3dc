"""One value is changed in a JSON text, and every other character stays."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from tests.laws import examples
from thrum.setup import json_text

KEYS = st.sampled_from(["hooks", "a", "mcpServers", "ключ", 'with "quotes"', "", "Stop"])
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=4)
NEWLINES = st.sampled_from(["\n", "\r\n"])


@st.composite
def written(draw: st.DrawFn, value: Any, newline: str, *, comments: bool = True) -> str:
    """A value as some person or program might have written it: spaces, comments, last commas."""
    blanks = ["", "", " ", "\t", newline, newline + "  "]
    remarks = [f" // it's {{ok}}{newline}", "/* [, */", f"{newline}// a{newline}"]
    gap = st.sampled_from(blanks + remarks if comments else blanks)

    def one(found: Any) -> str:
        if isinstance(found, dict):
            inner = [
                f"{draw(gap)}{json.dumps(key)}{draw(gap)}:{draw(gap)}{one(each)}{draw(gap)}"
                for key, each in found.items()
            ]
            return "{" + around(inner) + "}"
        if isinstance(found, list):
            return "[" + around([f"{draw(gap)}{one(each)}{draw(gap)}" for each in found]) + "]"
        return json.dumps(found, ensure_ascii=draw(st.booleans()))

    def around(inner: list[str]) -> str:
        last = "," if inner and comments and draw(st.booleans()) else ""
        return ",".join(inner) + last + draw(gap)

    return draw(gap) + one(value) + draw(gap)


@st.composite
def texts(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A text of an object with what it says."""
    value = draw(OBJECTS)
    return draw(written(value, draw(NEWLINES))), value


@settings(max_examples=examples(60))
@given(VALUES, st.data())
def test_it_reads_what_the_standard_library_reads(value: Any, data: st.DataObject) -> None:
    text = data.draw(written(value, data.draw(NEWLINES), comments=False))
    assert json_text.decode(text) == json.loads(text) == value


@settings(max_examples=examples(60))
@given(texts())
def test_comments_and_last_commas_say_nothing(found: tuple[str, dict[str, Any]]) -> None:
    text, value = found
    assert json_text.decode(text) == value


@settings(max_examples=examples(60))
@given(texts(), st.lists(KEYS, min_size=1, max_size=3), VALUES)
def test_what_is_put_is_found_and_nothing_else_changes(
    found: tuple[str, dict[str, Any]], keys: list[str], value: Any
) -> None:
    text, before = found
    try:
        after = json_text.put(text, keys, value)
    except ValueError:
        assume(False)
        raise
    assert json_text.decode(after) == with_value(before, keys, value)


def with_value(before: dict[str, Any], keys: list[str], value: Any) -> dict[str, Any]:
    inner = with_value(before.get(keys[0], {}), keys[1:], value) if keys[1:] else value
    return {**before, keys[0]: inner}


@settings(max_examples=examples(60))
@given(texts(), VALUES)
def test_what_is_put_can_be_taken_out_again(found: tuple[str, dict[str, Any]], value: Any) -> None:
    text, before = found
    assume("ours" not in before)
    after = json_text.put(text, ["ours"], value)
    again = json_text.drop(after, ["ours"])
    if before:
        assert again == text
    else:
        assert "".join(again.split()) == "".join(text.split())


@settings(max_examples=examples(60))
@given(st.lists(VALUES, max_size=4), VALUES, st.data())
def test_what_joins_a_list_can_be_taken_out_again(
    elements: list[Any], value: Any, data: st.DataObject
) -> None:
    text = data.draw(written({"hooks": elements}, data.draw(NEWLINES)))
    after = json_text.join(text, ["hooks"], value)
    assert json_text.decode(after) == {"hooks": [*elements, value]}
    again = json_text.drop(after, ["hooks", len(elements)])
    if elements:
        assert again == text
    else:
        assert json_text.decode(again) == {"hooks": []}


@settings(max_examples=examples(60))
@given(texts(), st.data())
def test_any_item_can_be_taken_out(found: tuple[str, dict[str, Any]], data: st.DataObject) -> None:
    text, before = found
    assume(before)
    key = data.draw(st.sampled_from(sorted(before)))
    after = json_text.drop(text, [key])
    assert json_text.decode(after) == {each: before[each] for each in before if each != key}
    assert not remarks(after) - remarks(text)


def test_remarks_before_and_behind_what_is_taken_out_stay_two() -> None:
    text = '{"hooks":[null],\n// a\n"a":null // b\n}'
    assert json_text.drop(text, ["a"]) == '{"hooks":[null]\n// a\n // b\n}'


REMARK = re.compile(r'"(?:\\.|[^"\\])*"|//[^\r\n]*|/\*.*?\*/', re.DOTALL)


def remarks(text: str) -> set[str]:
    """The comments, whatever stands between them."""
    return {each.strip() for each in REMARK.findall(text) if not each.startswith('"')}


@settings(max_examples=examples(60))
@given(texts())
def test_one_kind_of_line_ends_stays_one(found: tuple[str, dict[str, Any]]) -> None:
    text, _ = found
    after = json_text.put(text, ["ours", "deep"], {"list": [1, {"x": 2}]})
    if "\r\n" in text:
        assert "\n" not in after.replace("\r\n", "").replace(text.replace("\r\n", ""), "")
    else:
        assert "\r" not in after


@given(st.text(alphabet='{}[]",:/*\\ \n\r\tatrue1-.e\x00', max_size=40))
@example("{")
@example('{"a"')
@example('{"a":')
@example('{"a":1')
@example("[1 2]")
@example('{"a":1}}')
@example('{"a":NaN}')
@example('{"a":-Infinity}')
@example("{'a':1}")
@example('{"a":01}')
@example("/* open")
@example("")
def test_what_is_no_json_is_a_plain_refusal(text: str) -> None:
    """Nothing else is raised, and a refusal names a line."""
    try:
        json_text.decode(text)
    except ValueError as error:
        assert str(error).startswith("line ")
        with pytest.raises(ValueError):
            json.JSONDecoder(strict=False, parse_constant=refuse).decode(text)


def refuse(constant: str) -> None:
    raise ValueError(constant)


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":'])
def test_depth_has_an_end(opening: str) -> None:
    with pytest.raises(ValueError, match="line 1"):
        json_text.decode(opening * 100_000)


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ('{"a": 1, "b": 2, "a": 3}', '{"a": 1, "b": 2}'),
        ('{"a": 1, "a": 3}', '{"a": 1}'),
        ('{"a": 1, "a": 3, "b": 2}', '{"a": 1, "b": 2}'),
        ('{"b": {"x": 1}, "a": 3,}', '{"b": {"x": 1},}'),
    ],
)
def test_of_equal_keys_only_the_last_one_goes(text: str, after: str) -> None:
    assert json_text.drop(text, ["a"]) == after


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ('{"a": 1}', '{"a": 1, "k": {"n": [1]}}'),
        ('{"a":1}\n', '{"a":1, "k": {"n": [1]}}\n'),
        ("{}", '{\n  "k": {\n    "n": [\n      1\n    ]\n  }\n}'),
        (
            '{\n\t"a": 1\n}\n',
            '{\n\t"a": 1,\n\t"k": {\n\t\t"n": [\n\t\t\t1\n\t\t]\n\t}\n}\n',
        ),
        (
            '{\n    "a": 1, // why\n}\n',
            '{\n    "a": 1, // why\n    "k": {\n        "n": [\n            1\n        ]'
            "\n    },\n}\n",
        ),
        (
            '{\r\n  "a": 1\r\n}',
            '{\r\n  "a": 1,\r\n  "k": {\r\n    "n": [\r\n      1\r\n    ]\r\n  }\r\n}',
        ),
    ],
)
def test_the_layout_of_a_text_goes_on(text: str, after: str) -> None:
    assert json_text.put(text, ["k"], {"n": [1]}) == after


def test_something_else_on_the_way_is_named() -> None:
    with pytest.raises(ValueError, match="hooks is no object"):
        json_text.put('{"hooks": 7}', ["hooks", "Stop"], 1)
    with pytest.raises(ValueError, match="the text is no object"):
        json_text.put("[]", ["hooks"], 1)
    with pytest.raises(ValueError, match="hooks is no list"):
        json_text.join('{"hooks": {}}', ["hooks"], 1)


def test_only_what_is_there_can_be_taken_out() -> None:
    ways: list[list[str | int]] = [["a"], ["b", "c"], ["b", 0], ["l", 2]]
    for keys in ways:
        with pytest.raises(KeyError):
            json_text.drop('{"b": {}, "l": [1, 2]}', keys)


def test_of_what_is_beside_the_way_the_value_is_known() -> None:
    found = json_text.parse('{"a": {"b": [1]}, "c": {"d": 2}}', ["c"])
    assert found.items["a"].decoded() == {"b": [1]}
    assert found.items["c"].items["d"].value == 2
    assert found.decoded() == {"a": {"b": [1]}, "c": {"d": 2}}

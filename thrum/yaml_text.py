"""YAML that a person wrote, read by PyYAML's safe loader and then strictly.

Read are mappings with texts as keys, lists, texts, whole and other numbers, ``true``, ``false`` and
``null``. Other words are texts, as YAML 1.2 has it: the ``off`` of a guard is no ``false``. What
would say something else than it seems to, or cost more than it looks like, is refused with its
line: a key that stands twice, an alias, a tag, a date, more depth or text than settings need.

Import it only where there is such a text; see `thrum.small_file.yaml_object`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import yaml

MOST: Final = 65_536
"""Characters that are read; PyYAML takes seconds for a megabyte."""
DEEPEST: Final = 32

_TAG: Final = "tag:yaml.org,2002:"
_DATE: Final = _TAG + "timestamp"
_WORDS: Final[dict[str, bool | None]] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("null", "Null", "NULL", "~", ""), None),
}
_PLAIN: Final[dict[str, tuple[str, Callable[[str], Any]]]] = {
    _TAG + "null": (r"(?:~|null|Null|NULL|)", _WORDS.__getitem__),
    _TAG + "bool": (r"(?:true|True|TRUE|false|False|FALSE)", _WORDS.__getitem__),
    _TAG + "int": (r"[-+]?[0-9]+", int),
    _TAG + "float": (r"[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?", float),
    _DATE: (r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt\s].*)?", str),
}
"""What a text without quotes is besides a text: by which pattern, and how it is read."""


class _Loader(yaml.SafeLoader):
    """Composes nodes; refuses, before it goes on, what could make them larger than the text."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 - PyYAML's own way to have other ones
    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            raise _refusal("an alias (`*name`) is not read here", event)
        if getattr(event, "tag", None) is not None:
            raise _refusal("a tag (`!name`) is not read here", event)
        if self.depth > DEEPEST:
            raise _refusal("it is nested too deeply", event)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


for _tag, (_pattern, _) in _PLAIN.items():
    _Loader.add_implicit_resolver(_tag, re.compile(rf"{_pattern}\Z"), None)


def parse(text: str) -> dict[str, Any]:
    """The mapping that the text holds; empty where it holds nothing but comments.

    Raises:
        ValueError: it holds something else, or what is not read here; names the line if one is
            at fault.
    """
    if len(text) > MOST:
        raise ValueError(f"it has more than {MOST:,} characters")
    try:
        found = _value(_Loader(text).get_single_node())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}: " if mark else ""
        raise ValueError(f"{where}{error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise ValueError(str(error).partition("\n")[0]) from None
    except OverflowError:
        raise ValueError("an escape names no character") from None
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise ValueError("it holds no mapping (`key: value`)")
    return found


def _value(node: yaml.Node | None) -> Any:
    if isinstance(node, yaml.MappingNode):
        return _mapping(node)
    if isinstance(node, yaml.SequenceNode):
        return [_value(each) for each in node.value]
    if not isinstance(node, yaml.ScalarNode):
        return None
    if node.tag == _DATE:
        raise _refusal("a date must stand in quotes", node)
    if node.tag not in _PLAIN:
        return node.value
    try:
        return _PLAIN[node.tag][1](node.value)
    except ValueError:  # Python bounds the digits that it turns into a number
        raise _refusal("a number has too many digits", node) from None


def _mapping(node: yaml.MappingNode) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = _value(key_node)
        if not isinstance(key, str):
            raise _refusal("a key must be a text; it may need quotes", key_node)
        if key in found:
            raise _refusal(f"{key!r} stands there a second time", key_node)
        found[key] = _value(value_node)
    return found


def _refusal(problem: str, at: yaml.Event | yaml.Node) -> ValueError:
    return ValueError(f"line {at.start_mark.line + 1 if at.start_mark else 1}: {problem}")

"""The numbered choices of a dialog or a menu."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

_CHOICE: Final = re.compile(
    r"^\s{0,20}(?:[│┃|]\s{0,10}){0,3}([❯›>●▸→]\s{0,3})?\[?([1-9])[.)\]]\s{1,4}(\S.*)$"
)
_ALLOWS: Final = re.compile(
    r"(?:yes|allow|approve|accept|run)"
    r"(?:,? (?:allow|proceed|run|run it|once|allow once|just (?:this )?once|(?:only )?this time))?"
    r"(?: \([a-z+]{1,12}\))?\W*",
    re.IGNORECASE,
)
"""Texts of which it is known that they allow once; whatever else one says may allow more."""

_FOR_LONGER: Final = re.compile(
    r"\balways\b|\bagain\b|\bask\b|\ball\b|\b(?:for|during|in) (?:this|the) (?!once\b|time\b)\w+"
    r"|\b(?:session|project|user|any|anymore|forever|never)\b|\b(?:every|remember|auto|permanent)"
    r"|\bfrom now\b|\bstart(?:s|ing)? with\b|\btrust",
    re.IGNORECASE,
)
_DENIES: Final = re.compile(r"(?:no|deny|reject|decline|don'?t|cancel)\b", re.IGNORECASE)


class Choice(NamedTuple):
    """One of them.

    Attributes:
        number: which, as the key that chooses it.
        text: what stands behind it.
        is_chosen: whether the arrow stands before it.
    """

    number: str
    text: str
    is_chosen: bool

    @property
    def is_for_longer(self) -> bool:
        """Whether it allows more than what is asked for now."""
        return _FOR_LONGER.search(self.text) is not None

    @property
    def allows(self) -> bool:
        """Whether it allows what is asked for, this once."""
        return _ALLOWS.fullmatch(self.text) is not None

    @property
    def denies(self) -> bool:
        """Whether it denies it."""
        return _DENIES.match(self.text) is not None


def of(rows: Iterable[str]) -> list[Choice]:
    """The choices that stand in the rows, in their order."""
    found = (_CHOICE.match(row) for row in rows)
    return [Choice(each[2], each[3].rstrip(" │┃|"), each[1] is not None) for each in found if each]


def is_menu(choices: list[Choice]) -> bool:
    """Whether somebody is to choose: an arrow stands before one of several."""
    return len(choices) > 1 and any(each.is_chosen for each in choices)


def number(choices: Iterable[Choice], *, allowing: bool) -> str:
    """The key of the one that allows this once, or that denies; empty unless there is just one."""
    found = {each.number for each in choices if (each.allows if allowing else each.denies)}
    return found.pop() if len(found) == 1 else ""

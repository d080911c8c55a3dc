"""The flags of every command."""

from __future__ import annotations

import pytest

from thrum.cli import options, table
from thrum.cli.options import Options
from thrum.errors import ThrumError

FLAGS = options.SWITCHES | options.VALUES | options.VERSION


@pytest.mark.parametrize("flag", FLAGS)
def test_each_flag_sets_what_options_have_and_says_what_it_does(flag: str) -> None:
    about = FLAGS[flag]
    into = Options()
    before = getattr(into, about.attribute)
    into.set(about.attribute, "x" if flag in options.VALUES else True)
    assert getattr(into, about.attribute) != before
    assert about.help
    assert flag in " ".join(table.GLOBAL_FLAGS)


@pytest.mark.parametrize(
    ("text", "truth"), [("true", True), ("T", True), ("1", True), ("False", False), ("0", False)]
)
def test_a_truth(text: str, truth: bool) -> None:
    assert options.truth("--json", text) is truth


@pytest.mark.parametrize("text", ["", "yes", "2", "no"])
def test_what_is_no_truth(text: str) -> None:
    with pytest.raises(ThrumError, match="--json is true or false"):
        options.truth("--json", text)

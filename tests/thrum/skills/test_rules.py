"""The checker finds what runtimes refuse, and nothing of ours is among it."""

from __future__ import annotations

import json

import pytest

from thrum.skills import rules
from thrum.skills.rules import SHARED, Rules
from thrum.skills.skill import File

GOOD = "---\nname: thrum\ndescription: What it is\n---\nText, see [more](references/MORE.md).\n"
MORE = File("thrum/references/MORE.md", "More.\n")


def found(text: str, rules_: Rules = SHARED, path: str = "thrum/SKILL.md") -> list[str]:
    return list(rules.faults([File(path, text), MORE], rules_))


def test_a_good_skill_has_no_fault() -> None:
    assert found(GOOD) == []


@pytest.mark.parametrize(
    ("was", "becomes", "says"),
    [
        ("name: thrum", "name: Thrum", "is not that of its folder"),
        ("name: thrum", "name: thrum-other", "is not that of its folder"),
        ("description: What it is", "description: " + "x" * 1_025, "1025 characters"),
        ("description: What it is\n", "", "0 characters"),
        ("description: What it is", "description: What: it is", "be quoted"),
        ("description: What it is", "description: What it is # not", "be quoted"),
        ("description: What it is", "description: [What it is]", "be quoted"),
        ("description: What it is", "description: @nux", "be quoted"),
        ("---\nText", "model: big\n---\nText", "unknown keys model"),
        ("---\nText", "argument-hint: TEXT\n---\nText", "unknown keys argument-hint"),
        ("---\nText", "disable-model-invocation: yes\n---\nText", "neither true nor false"),
        ("MORE.md", "LESS.md", "references/LESS.md is not there"),
        ("Text", "x" * 3_001, "over 3000"),
        ("Text, see [more](references/MORE.md).\n", "\n", "it says nothing"),
    ],
)
def test_what_a_runtime_would_pass_over_is_found(was: str, becomes: str, says: str) -> None:
    faults = found(GOOD.replace(was, becomes))
    assert any(says in fault for fault in faults), faults


@pytest.mark.parametrize("name", ["a--b", "-a", "a-", "a_b", "a.b", "ä", "a" * 65, "a b"])
def test_a_name_that_some_runtime_refuses_is_found(name: str) -> None:
    text = GOOD.replace("name: thrum", f"name: {name}")
    faults = list(rules.faults([File(f"{name}/SKILL.md", text)], SHARED))
    assert any("is not of a-z" in fault for fault in faults)


def test_a_list_that_takes_too_much_of_the_budget_is_found() -> None:
    many = [
        File(f"s{n}/SKILL.md", f"---\nname: s{n}\ndescription: {'x' * 1_000}\n---\nText.\n")
        for n in range(9)
    ]
    assert any("over 8000" in fault for fault in rules.faults(many, SHARED))
    assert list(rules.faults(many[:7], SHARED)) == []


@pytest.mark.parametrize(
    "text",
    [
        "name: thrum\n---\nText\n",
        "---\nname: thrum\nText\n",
        "\n---\nname: thrum\n---\nText\n",
        "---\nname: thrum\nname: thrum\n---\nText\n",
        "---\n  name: thrum\n---\nText\n",
        "---\nname:thrum\n---\nText\n",
        "",
    ],
)
def test_what_is_no_page_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        rules.parsed(text)


def test_an_empty_folder_is_a_fault() -> None:
    assert list(rules.faults([MORE], SHARED)) == ["there is no skill"]


def test_nobody_gets_looser_rules_by_being_unknown() -> None:
    assert rules.of("some-new-runtime") is SHARED
    assert all(SHARED.keys <= each.keys for each in rules.RULES.values())


MARKET = ".agents/plugins/marketplace.json"


@pytest.mark.parametrize(
    ("path", "document", "says"),
    [
        (MARKET, {"name": "a", "plugins": {"a": {}}}, "plugins is no list"),
        (MARKET, {"name": "a"}, "plugins is missing"),
        ("x/.claude-plugin/plugin.json", {"name": "a", "hook": "b"}, "unknown key hook"),
        ("x/.claude-plugin/plugin.json", {"name": 1}, "name is no str"),
        ("hooks/hooks.json", [], "it is a list"),
        ("hooks/hooks.json", 7, "it is no object"),
        ("monitors/monitors.json", {"name": "a"}, "it is no list"),
        ("monitors/monitors.json", ["a"], "it is no object"),
        (
            "monitors/monitors.json",
            [{"name": "a", "command": "b", "description": "c", "event": "d"}],
            "unknown key event",
        ),
        ("other.json", {}, "nobody reads such a file"),
        ("plugin.json", {"name": "a", "hooks": "./hooks.json"}, "unknown key hooks"),
    ],
)
def test_a_manifest_that_would_be_refused_is_found(path: str, document: object, says: str) -> None:
    (fault,) = rules.manifest_faults(File(path, json.dumps(document)))
    assert says in fault


def test_a_manifest_is_known_by_the_longer_end_of_its_path() -> None:
    file = File(".codex-plugin/plugin.json", json.dumps({"name": "a", "interface": {}}))
    assert list(rules.manifest_faults(file)) == []
    assert list(rules.manifest_faults(File("a/SKILL.md", "no JSON"))) == []

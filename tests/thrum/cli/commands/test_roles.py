"""``thrum roles``, from the choice to what a session is told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from thrum.roles import shipped

CHOICE = json.dumps({"roles": {"implementer": {"autonomy": "strict"}}})


def test_from_the_choice_to_what_a_session_is_told(office: Any) -> None:
    assert office.run("roles", "list").out.startswith("no role texts")
    assert office.run("roles", "refresh").code == 1
    assert "Saved 1 role" in office.run("roles", "save-config", stdin=CHOICE).out
    assert "Refreshed 1 role text: implementer" in office.run("roles", "refresh").out
    assert office.run("roles", "list").out == "implementer.md (1 agent: furiosa)\n"
    out = office.run("prime").out
    assert "# Your Role\n\nAn implementer of auth turns" in out
    assert "{{" not in out
    assert "# Agent Instructions" in out
    kept = json.loads((office.root / ".thrum/config.json").read_text())["role_config"]
    assert kept["roles"]["implementer"]["rendered_hash"] == shipped.read("implementer-strict").hash


@pytest.mark.parametrize("name", shipped.NAMES)
def test_every_shipped_text_fits_beside_the_rest(office: Any, name: str) -> None:
    folder = office.root / ".thrum/role_templates"
    folder.mkdir()
    (folder / "implementer.md").write_text(shipped.read(name).body)
    out = office.run("prime").out
    assert len(out.encode()) <= 2_000
    assert "## Ask" in out
    assert "# Agent Instructions" in out


def test_deploy_says_whose_preamble_was_written(office: Any) -> None:
    office.run("roles", "save-config", stdin=CHOICE)
    office.run("roles", "refresh")
    office.identity("max", role="driver")
    office.env["THRUM_NAME"] = "furiosa"
    told = office.run("roles", "deploy", "--dry-run").out
    assert told == "Would update 1/2 agents (no template for: max)\n"
    assert not (office.root / ".thrum/context").exists()
    assert office.run("roles", "deploy", "--agent", "@furiosa").out == "Updated 1/1 agent\n"
    assert (office.root / ".thrum/context/furiosa_preamble.md").exists()
    document = office.run("roles", "deploy", "--json").document
    assert document == {
        "updated": ["furiosa"],
        "without": ["max"],
        "own": [],
        "total": 2,
        "dry_run": False,
    }
    assert office.run("roles", "deploy", "--agent", "nobody").code == 1


@pytest.mark.parametrize("stdin", ["", "{", "[]", '{"roles": {}}', '{"role": 1}', "[" * 50_000])
def test_what_is_no_answer_is_refused_and_nothing_kept(office: Any, stdin: str) -> None:
    ran = office.run("roles", "save-config", stdin=stdin)
    assert ran.code in {1, 2}
    assert (office.root / ".thrum/config.json").read_text() == "{}"


def test_a_shipped_text_is_printed_as_it_is(office: Any) -> None:
    found = shipped.read("tester-strict")
    assert office.run("roles", "templates", "print", "tester-strict").out == found.text
    document = office.run("roles", "templates", "print", "tester-strict", "--json").document
    assert (document["hash"], document["text"]) == (found.hash, found.text)
    refused = office.run("roles", "templates", "print", "tester-stric")
    assert refused.code == 2
    assert "tester-strict" in refused.err


def test_drift_is_told_when_a_session_begins(office: Any) -> None:
    office.run("roles", "save-config", stdin=CHOICE)
    office.run("roles", "refresh")
    assert "roles.config" not in office.run("prime").out
    path = office.root / ".thrum/config.json"
    tree = json.loads(path.read_text())
    tree["role_config"]["roles"]["implementer"]["rendered_hash"] = "0" * 64
    path.write_text(json.dumps(tree))
    out = office.run("prime").out
    assert "warn [roles.config.body-diff]" in out
    assert "`thrum roles refresh`" in out
    (hint,) = office.run("prime", "--json").document["hints"]
    assert hint["code"] == "roles.config.body-diff"
    office.env["THRUM_NO_HINTS"] = "1"
    assert "roles.config" not in office.run("prime").out
    assert "hints" not in office.run("prime", "--json").document

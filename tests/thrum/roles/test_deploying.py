"""Texts go into the repository and into preambles, and nothing that was written by hand is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from thrum.contexts import Contexts
from thrum.roles import answers, composing, deploying, shipped
from thrum.roles.deploying import Agent

NOW = "2026-01-02T03:04:05Z"


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    found = tmp_path / ".thrum"
    found.mkdir()
    return found


def chosen(**roles: str) -> answers.Answers:
    return answers.parse({"roles": {r: {"autonomy": a} for r, a in roles.items()}}, NOW)


def test_the_chosen_texts_are_written_with_their_tokens(shared: Path) -> None:
    done = deploying.refresh(shared, chosen(tester="strict", coordinator="autonomous"))
    assert done.edited == ()
    assert composing.roles(shared) == ["coordinator", "tester"]
    text = (shared / "role_templates/tester.md").read_text()
    assert text == shipped.read("tester-strict").body
    assert "{{.CoordinatorName}}" in text
    hashes = {each.role: each.rendered_hash for each in done.answers.roles}
    assert hashes["tester"] == shipped.read("tester-strict").hash


def test_again_changes_nothing_and_another_choice_replaces(shared: Path) -> None:
    first = deploying.refresh(shared, chosen(tester="strict"))
    assert deploying.refresh(shared, first.answers) == first
    second = deploying.refresh(shared, chosen(tester="autonomous"))
    # The hash of the older one is not known there, so it may have been written by hand.
    assert [path.name for path in second.edited] == ["tester.md.edited"]
    third = deploying.refresh(
        shared, answers.Answers(1, NOW, (second.answers.roles[0]._replace(autonomy="strict"),))
    )
    assert third.edited == ()
    assert composing.template(shared, "tester") == shipped.read("tester-strict").body


@pytest.mark.parametrize("content", [b"Mine.\n", b"\xff"])
def test_a_text_that_was_changed_by_hand_is_put_aside(shared: Path, content: bytes) -> None:
    known = deploying.refresh(shared, chosen(tester="strict")).answers
    path = shared / "role_templates/tester.md"
    path.write_bytes(content)
    done = deploying.refresh(shared, known)
    assert [each.read_bytes() for each in done.edited] == [content]
    assert composing.roles(shared) == ["tester"]


def test_preambles_are_written_and_those_of_hand_stay(shared: Path, tmp_path: Path) -> None:
    deploying.refresh(shared, chosen(tester="strict"))
    agents = [
        Agent("nux", "tester", "engine", tmp_path),
        Agent("slit", "tester", "engine", tmp_path),
        Agent("max", "driver", "road", tmp_path),
        Agent("joe", "coordinator", "all", tmp_path),
    ]
    kept = Contexts(tmp_path)
    kept.save("slit_preamble", b"Mine.")
    for dry in (True, False, False):
        done = deploying.deploy(shared, tmp_path, agents, agents, dry=dry)
        assert done == deploying.Deployed(("nux",), ("max", "joe"), ("slit",))
        note = kept.read("nux_preamble")
        assert (note is None) is dry
    assert note is not None
    assert "@joe is asked" in note.content.decode()
    assert kept.read("slit_preamble").content == b"Mine."  # type: ignore[union-attr]
    assert kept.versions("nux_preamble") == []
    (shared / "role_templates/tester.md").write_text("Changed.\n")
    deploying.deploy(shared, tmp_path, agents, agents, dry=False)
    assert b"Changed." in kept.read("nux_preamble").content  # type: ignore[union-attr]
    assert len(kept.versions("nux_preamble")) == 1

"""``thrum help``."""

from __future__ import annotations

from typing import Any

import pytest

from thrum import pages
from thrum.cli import table
from thrum.cli.topics import TOPICS


def test_the_help_of_everything(world: Any) -> None:
    assert world.run("help").out == world.run("--help").out == world.run().out
    for words in (["send"], ["message"], ["message", "get"], ["log", "show"]):
        assert world.run("help", *words).out == world.run(*words, "--help").out
    assert world.daemon.requests == []


@pytest.mark.parametrize("name", TOPICS)
@pytest.mark.parametrize("columns", [40, 80, 200])
def test_a_topic(world: Any, name: str, columns: int) -> None:
    out = world.run("help", name, columns=columns).out
    assert " ".join(out.split()).startswith(TOPICS[name].summary)
    # An example is not broken: it is there to be copied.
    text = [line for line in out.splitlines() if not line.startswith("  ") and " " in line.strip()]
    wide = [line for line in text if len(line) > min(columns, 100)]
    assert [line for line in wide if len(line.split()) > 1] == []
    assert world.run("help", name, "--json").document["text"] == TOPICS[name].text


@pytest.mark.parametrize(
    ("words", "meant"),
    [(["exit-code"], "exit-codes"), (["sned"], "send"), (["message", "gett"], "message get")],
)
def test_something_unknown(world: Any, words: list[str], meant: str) -> None:
    ran = world.run("help", *words)
    assert (ran.code, meant in ran.err) == (2, True)
    assert "topics: addressing" in world.run("help", "xyzxyz").err


def test_it_is_completed(world: Any) -> None:
    assert "exit-codes\tWhat" in world.run("complete", "--", "help", "exit").out
    assert "send\tSend" in world.run("complete", "--", "help", "sen").out
    assert {word for word in table.GROUPS if " " not in word} <= {
        line.partition("\t")[0] for line in world.run("complete", "--", "help", "").out.splitlines()
    }


def test_a_page(world: Any) -> None:
    page = pages.find("two-machines")
    assert page
    ran = world.run("help", "two-machines")
    assert ran.out.strip() == page.read_text().strip()
    assert world.run("help", "docs/two-machines.md", "--json").document["page"] == "two-machines"
    assert world.run("help", "docs/backup.md").out.startswith("# Backups")
    beside = world.run("help", "backup")
    assert beside.out.startswith("Usage: thrum backup")
    assert "`thrum help backup.md`" in beside.err

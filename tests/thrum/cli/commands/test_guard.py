"""Putting the guard before commits in, and what it says and ends with."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.thrum.cli.conftest import NOW_NS, HangUp, Refuse
from thrum.clock import format_ns
from thrum.githook import guard
from thrum.identity import process

CLAIM = {
    "claim_id": "clm_1",
    "kind": "path",
    "what": "src",
    "agent_id": "nux",
    "note": "tokens",
    "created_at": format_ns(NOW_NS),
    "until": format_ns(NOW_NS + 1500 * 1_000_000_000),
    "state": "held",
    "confirmed": True,
}


def git(world: Any, *words: str) -> None:
    subprocess.run(
        ["git", *words], cwd=world.root, env=world.env, check=True, capture_output=True, timeout=60
    )


@pytest.fixture
def shop(office: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Two files are about to be committed; nobody holds them yet, and no runtime is above."""
    shutil.rmtree(office.root / ".git")
    office.env |= {"PATH": "/usr/local/bin:/usr/bin:/bin", "GIT_CONFIG_NOSYSTEM": "1"}
    monkeypatch.setattr(process, "runtime_of", lambda _found: None)
    git(office, "init", "-q")
    (office.root / "src").mkdir()
    for name in ("src/a.py", "src/b.py"):
        (office.root / name).write_text(name)
    git(office, "add", "src")
    office.daemon.answers["claim.check"] = {"held": [], "changed": []}
    return office


def held(*paths: str, **fields: Any) -> dict[str, Any]:
    return {"held": [{"path": each, "claim": {**CLAIM, **fields}} for each in paths]}


def test_an_agent_is_stopped_and_told_whom_to_ask(shop: Any) -> None:
    shop.daemon.answers["claim.check"] = held("src/a.py", "src/b.py")
    ran = shop.run("hook", "pre-commit")
    assert ran.code == guard.REFUSED
    assert "@nux holds src/a.py, src/b.py (tokens) for 25m more." in ran.err
    assert 'thrum send "…" --to @nux' in ran.err
    assert "--no-verify" in ran.err
    assert shop.daemon.params("claim.check") == {"paths": ["src/a.py", "src/b.py"]}


def test_a_person_is_told_and_goes_on(shop: Any) -> None:
    (shop.root / ".thrum/identities/furiosa.json").unlink()
    shop.daemon.answers |= {
        "claim.check": held("src/a.py"),
        "agent.whoami": Refuse("anonymous_caller", "who are you?"),
    }
    ran = shop.run("hook", "pre-commit")
    assert (ran.code, "goes on" in ran.err, "@nux" in ran.err) == (0, True, True)


def test_what_is_shared_or_free_stops_nobody(shop: Any) -> None:
    answers: tuple[dict[str, Any], ...] = (held("src/a.py", shared=True), {}, {"held": [None, {}]})
    for answer in answers:
        shop.daemon.answers["claim.check"] = answer
        ran = shop.run("hook", "pre-commit")
        assert (ran.code, ran.err) == (0, "")


def test_whoever_cannot_be_asked_holds_nobody_up(shop: Any) -> None:
    del shop.daemon.answers["claim.check"]
    ran = shop.run("hook", "pre-commit")
    assert (ran.code, ran.err) == (0, "")  # a daemon that knows nothing of claims
    shop.daemon.answers["claim.check"] = HangUp()
    ran = shop.run("hook", "pre-commit")
    assert (ran.code, ran.err.count("\n")) == (0, 1)
    shop.daemon.path.unlink()
    ran = shop.run("hook", "pre-commit")
    assert (ran.code, ran.err) == (0, "")
    shutil.rmtree(shop.root / ".thrum")
    assert shop.run("hook", "pre-commit").code == 0


def test_many_paths_are_asked_about_in_portions(shop: Any) -> None:
    for number in range(1_001):
        (shop.root / f"f{number}").touch()
    git(shop, "add", "-A")
    shop.run("hook", "pre-commit")
    asked = [params["paths"] for name, params in shop.daemon.requests if name == "claim.check"]
    assert len(asked[0]) == 1_000
    assert len({path for each in asked for path in each}) == sum(map(len, asked)) >= 1_003


def test_the_first_that_is_held_is_enough(shop: Any) -> None:
    for number in range(1_001):
        (shop.root / f"f{number}").touch()
    git(shop, "add", "-A")
    shop.daemon.answers["claim.check"] = held("f1")
    assert shop.run("hook", "pre-commit").code == guard.REFUSED
    assert shop.daemon.methods.count("claim.check") == 1


def test_it_is_put_in_and_taken_out(shop: Any) -> None:
    path = shop.root / ".git/hooks/pre-commit"
    ran = shop.run("hook", "install", "pre-commit")
    assert (ran.code, str(path) in ran.out) == (0, True)
    assert shop.run("hook", "install", "pre-commit", "--json").document["change"] == "keep"
    ran = shop.run("hook", "install", "pre-commit", "--remove")
    assert (ran.code, path.exists()) == (0, False)
    assert "no guard" in shop.run("hook", "install", "--remove").out


def test_lines_that_name_no_guard_or_no_repository(shop: Any) -> None:
    assert shop.run("hook", "install", "pre-push").code == 2
    shutil.rmtree(shop.root / ".thrum")
    ran = shop.run("hook", "install", "pre-commit")
    assert (ran.code, "thrum init" in ran.err) == (1, True)
    shutil.rmtree(shop.root / ".git")
    assert shop.run("hook", "install", "pre-commit").code == 2

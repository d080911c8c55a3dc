"""What a team.toml declares, and where its mistakes stand."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum.errors import ThrumError
from thrum.worktrees import declared
from thrum.worktrees.declared import EXAMPLE, read, understood

FILE = """\
[defaults]
role = "tester"
base = "main"

[agents.nux]
module = "engine"
intent = '''
paint it $(touch hit) "red"
\u202eand black'''
runtime = "codex"

[agents."toast"] # the second
module = "wheels"
role = "implementer"
worktree = "rig"
branch = "rig"
base = "v2"
"""


def test_agents_come_in_the_order_of_the_file() -> None:
    nux, toast = understood(FILE, "team.toml")
    assert (nux.name, nux.role, nux.module, nux.worktree) == ("nux", "tester", "engine", "nux")
    assert nux.intent == 'paint it $(touch hit) "red"\n\u202eand black'
    assert (nux.runtime, nux.branch, nux.base) == ("codex", "", "main")
    assert (toast.role, toast.worktree, toast.branch, toast.base) == (
        "implementer",
        "rig",
        "rig",
        "v2",
    )
    assert (nux.place("runtime"), nux.place("base")) == ("team.toml:10", "team.toml:3")
    assert toast.place("worktree") == "team.toml:15"


def test_the_file_to_begin_with_declares_nobody_and_can_be_filled_in() -> None:
    assert understood(EXAMPLE, "x") == []
    filled = EXAMPLE.replace("\n# [", "\n[").replace("\n# role", "\nrole")
    filled = filled.replace("\n# module", "\nmodule").replace("\n# worktree", "\nworktree")
    (one,) = understood(filled, "x")
    assert (one.name, one.worktree) == ("furiosa", "engine")


def test_one_may_work_in_the_main_worktree() -> None:
    text = FILE.replace('worktree = "rig"\nbranch = "rig"\nbase = "v2"', 'worktree = "."')
    nux, toast = understood(text, "x")
    assert (nux.is_in_main, nux.session, nux.on_branch) == (False, "nux", "feature/nux")
    assert (toast.is_in_main, toast.session, toast.on_branch, toast.base) == (True, "toast", "", "")


AGENT = '[agents.nux]\nrole = "tester"\nmodule = "x"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = [", "team.toml is no TOML: "),
        ("a = 1\n[agents.nux\n", "(at line 2, column 12)"),
        (f"{AGENT}[agents.nux]\n", "(at line 4, column 12)"),
        ("agent = 1", "team.toml:1: nobody knows the key 'agent'"),
        ("agents = 1", "team.toml:1: agents is no table"),
        ("[agents]\nnux = 1", "team.toml:2: agents.nux is no table"),
        ("[agents]\n\nnux.role = 1", "team.toml:3: role is no text"),
        ("defaults = 'x'", "team.toml:1: defaults is no table"),
        ("[agents.'a b']\nrole = 'x'\nmodule = 'y'", "team.toml:1: the agent name"),
        ("[defaults]\nrole = 'a b'\n[agents.nux]\nmodule = 'x'", "team.toml:2: the role"),
        ("[defaults]\nbase = 3\n[agents.nux]\nmodule = 'x'", "team.toml:2: base is no text"),
        (f'{AGENT}intent = "\u2028"\nrun = 1', "team.toml:5: nobody knows the key 'run'"),
        (f"[defaults]\nname = 'x'\n{AGENT}", "team.toml:2: nobody knows the key 'name'"),
        (f"{AGENT}\nrun_time = 'x'", "team.toml:5: nobody knows the key 'run_time'"),
        (f"{AGENT}intent = 5", "team.toml:4: intent is no text"),
        (f'{AGENT}intent = "\\u0000"', "team.toml:4: intent holds a NUL"),
        ('\n[agents.nux]\nrole = "tester"', "team.toml:2: @nux has no module"),
        ("[agents.nux]\nmodule = 'x'", "team.toml:1: @nux has no role"),
        (f"{AGENT}worktree = '../x'", "team.toml:4: the worktree name '../x'"),
        (f"{AGENT}worktree = 'a b'", "team.toml:4: "),
        (f"{AGENT}worktree = '..'", "team.toml:4: "),
        (f"{AGENT}worktree = '.'\nbranch = 'b'", "team.toml:5: the main worktree stays on its"),
        (f"{AGENT}worktree = '.'\nbase = 'b'", "team.toml:5: the main worktree stays on its"),
        (
            f"{AGENT}worktree = '.'\n{AGENT.replace('nux', 'toast')}worktree = '.'",
            "team.toml:8: @toast and @nux have one worktree, .",
        ),
        (
            f"{AGENT}worktree = '.'\n{AGENT.replace('nux', 'toast')}worktree = 'nux'",
            "@toast and @nux have one session, nux",
        ),
        ("[agents.nux]\nrole = 'a b'\nmodule = 'x'", "team.toml:2: "),
        ('[agents."../nux"]\nrole = "tester"\nmodule = "x"', "team.toml:1: the agent name"),
        ('[agents."$(x)"]\nrole = "tester"\nmodule = "x"', "team.toml:1: the agent name"),
        (
            f"{AGENT}{AGENT.replace('nux', 'toast')}worktree = 'nux'",
            "team.toml:7: @toast and @nux have one worktree, nux",
        ),
        (
            f"{AGENT}branch = 'b'\n{AGENT.replace('nux', 'toast')}branch = 'b'",
            "team.toml:8: @toast and @nux have one branch, b",
        ),
        (
            f"{AGENT}{AGENT.replace('nux', 'toast')}branch = 'feature/nux'",
            "team.toml:7: @toast and @nux have one branch, feature/nux",
        ),
        (
            f"{AGENT}branch = 'feature/toast'\n{AGENT.replace('nux', 'toast')}",
            "team.toml:5: @toast and @nux have one branch, feature/toast",
        ),
        (
            f"{AGENT}branch = 'refs/heads/b'\n{AGENT.replace('nux', 'toast')}branch = 'b'",
            "team.toml:8: @toast and @nux have one branch, b",
        ),
    ],
)
def test_a_mistake_is_named_with_its_line(text: str, said: str) -> None:
    with pytest.raises(ThrumError) as error:
        understood(text, "team.toml")
    assert error.value.kind == "config"
    assert said in error.value.message
    assert error.value.hint or "may hold only" in error.value.message


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / declared.FILE
    with pytest.raises(ThrumError) as error:
        read(file)
    assert (error.value.kind, "--init" in (error.value.hint or "")) == ("not_found", True)
    for data in (b"\xff", b"x" * 5_000_000):
        file.write_bytes(data)
        with pytest.raises(ThrumError) as error:
            read(file)
        assert error.value.kind == "config"
    file.unlink()
    file.mkdir()
    with pytest.raises(ThrumError):
        read(file)


@given(st.text(max_size=200))
def test_whatever_stands_there_is_understood_or_refused(text: str) -> None:
    try:
        understood(text, "x")
    except ThrumError as error:
        assert error.kind == "config"

"""What each guard says, and what a refusal says."""

from __future__ import annotations

import pytest

from thrum.identity import guards
from thrum.identity.guards import Fire, GuardError, Held, Shell

ME = Shell(40, "/w/nux")


NOBODY = Shell(0, "/w/nux")


MINE, FREE = Held("nux", 40, "mine"), Held("nux", 0, "free")


FOREIGN, DEAD = Held("nux", 50, "foreign"), Held("nux", 50, "dead")


OTHER = Held("slit", 40, "mine")


# own identity, shell, stands at home, may reclaim: what the rule says
RULE = [
    (None, ME, True, True, None),
    (MINE, ME, False, True, None),
    (FREE, ME, True, True, None),
    (FREE, ME, False, True, "pid_mismatch"),
    (FREE, NOBODY, False, True, None),
    (FOREIGN, ME, True, True, "pid_mismatch"),
    (FOREIGN, NOBODY, True, True, None),
    (DEAD, ME, True, True, "dead_owner_reclaimed"),
    (DEAD, ME, True, False, "pid_mismatch"),
    (DEAD, ME, False, True, "pid_mismatch"),
    (DEAD, NOBODY, False, True, None),
]


@pytest.mark.parametrize(("own", "shell", "home", "reclaim", "reason"), RULE)
def test_who_may_speak_in_a_worktree(
    own: Held | None, shell: Shell, home: bool, reclaim: bool, reason: str | None
) -> None:
    fire = guards.cross_worktree(own, [OTHER], shell, at_home=home, reclaim=reclaim)
    assert (fire.reason if fire else None) == reason
    if fire and reason == "pid_mismatch":
        assert (fire.expected_agent, fire.detected_agent) == ("nux", "slit")


@pytest.mark.parametrize(
    ("held", "wanted", "expected"),
    [
        ([], "nux", ""),
        ([MINE], "nux", ""),
        ([MINE], "slit", "nux"),
        ([MINE, OTHER], "slit", ""),
        ([FOREIGN, DEAD, FREE], "slit", ""),
    ],
)
def test_a_program_keeps_its_name(held: list[Held], wanted: str, expected: str) -> None:
    fire = guards.self_rename(wanted, held, ME)
    assert (fire.expected_agent if fire else "") == expected


@pytest.mark.parametrize(
    ("own", "fires"), [(MINE, False), (FREE, False), (DEAD, False), (FOREIGN, True)]
)
def test_a_running_programs_name_is_taken(own: Held, fires: bool) -> None:
    assert bool(guards.name_collision("nux", [OTHER, own], ME)) is fires
    assert guards.name_collision("toast", [OTHER, own], ME) is None


@pytest.mark.parametrize(
    ("own", "shell", "fires"),
    [
        (None, ME, False),
        (MINE, ME, False),
        (MINE, Shell(41, ""), True),
        (FOREIGN, ME, True),
        (FOREIGN, NOBODY, True),
        (DEAD, ME, False),
        (FREE, ME, False),
    ],
)
def test_an_inner_program_does_not_take_the_outer_ones_identity(
    own: Held | None, shell: Shell, fires: bool
) -> None:
    assert bool(guards.prime_ownership(own, shell)) is fires


@pytest.mark.parametrize(
    ("claim", "resolved", "anonymous", "reason"),
    [
        ("", "", True, "anonymous_mutating_rpc"),
        ("nux", "", True, "anonymous_mutating_rpc"),
        ("nux", "slit", False, "identity_mismatch"),
        ("nux", "nux", False, None),
        ("", "nux", False, None),
        ("", "", False, "no_caller_agent_id"),
        ("nux", "", False, None),
    ],
)
def test_who_calls_the_daemon(
    claim: str, resolved: str, anonymous: bool, reason: str | None
) -> None:
    fire = guards.unauthenticated(claim, resolved, anonymous=anonymous)
    assert (fire.reason if fire else None) == reason


def test_the_daemon_does_not_edit_what_a_dead_agent_left() -> None:
    dead = guards.writer_liveness(DEAD, mirrored=False)
    assert dead
    assert dead.reason == "subject_pid_dead"
    mirrored = guards.writer_liveness(DEAD, mirrored=True)
    assert mirrored
    assert guards.outcome_of(mirrored, "strict") == "skipped"
    assert guards.writer_liveness(FOREIGN, mirrored=False) is None
    assert guards.writer_liveness(FREE, mirrored=False) is None


def test_without_git_nothing_begins() -> None:
    fire = guards.non_git_bootstrap("/tmp/x", in_git=False)
    assert fire == Fire("non_git_bootstrap", "not_a_git_repo", caller_cwd="/tmp/x")
    assert guards.non_git_bootstrap("/tmp/x", in_git=True) is None


EVERY = [(key, reason) for key, guard in guards.GUARDS.items() for reason in guard.reasons]


@pytest.mark.parametrize("mode", guards.MODES)
@pytest.mark.parametrize(("key", "reason"), EVERY)
def test_every_reason_in_every_mode(key: str, reason: str, mode: guards.Mode) -> None:
    lines: list[str] = []
    fire = Fire(key, reason, "nux", "slit", 50, 40, "/w/n ux")
    refused = False
    try:
        fired = guards.judge(fire, {key: mode}, lines.append)
    except GuardError as error:
        refused = True
        assert error.message == fire.text
        assert error.details["guard"] == key
    always = reason in guards.ALWAYS
    never = reason in {"dead_owner_reclaimed", "cross_daemon_mirror"}
    assert refused is (always or (mode == "strict" and not never))
    if mode == "off" and not always:
        assert lines == []
        assert fired is False
    else:
        (line,) = lines
        assert line.startswith(f"identity_guard_fire guard={key} mode={mode} outcome=")
        assert f" reason={reason} expected_agent=nux detected_agent=slit" in line
        assert line.endswith(" expected_pid=50 caller_pid=40 caller_cwd='/w/n ux'")


def test_a_guard_that_is_not_mentioned_is_strict() -> None:
    with pytest.raises(GuardError):
        guards.judge(Fire("non_git_bootstrap", "not_a_git_repo"), {}, lambda _line: None)
    assert guards.judge(None, {}, lambda _line: pytest.fail("nothing fired")) is False


def test_a_refusal_has_one_fact_on_a_line_and_leaves_out_what_is_not_known() -> None:
    fire = guards.name_collision("nux", [FOREIGN], Shell(40, ""))
    assert fire
    assert fire.text.splitlines() == [
        'identity guard "quickstart_name_collision" fired: name_held_by_live_foreign_pid',
        "  expected agent: nux",
        "  expected pid: 50",
        "  caller pid: 40",
        f"  remediation: {fire.remediation}",
    ]
    whole = guards.cross_worktree(FOREIGN, [OTHER], ME, at_home=True, reclaim=True)
    assert whole
    assert [line.strip().partition(":")[0] for line in whole.text.splitlines()[1:]] == [
        "expected agent",
        "detected agent",
        "expected pid",
        "caller pid",
        "caller cwd",
        "remediation",
    ]


@pytest.mark.parametrize(("key", "reason"), EVERY)
def test_a_remediation_is_whole_even_without_names(key: str, reason: str) -> None:
    assert not set("{}") & set(Fire(key, reason).remediation)
    assert "  " not in Fire(key, reason).remediation

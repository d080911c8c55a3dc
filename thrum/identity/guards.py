"""The eight identity guards: when each of them fires, and what it says then.

Pure. Whoever asks collects the facts (`Held`, `Shell`), calls the guard's function, and hands what
comes back to `judge` together with the modes that count there. A guard that does not fire returns
None. The table `GUARDS` is what docs/identity.md prints.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final, Literal, NamedTuple

from thrum.errors import ThrumError

Mode = Literal["strict", "warn", "off"]
Outcome = Literal["denied", "allowed", "auto_reclaimed", "skipped"]
Standing = Literal["free", "mine", "foreign", "dead"]

MODES: Final[dict[Mode, str]] = {
    "strict": "refuses",
    "warn": "lets through and writes a line to the log",
    "off": "is not asked",
}
"""The modes, and what a guard does in each when it fires."""

DEFAULT: Final[Mode] = "strict"


class Guard(NamedTuple):
    """One guard.

    Attributes:
        asked: where it is asked.
        fires: under which condition.
        reasons: machine-readable tokens, each with what to do about it. Braces stand for the
            fields of `Fire`.
        exempt: what gets past it.
    """

    asked: str
    fires: str
    reasons: Mapping[str, str]
    exempt: str = ""


GUARDS: Final[dict[str, Guard]] = {
    "cross_worktree": Guard(
        "before commands",
        "this shell runs under another agent's program, or under nobody's, than the worktree's",
        {
            "pid_mismatch": "change into your own worktree, or run"
            " `thrum quickstart {expected_agent}` here if that agent is you"
        },
        "`--repo`; shells that run under no agent program",
    ),
    "dead_pid_auto_reclaim": Guard(
        "before commands",
        "the program of this worktree's agent has ended, and this shell runs under a new one here",
        {"dead_owner_reclaimed": "nothing to do: the file now names this program"},
        "`off` leaves the file alone, so that `cross_worktree` fires",
    ),
    "quickstart_self_rename": Guard(
        "`quickstart`, `agent register`",
        "the program you run under is registered in this worktree by another name already",
        {
            "caller_already_owns_identity": "go on as {expected_agent}, or add --force to put that"
            " identity aside"
        },
        "the same name; `--force` renames the old file to `NAME.json.deleted`",
    ),
    "quickstart_name_collision": Guard(
        "`quickstart`, `agent register`",
        "the name belongs to a program that runs and that you do not run under",
        {
            "name_held_by_live_foreign_pid": "choose another name, or add --force to put the other"
            " one's identity aside"
        },
        "a program that has ended; `--force` renames the old file to `NAME.json.deleted`",
    ),
    "non_git_bootstrap": Guard(
        "`init`, start of the daemon",
        "there is no git work tree here or above",
        {"not_a_git_repo": "run `git init` first, or change into a checkout"},
    ),
    "unauthenticated_rpc": Guard(
        "every request to the daemon",
        "nothing vouches for the caller, or the claim contradicts what does",
        {
            "no_caller_agent_id": "the system does not say which process calls: name your agent in"
            " caller_agent_id",
            "identity_mismatch": "call from {expected_agent}'s worktree, or drop the claim to act"
            " as {detected_agent}",
            "anonymous_mutating_rpc": "change into your agent's worktree, or register with"
            " `thrum quickstart NAME --role ROLE --module MODULE`",
        },
        "methods that anybody may call",
    ),
    "daemon_writer_liveness": Guard(
        "the daemon, before it edits an identity file",
        "the agent's program has ended",
        {
            "subject_pid_dead": "start {expected_agent} again; its file stays as it is until then",
            "cross_daemon_mirror": "nothing to do: another daemon knows the agent's process",
        },
        "agents without a process; agents of another daemon are skipped",
    ),
    "prime_ownership": Guard(
        "`quickstart` of a name that is registered here",
        "an outer program owns the identity and you run under one that it started",
        {
            "caller_not_topmost_runtime": "leave registering to the outer program; what you send"
            " goes out in its name"
        },
        "a program that has ended",
    ),
}
"""Every guard by its key in the configuration."""

ALWAYS: Final = frozenset({"identity_mismatch", "anonymous_mutating_rpc"})
"""Reasons that are refused in every mode: what the kernel says is no matter of taste."""

_NEVER: Final[dict[str, Outcome]] = {
    "dead_owner_reclaimed": "auto_reclaimed",
    "cross_daemon_mirror": "skipped",
}
_KINDS: Final = {
    "identity_mismatch": "identity_mismatch",
    "anonymous_mutating_rpc": "anonymous_caller",
    "no_caller_agent_id": "anonymous_caller",
}


class Held(NamedTuple):
    """An identity file, and how its process stands to the caller.

    Attributes:
        pid: what the file says; 0 for no process.
        standing: ``free`` without a process; ``mine``, the caller runs under it; ``foreign``, it
            runs elsewhere; ``dead``.
    """

    name: str
    pid: int
    standing: Standing


class Shell(NamedTuple):
    """Who asks: the process of the agent program around it (0: none), and where it stands."""

    runtime: int
    cwd: str


class Fire(NamedTuple):
    """A guard that fires. Empty fields are left out wherever it is told."""

    guard: str
    reason: str
    expected_agent: str = ""
    detected_agent: str = ""
    expected_pid: int = 0
    caller_pid: int = 0
    caller_cwd: str = ""

    @property
    def remediation(self) -> str:
        """What to do about it."""
        known = self._asdict()
        for key in ("expected_agent", "detected_agent"):
            known[key] = known[key] or "AGENT"
        return GUARDS[self.guard].reasons[self.reason].format_map(known)

    @property
    def facts(self) -> dict[str, str | int]:
        """What is known of it, in the order in which it is told."""
        return {key: value for key, value in self._asdict().items() if value}

    @property
    def text(self) -> str:
        """The refusal, one fact on a line."""
        lines = [f'identity guard "{self.guard}" fired: {self.reason}']
        told = list(self.facts.items())[2:]
        lines += [f"{key.replace('_', ' ')}: {value}" for key, value in told]
        return "\n  ".join([*lines, f"remediation: {self.remediation}"])

    def log_line(self, mode: Mode, outcome: Outcome) -> str:
        """The one line that the log gets; values with white space or quotes are quoted."""
        facts = {"guard": self.guard, "mode": mode, "outcome": outcome, **self.facts}
        told = " ".join(f"{key}={_quoted(str(value))}" for key, value in facts.items())
        return f"identity_guard_fire {told}"


def _quoted(text: str) -> str:
    plain = text.isprintable() and not any(mark in text for mark in " \"'=")
    return text if plain else ascii(text)


class GuardError(ThrumError):
    """The refusal of a guard."""

    def __init__(self, fire: Fire) -> None:
        details = {**fire.facts, "remediation": fire.remediation}
        super().__init__(_KINDS.get(fire.reason, "guard"), fire.text, details=details)
        self.fire = fire


def outcome_of(fire: Fire, mode: Mode) -> Outcome:
    """What becomes of it in a mode."""
    if fire.reason in ALWAYS:
        return "denied"
    return _NEVER.get(fire.reason) or ("denied" if mode == "strict" else "allowed")


def judge(fire: Fire | None, modes: Mapping[str, Mode], log: Callable[[str], None]) -> bool:
    """Carries out what the mode says: one line to the log, and the refusal; whether it fired.

    Args:
        fire: what the guard's function returned.
        modes: by guard; one that is absent is strict.
        log: takes the line, as a warning.

    Raises:
        GuardError: the guard refuses.
    """
    if fire is None:
        return False
    mode = modes.get(fire.guard, DEFAULT)
    if mode == "off" and fire.reason not in ALWAYS:
        return False
    outcome = outcome_of(fire, mode)
    log(fire.log_line(mode, outcome))
    if outcome == "denied":
        raise GuardError(fire)
    return True


def cross_worktree(
    own: Held | None, others: Iterable[Held], shell: Shell, *, at_home: bool, reclaim: bool
) -> Fire | None:
    """Whether this shell may speak for the identity that it found.

    Args:
        own: the identity; None passes.
        others: every identity of the place, to say whom the shell runs under.
        shell: who asks.
        at_home: the shell stands where the identity was written, worktree and terminal pane.
        reclaim: a dead owner may be replaced.

    Returns:
        None to pass, ``dead_owner_reclaimed`` to pass after the file names the new process, else
        ``pid_mismatch``.
    """
    if own is None or not shell.runtime or own.standing == "mine":
        return None
    if own.standing == "free" and at_home:
        return None
    if own.standing == "dead" and at_home and reclaim:
        return Fire(
            "dead_pid_auto_reclaim",
            "dead_owner_reclaimed",
            expected_agent=own.name,
            expected_pid=own.pid,
            caller_pid=shell.runtime,
        )
    detected = next((each.name for each in others if each.standing == "mine"), "")
    return Fire(
        "cross_worktree",
        "pid_mismatch",
        expected_agent=own.name,
        detected_agent=detected,
        expected_pid=own.pid,
        caller_pid=shell.runtime,
        caller_cwd=shell.cwd,
    )


def self_rename(wanted: str, held: Iterable[Held], shell: Shell) -> Fire | None:
    """Whether the caller is registered here by another name than the wanted one."""
    mine = [each for each in held if each.standing == "mine"]
    if not mine or any(each.name == wanted for each in mine):
        return None
    return Fire(
        "quickstart_self_rename",
        "caller_already_owns_identity",
        expected_agent=mine[0].name,
        caller_pid=shell.runtime or mine[0].pid,
    )


def name_collision(wanted: str, held: Iterable[Held], shell: Shell) -> Fire | None:
    """Whether the wanted name belongs to somebody else's running process."""
    holder = next((each for each in held if each.name == wanted), None)
    if holder is None or holder.standing != "foreign":
        return None
    return Fire(
        "quickstart_name_collision",
        "name_held_by_live_foreign_pid",
        expected_agent=holder.name,
        expected_pid=holder.pid,
        caller_pid=shell.runtime,
    )


def non_git_bootstrap(cwd: str, *, in_git: bool) -> Fire | None:
    """Whether there is no git work tree to begin in."""
    return None if in_git else Fire("non_git_bootstrap", "not_a_git_repo", caller_cwd=cwd)


def unauthenticated(
    claim: str, resolved: str, *, anonymous: bool, pid: int = 0, cwd: str = ""
) -> Fire | None:
    """Whether nobody, or somebody else than the claim says, calls the daemon.

    Args:
        claim: ``caller_agent_id``.
        resolved: the agent that the kernel vouches for.
        anonymous: the kernel says that it is no agent.
        pid: the calling process.
        cwd: where it stands.
    """
    guard = "unauthenticated_rpc"
    if anonymous:
        return Fire(guard, "anonymous_mutating_rpc", claim, "", 0, pid, cwd)
    if resolved and claim and claim != resolved:
        return Fire(guard, "identity_mismatch", claim, resolved, 0, pid, cwd)
    if not resolved and not claim:
        return Fire(guard, "no_caller_agent_id", caller_pid=pid, caller_cwd=cwd)
    return None


def writer_liveness(subject: Held, *, mirrored: bool) -> Fire | None:
    """Whether the daemon is about to edit the file of an agent whose process has ended.

    Args:
        subject: the file; its standing is ``dead`` if the process has ended.
        mirrored: the agent belongs to another daemon, which alone knows its process.
    """
    if subject.standing != "dead":
        return None
    reason = "cross_daemon_mirror" if mirrored else "subject_pid_dead"
    return Fire(
        "daemon_writer_liveness", reason, expected_agent=subject.name, expected_pid=subject.pid
    )


def prime_ownership(own: Held | None, shell: Shell) -> Fire | None:
    """Whether an inner program is about to take the identity of the one around it."""
    if own is None or own.standing not in {"mine", "foreign"} or own.pid == shell.runtime:
        return None
    if own.standing == "mine" and not shell.runtime:
        return None
    return Fire(
        "prime_ownership",
        "caller_not_topmost_runtime",
        expected_agent=own.name,
        expected_pid=own.pid,
        caller_pid=shell.runtime,
    )

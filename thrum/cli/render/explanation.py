"""``thrum identity explain`` for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap
from typing import Any, Final

from thrum.cli.render.text import one_line

_SAYS: Final = {
    "quickstart_self_rename": "registering by another name",
    "quickstart_name_collision": "registering by the name below",
    "daemon_writer_liveness": "an edit by the daemon",
    "prime_ownership": "registering again",
}
"""What a guard speaks of, where it is not this very moment."""

_DAEMON_RULES: Final = {
    "pid": "the process that this shell runs under",
    "worktree": "the worktree that this shell stands in",
    "claim": "the claim alone, since the system does not tell",
}

_UNFIRED: Final = {False: "passes", None: "not asked"}

_STANDING: Final = {
    "free": "bound to no process",
    "mine": "process {pid}, which this shell runs under",
    "foreign": "process {pid}, which runs elsewhere",
    "dead": "process {pid}, which has ended",
}


_KEPT: Final = "\x00"
"""Stands for a space at which no line ends; what is printed holds none."""


def text(document: Mapping[str, Any], columns: int) -> str:
    """The whole page.

    Args:
        document: as `thrum identity explain --json` gives it.
        columns: no line is wider but for a word or a path, which is never broken; 0: nothing is.
    """
    lines = [*_identity(document["identity"])]
    said = document["identity"]["reason"]
    lines += [f"Passed over: {one_line(each)}" for each in document["unreadable"] if each != said]
    lines += _shell(document["shell"])
    lines += [*_daemon(document["daemon"]), ""]
    for row in document["guards"]:
        lines += _guard(row)
    lines += [f"Passed over: {one_line(each)}" for each in document["faults"]]
    paths = _paths(document)
    return "\n".join(piece for line in lines for piece in _folded(line, columns, paths))


def _paths(document: Mapping[str, Any]) -> list[str]:
    """The paths of the page as they are printed, the longest first: one may begin another."""
    found, shell = document["identity"], document["shell"]
    told = [found.get("identity_file"), found.get("worktree"), shell["cwd"], shell["worktree"]]
    return sorted({one_line(each) for each in told if each}, key=len, reverse=True)


def _folded(line: str, columns: int, paths: Sequence[str]) -> list[str]:
    if not columns or len(line) <= columns:
        return [line]
    for path in paths:
        line = line.replace(path, path.replace(" ", _KEPT))
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    pieces = wrap(
        line, columns, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
    return [piece.replace(_KEPT, " ") for piece in pieces] or [""]


def _identity(found: Mapping[str, Any]) -> Iterator[str]:
    who = f"@{one_line(found['agent_id'])}" if found.get("agent_id") else "nobody"
    yield f"You: {who}, by the rule {found['rule']}: {one_line(found['reason'])}"
    if found.get("hint"):
        yield f"  {one_line(found['hint'])}"
    if "identity_file" in found:
        yield f"File: {one_line(found['identity_file'])}"
        yield f"Worktree: {one_line(found['worktree']) or 'not said'}"
        yield f"Process: {_STANDING[found['process']].format(pid=found['pid'])}"
    if found.get("others"):
        yield "Others here: " + ", ".join(f"@{one_line(each)}" for each in found["others"])


def _shell(shell: Mapping[str, Any]) -> Iterator[str]:
    program = f"under {shell['runtime']} ({shell['runtime_pid']})" if shell["runtime"] else ""
    yield f"This shell: {program or 'under no agent program'}, in {one_line(shell['cwd'])}"


def _daemon(daemon: Mapping[str, Any]) -> Iterator[str]:
    if daemon.get("agent_id"):
        rule = one_line(daemon.get("rule") or daemon["source"])
        yield f"Daemon: @{one_line(daemon['agent_id'])}, by {_DAEMON_RULES.get(rule, rule)}"
        if daemon.get("others"):
            others = ", ".join(f"@{one_line(each)}" for each in daemon["others"])
            yield f"  it could be claimed to be {others} as well"
    else:
        yield f"Daemon: {one_line(str(daemon['message']))} ({daemon['kind']})"


def _guard(row: Mapping[str, Any]) -> Iterator[str]:
    """A line of the table, and what the guard would say below it."""
    said = row["outcome"] if row["fires"] else _UNFIRED[row["fires"]]
    name = row["guard"]
    yield f"{name:<26} {row['mode']:<7} {row['layer']:<13} {said}"
    if row["fires"]:
        about = f"{_SAYS[name]}: " if name in _SAYS else ""
        yield f"  {about}{one_line(row['reason'])}{_who(row)}"
        yield f"  {one_line(row['remediation'])}"


def _who(row: Mapping[str, Any]) -> str:
    named = [
        f"{label} @{one_line(str(row[key]))}"
        for label, key in (("expected", "expected_agent"), ("detected", "detected_agent"))
        if row.get(key)
    ]
    return f" ({', '.join(named)})" if named else ""

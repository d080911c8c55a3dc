"""Having declared agents work, each in its worktree and session, and having them end again.

What is there already is used, so that whoever types it again goes on where it was cut off.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from thrum.cli.context import Context
from thrum.cli.render.text import one_line
from thrum.cli.steps import attaching, building, housing, launched, launching, siting, vacating
from thrum.cli.steps.housing import Tenant
from thrum.cli.steps.siting import Site
from thrum.errors import ThrumError
from thrum.identity import owner
from thrum.identity.files import Identity
from thrum.worktrees import beginning, listing, making
from thrum.worktrees.beginning import Asked
from thrum.worktrees.declared import Declared

_SHELL: Final = "shell"


@dataclass
class Post:
    """An agent that shall work, and how it stands with it.

    Attributes:
        declared: who, and where.
        root: its worktree.
        runtime: what is launched there; empty where nobody says what.
        todo: what is to be done, or was.
        session: its session.
        launch: how the launch went; ``ready`` for one that runs.
        reason: why it is not up.
        error: what was refused.
    """

    declared: Declared
    root: Path
    runtime: str
    todo: list[str] = field(default_factory=list)
    session: str = ""
    launch: str = ""
    reason: str = ""
    error: ThrumError | None = None

    @property
    def is_up(self) -> bool:
        """Whether nothing more is to be done."""
        return self.error is None and self.launch in {"", "ready"}

    def refuse(self, error: ThrumError) -> None:
        """Notes what was refused, with the line that it is about as far as one can tell."""
        key = "base" if error.kind in {"not_found", "usage"} else "branch"
        key = "worktree" if self.declared.is_in_main else key
        text = f"{error.message} ({self.declared.place(key)})"
        self.error = ThrumError(error.kind, text, error.hint, error.details)

    def document(self) -> dict[str, Any]:
        """What a program is told."""
        error = {"kind": self.error.kind, "message": self.error.message} if self.error else None
        known = {
            "session": self.session,
            "runtime": self.runtime,
            "launch": self.launch,
            "reason": self.reason,
            "error": error,
        }
        about = {"agent": self.declared.name, "worktree_path": str(self.root), "steps": self.todo}
        return about | {key: value for key, value in known.items() if value}


def posts(context: Context, site: Site, found: Sequence[Declared]) -> list[Post]:
    """The agents with where they will be; nothing is changed.

    Raises:
        ThrumError: ``config``, a runtime that nobody knows, a branch that cannot be or a main
            worktree where there is none, with its line; as `building.place`.
    """
    made = []
    for each in found:
        with _blaming(each, "runtime"):
            runtime = housing.runtime_of(context, each.runtime)
        made.append(Post(each, _root(site, each), runtime))
    return made


def _root(site: Site, who: Declared) -> Path:
    """Where an agent is to work, if it can be there.

    Raises:
        ThrumError: as `posts`.
    """
    if who.is_in_main:
        with _blaming(who, "worktree"):
            return building.main(site)
    with _blaming(who, "branch"):
        beginning.branch_of(site.git, _asked(who), siting.LOG_BRANCH)
    return building.place(site, who.worktree)


@contextmanager
def _blaming(who: Declared, key: str) -> Iterator[None]:
    """Has refusals name the line of a key."""
    try:
        yield
    except ThrumError as error:
        raise ThrumError("config", f"{who.place(key)}: {error.message}", error.hint) from error


def _asked(who: Declared) -> Asked:
    return Asked(who.worktree, who.branch, who.base)


def plan(context: Context, site: Site, wanted: Sequence[Post]) -> None:
    """Notes what is to be done for each; nothing is changed."""
    trees, rows = listing.trees(site.git), attaching.rows(attaching.known(context))
    for post in wanted:
        tree = listing.at(trees, post.root)
        if tree is None or tree.gone:
            post.todo.append("worktree")
        here = _resident(post)
        if here is None:
            post.todo.append("agent")
        is_up = (here and owner.is_alive(here)) or _runs(post, _row(rows, post))
        if post.runtime and not is_up:
            post.todo.append("launch")


def foresee(site: Site, wanted: Sequence[Post]) -> None:
    """Notes whose worktree cannot be made as it stands; nothing is changed."""
    promised: set[str] = set()
    for post in wanted:
        who = post.declared
        try:
            if who.is_in_main:
                housing.check_main(post.root, who.name)
                continue
            # The branch of one that is made before it will be there by then.
            base = "" if who.base in promised else who.base
            asked = _asked(who)._replace(base=base)
            making.check(site.git, post.root, asked, siting.LOG_BRANCH, site.records)
        except ThrumError as error:
            post.refuse(error)
        promised.add(who.on_branch)


def raise_all(context: Context, site: Site, wanted: Sequence[Post]) -> None:
    """Has all of them work, as far as that can be; each says what became of it.

    Raises:
        ThrumError: the daemon cannot be asked.
    """
    plan(context, site, wanted)
    for post in wanted:
        try:
            _build(context, site, post)
            _launch(context, post)
        except ThrumError as error:
            if error.kind in vacating.AWAY:
                raise
            post.refuse(error)
    _await(context, wanted)


def _build(context: Context, site: Site, post: Post) -> None:
    """Makes the worktree and registers the agent, as far as they are not there."""
    who = post.declared
    asked = _asked(who)
    has_files = bool(who.runtime) or housing.wants_files(context)
    tenant = Tenant(who.name, who.role, who.module, who.intent, post.runtime, has_files)
    if who.is_in_main:
        building.furnish_main(context, post.root, tenant)
        return
    made, home = building.build(context, site, post.root, asked, tenant)
    for note in (*made.notes, *home.obstacles):
        context.note(one_line(f"{who.name}: {note}"))


def _launch(context: Context, post: Post) -> None:
    """Launches the runtime, where it does not run."""
    here = _resident(post)
    if here is not None and owner.is_alive(here):
        post.launch = "ready"
    elif post.runtime:
        name, root, runtime = post.declared.session, post.root, post.runtime
        answer = launching.launch(context, name, root, runtime, is_awaited=False)
        _note(post, answer)


def _note(post: Post, about: Mapping[str, Any]) -> None:
    post.session = str(about.get("session") or about.get("name") or post.session)
    post.launch, post.reason = str(about.get("launch") or ""), str(about.get("reason") or "")


def _await(context: Context, wanted: Sequence[Post]) -> None:
    """Waits until it is known of each launch how it went."""
    starting = [each for each in wanted if each.launch == "starting"]
    told = launched.known(context, [each.session for each in starting])
    for post in starting:
        _note(post, told[post.session])


def _resident(post: Post) -> Identity | None:
    """The agent's identity in its worktree; None if it is not at home there."""
    here = vacating.residents(post.root)
    return next((each for each in here if each.name == post.declared.name), None)


def _runs(post: Post, row: Mapping[str, Any]) -> bool:
    """Whether the runtime is in front in the agent's session; a shell is there anyway."""
    is_shell = post.runtime == _SHELL and row.get("runtime") == _SHELL
    return bool(row.get("front")) or (is_shell and row.get("state") == "alive")


def _row(rows: Sequence[Mapping[str, Any]], post: Post) -> Mapping[str, Any]:
    """The session in which the agent lives; empty if it has none."""
    name = post.declared.name
    return next((row for row in rows if row.get("agent") == name), {})


def sessions(context: Context, wanted: Sequence[Declared]) -> dict[str, str]:
    """The sessions that are there of the agents, the last first, and who lives in each."""
    rows = attaching.rows(attaching.known(context))
    by_agent = {str(row.get("agent")): str(row.get("name")) for row in rows}
    return {by_agent[each.name]: each.name for each in reversed(wanted) if each.name in by_agent}


def end_all(context: Context, names: Sequence[str], *, is_forced: bool) -> list[dict[str, Any]]:
    """Ends sessions, each after its agent saved; what became of them.

    Raises:
        ThrumError: as ``tmux.stop`` refuses.
    """
    params = {"names": [*names], "force": is_forced or None}
    about = {**params, "caller_agent_id": attaching.claim(context)}
    answer: dict[str, Any] = context.call("tmux.stop", about, launched.STOP_S) if names else {}
    return [each for each in answer.get("sessions") or () if isinstance(each, dict)]

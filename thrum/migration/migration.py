"""Coming over in place, and going back.

Each step may be repeated: what the log has by then is known, so whoever is killed runs it again.
The order is: what is there is kept beside; the log; local facts; then what was read goes there too.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from thrum import atomic, config, paths
from thrum.backup import sources
from thrum.clock import format_seconds
from thrum.daemon.projection import rebuild
from thrum.daemon.quiet import other_at_work, quiet
from thrum.daemon.state import State
from thrum.errors import ThrumError
from thrum.migration import landing, layout, older
from thrum.migration.aside import Aside
from thrum.migration.known import Known
from thrum.migration.layout import Layout
from thrum.migration.local_facts import SCHEMAS, LocalFacts
from thrum.migration.retelling import Retelling
from thrum.paths import Place
from thrum.worktrees.git import Git

SUBJECT: Final = "migrate: import data from main branch"
"""What older programs, too, call the commit."""

_SIDES: Final = ("", "-wal", "-shm")


@dataclass(slots=True)
class Plan:
    """What a migration would do, or did.

    Attributes:
        database: an older program's, or None.
        version: of its schema.
        counts: how many events of each kind the log lacks.
        monitors: how many monitors come along.
        phone: how many messages on a phone it knows.
        refused: what cannot come along, and why: the first of them.
        left: how many things cannot.
        layout: what there is of the oldest layouts.
        at_work: the process of an older program's daemon that works here; 0 if none does.
    """

    database: Path | None = None
    version: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    monitors: int = 0
    phone: int = 0
    refused: list[str] = field(default_factory=list)
    left: int = 0
    layout: Layout = field(default_factory=Layout)
    at_work: int = 0

    @property
    def is_needed(self) -> bool:
        """Whether there is anything to be done."""
        return self.database is not None or self.layout.is_there

    @property
    def events(self) -> int:
        """How many events the log lacks."""
        return sum(self.counts.values())


@dataclass
class Migration:
    """One migration.

    Args:
        place: where.
        environment: git's, and a daemon's that is started again.
        now_ns: the clock.
    """

    place: Place
    environment: Mapping[str, str]
    now_ns: Callable[[], int]

    def __post_init__(self) -> None:
        self.git = Git(self.place.repository, self.environment)
        self.aside = Aside.of(self.place.var, self.place.repository)

    def plan(self) -> Plan:
        """What it would do; nothing is written.

        Raises:
            ThrumError: ``database``, ``repository``, ``storage``: what is there cannot be read.
        """
        plan = self._found()
        if plan.is_needed:
            self._read(plan)
        return plan

    def run(self, *, stops: bool) -> Plan:
        """Brings everything over.

        Args:
            stops: whether an older program's daemon is ended. Ours is, and started again.

        Raises:
            ThrumError: ``conflict``, an older program's daemon is at work; as `plan`, and as the
                log and local facts. What was done by then stands, and the same call goes on.
        """
        plan = self._found()
        if not plan.is_needed:
            return plan
        with quiet(self.place, self.environment, stops_other=stops):
            plan.at_work = 0
            retelling, facts = self._read(plan)
            self.aside.begin(format_seconds(self.now_ns()), self._files(plan))
            landing.land(self.place, self.environment, retelling.lines, SUBJECT)
            self._keep(facts)
            self._clear(plan)
            self.aside.end()
        return plan

    def back(self) -> list[Path]:
        """Puts everything back as it was; the places that are not there any more.

        What was said since is on the branch, where an older program finds it. Ours is down then,
        and stays so until somebody starts it.

        Raises:
            ThrumError: ``not_found``, nothing was migrated; ``repository``, ``storage``.
        """
        record = self.aside.record
        if record is None:
            todo = "`thrum migrate --dry-run` says what there is to bring over"
            raise ThrumError("not_found", "nothing was brought over here", todo)
        with quiet(self.place, self.environment, starts_again=False):
            landing.land(self.place, self.environment, ())
            if self.aside.kept(self.place.database.name) is not None:
                rebuild.discard(self.place.database)
            sync = self.place.shared / layout.SYNC
            had_sync = self.aside.has_moved(sync)
            lost = self.aside.bring_back(sync)
            layout.track(self.git, record.tracked)
            if had_sync and not os.path.lexists(sync):
                layout.remake_worktree(self.git, sync)
            self.aside.drop()
            self.place.halted.touch(mode=paths.PRIVATE_FILE)  # no command may start it by itself
        return lost

    # -- looking --

    def _found(self) -> Plan:
        plan = Plan(layout=layout.look(self.place, self.git))
        plan.database = self._database()
        plan.at_work = other_at_work(self.place)
        return plan

    def _database(self) -> Path | None:
        """The older program's: in its place, where ours put it, or beside, if that was cut off."""
        if older.is_older(self.place.database):
            return self.place.database
        record = self.aside.record
        if record is not None:
            return None if record.ended else self.aside.kept(self.place.database.name)
        put = self.place.var.glob(f"{self.place.database.name}.foreign-*")
        found = [path for path in put if older.is_older(path)]
        return max(found, key=lambda path: path.stat().st_mtime_ns, default=None)

    def _read(self, plan: Plan) -> tuple[Retelling, LocalFacts]:
        """Everything that the log lacks; the plan says how much it is."""
        known = Known.of(landing.held(self.place))
        daemon_id = str(config.load(self.place.config, {}).get("identity.daemon_id"))
        retelling, facts = Retelling(known, daemon_id), LocalFacts()
        retelling.take(plan.layout.lines())
        if plan.database is not None:
            with older.opened(plan.database, is_live=bool(plan.at_work)) as database:
                plan.version = database.version
                retelling.tell(database)
                facts = LocalFacts.of(database)
        plan.counts = retelling.counts
        plan.monitors, plan.phone = len(facts.jobs), len(facts.phone)
        plan.refused = [*retelling.refused, *facts.refused]
        plan.left = retelling.left + len(facts.refused)
        return retelling, facts

    def _files(self, plan: Plan) -> list[Path]:
        """What stays where it is and may change from now on."""
        shared = [self.place.config, self.place.var / "peers.json", *plan.layout.rewritten]
        folders = [paths.folder(root) / "identities" for root in sources.worktrees(self.place)]
        return [*shared, *(path for each in folders for path in sorted(each.glob("*.json")))]

    # -- doing --

    def _keep(self, facts: LocalFacts) -> None:
        if not facts.jobs and not facts.phone:
            return
        state = State.open(self.place.state, SCHEMAS, self.now_ns)
        try:
            facts.keep(state)
        finally:
            state.close()

    def _clear(self, plan: Plan) -> None:
        """Takes what was read out of the way."""
        old = plan.layout
        self.aside.untracked(old.tracked)
        layout.untrack(self.git, old.tracked)
        for path in old.data:
            if old.sync is None or not path.is_relative_to(old.sync):
                self.aside.move(path)
        if old.sync is not None:
            self.aside.move(old.sync)
            layout.forget_worktree(self.git)
        for path, text in old.rewritten.items():
            atomic.replace(path, text, path.stat().st_mode & 0o777)
        if plan.database is not None and not plan.database.is_relative_to(self.aside.folder):
            for side in reversed(_SIDES):
                original = self.place.database.with_name(self.place.database.name + side)
                self.aside.move(_beside(plan.database, side), original)


def _beside(database: Path, side: str) -> Path:
    """Where the side file of a database is; one that ours put aside has the suffix before."""
    stem, dot, put = database.name.partition(".foreign-")
    return database.with_name(f"{stem}{side}{dot}{put}")

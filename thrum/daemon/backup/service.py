"""Backups by schedule, as a service: a run that was missed is made up, one that fails is told."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

import msgspec

from thrum.config import Config
from thrum.daemon import saying
from thrum.daemon.projection.queries import agents
from thrum.daemon.rpc.rights import COORDINATOR
from thrum.daemon.service.contract import Service
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from thrum.daemon.node import Node
    from thrum.daemon.service.contract import Check
    from thrum.daemon.transaction import Transaction

LOOK_S: Final = 15.0
LIMIT_S: Final = 3600.0
AGAIN_NS: Final = 15 * 60 * 1_000_000_000
"""From a failure to the next try, unless the schedule is quicker."""
TOLD_NS: Final = 24 * 3600 * 1_000_000_000
"""For so long the same failure is told only once."""
KEYS: Final = ("backup.schedule", "backup.dir")

logger = logging.getLogger("thrum.backup")


class _Failure(msgspec.Struct):
    message: str = ""


class _Answer(msgspec.Struct):
    error: _Failure = msgspec.field(default_factory=_Failure)
    failed: list[str] = msgspec.field(default_factory=list)


class Backup(Service):
    """Has a backup taken whenever one is due. It is another process that takes it.

    Attributes:
        trouble: why the last one could not be taken whole; empty if it was.
    """

    name: ClassVar = "backup"
    follows: ClassVar = frozenset(KEYS)

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self.trouble = ""
        self._tried_ns = 0
        self._config = node.config

    @classmethod
    def checks(cls) -> Mapping[str, Check]:
        """See `Service`."""
        from thrum.daemon.backup import check

        return {"backup": check.check}

    async def start(self) -> None:
        """Gives the job to the scheduler."""
        self.node.scheduler.every(
            LOOK_S, self.look, owner=self.name, name="take a backup", limit_s=LIMIT_S + 60
        )

    def changed(self, config: Config) -> None:
        """See `Service`."""
        self._config = config
        self._tried_ns = 0

    async def look(self) -> None:
        """Takes one if it is due."""
        if not self._config.get("backup.schedule"):
            self.trouble = ""
            return
        # Imported here: most daemons take none, and archives are read by it.
        from thrum.daemon.backup import due

        config, environment = self._config, self.node.setting.environment
        try:
            every_ns = due.interval(str(config.get("backup.schedule")))
        except ThrumError as error:
            self.trouble = error.message
            return
        if not every_ns:
            self.trouble = ""
            return
        now = self.node.now_ns()
        last = due.last_taken(self.node.place, config, environment)
        pause = min(AGAIN_NS, every_ns)
        if due.is_due(last, every_ns, now) and not 0 <= now - self._tried_ns < pause:
            self._tried_ns = now
            await self._take(environment)

    async def _take(self, environment: Mapping[str, str]) -> None:
        done = await self.node.children.run(
            [sys.executable, "-P", "-m", "thrum", "backup", "--json"],
            owner=self.name,
            cwd=Path(self.node.place.repository),
            environment={**environment, "THRUM_AUTOSTART": "false", "THRUM_NO_HINTS": "1"},
            limit_s=LIMIT_S,
        )
        said = _read(done.out if done.code in {0, 1} and done.out else done.err)
        if done.code == 0:
            self.trouble = ""
            logger.info("a backup was taken")
            return
        words = said.error.message or "; ".join(said.failed) or f"it ended with {done.code}"
        self.trouble = f"the backup by schedule was not taken whole: {words}"
        logger.warning("%s", self.trouble)
        await self._tell(self.trouble)

    async def _tell(self, text: str) -> None:
        """Has coordinators and people hear of it."""
        author = await saying.supervisor(self.node)
        message_id = self.node.ids.make("msg")

        def told(transaction: Transaction) -> None:
            to = agents.in_charge(transaction.db, COORDINATOR)
            if to:
                saying.send_once(
                    transaction,
                    message_id,
                    author=author,
                    key=f"backup {text}"[:200],
                    within_ns=TOLD_NS,
                    to=to,
                    text=f"{text}. `thrum backup` tries again now and says more.",
                )

        await self.node.store.transact(told)

    def health(self) -> str:
        """See `Service`."""
        return self.trouble


def _read(text: bytes) -> _Answer:
    try:
        return msgspec.json.decode(text, type=_Answer)
    except msgspec.DecodeError:
        return _Answer()

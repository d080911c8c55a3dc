"""The key of this clone is noted once, and not asked for again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from thrum import events
from thrum.daemon.node import Node
from thrum.daemon.signing import decisions
from thrum.daemon.signing.key_file import Held, KeyFile
from thrum.daemon.signing.ring import Decision, Owned, Verdict
from thrum.daemon.signing.service import Signing
from thrum.daemon.signing.signer import Signer
from thrum.daemon.store import Store

ME = "d_here"


class CountedFile(KeyFile):
    """Counts how often the key is wanted; whoever has it loads the library that signs."""

    count = 0

    def read(self) -> Held | None:
        """See `KeyFile`."""
        self.count += 1
        return super().read()


@pytest.fixture
def file(tmp_path: Path) -> CountedFile:
    return CountedFile([tmp_path / "k/signing.key"], ME)


@pytest.fixture
def signer(file: CountedFile) -> Signer:
    return Signer(file, ME, lambda: True)


@pytest.fixture
def store(open_store: Callable[..., Store], signer: Signer) -> Store:
    return open_store(signer=signer)


def noted(parts: Node, signer: Signer) -> dict[Owned, Decision]:
    """What is noted once a service that has just begun looked for keys."""
    signing = Signing(replace(parts, signer=signer))

    async def looked() -> dict[Owned, Decision]:
        await signing._see()
        return await signing.tables.ask(decisions.read)

    return asyncio.run(looked())


def test_our_key_is_noted_once_and_not_asked_for_after_a_restart(
    parts: Node, signer: Signer, file: CountedFile
) -> None:
    assert noted(parts, signer) == {}
    assert file.count == 0
    made = events.AgentRegister(agent_id="ann", role="r", module="m")
    parts.store.transact_blocking(lambda transaction: transaction.emit(made))
    ours = {Owned(ME, signer.key): Decision(Verdict.ACCEPTED)}
    assert noted(parts, signer) == ours
    file.count = 0
    assert noted(parts, Signer(file, ME, lambda: True)) == ours
    assert file.count == 0


def test_a_key_that_came_while_nobody_noted_it_is_noted_after_a_restart(
    parts: Node, signer: Signer, file: CountedFile
) -> None:
    made = events.AgentRegister(agent_id="ann", role="r", module="m")
    parts.store.transact_blocking(lambda transaction: transaction.emit(made))
    again = Signer(file, ME, lambda: True)
    assert noted(parts, again) == {Owned(ME, signer.key): Decision(Verdict.ACCEPTED)}


def test_who_shows_messages_is_told_when_they_are_worth_something_else(parts: Node) -> None:
    signing, told = Signing(parts), list[str]()
    signing.revalued = lambda: told.append(signing.policy.value)
    signing.heard([(events.KeyPublish(key="0" * 32, public=""), False)])
    signing.missed()
    signing.changed(parts.config)
    assert told == ["warn"] * 2
    parts.config.tree["signatures"] = "off"
    signing.changed(parts.config)
    assert told == ["warn", "warn", "off"]

"""Replicas of one log under everything that anybody may do to it: they end alike and lose nothing.

The logs, their repositories and the remote are real; only the way between them is in this process.
"""

from __future__ import annotations

import random
import shutil
from typing import Any

import pygit2
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from pygit2.enums import FileMode

from gitstore import Log, canonical
from gitstore.line import split
from tests.laws import examples
from tests.simulation import place
from tests.simulation.node import Node
from tests.simulation.remote import BRANCH, Network, tip_of

REPLICAS = 3
SHARDS = ("events.jsonl", "messages/alice.jsonl", "messages/bob.jsonl")
WHO = pygit2.Signature("Partner", "partner@example.org", 1_700_000_000, 0)

replicas = st.integers(0, REPLICAS - 1)
shards = st.sampled_from(SHARDS)
ids = st.integers(0, 9).map(lambda n: f"e{n}")
# Days apart, and of different precision.
moments = st.sampled_from(
    ["2026-01-01T00:00:00Z", "2026-01-09T00:00:00.5Z", "1999-01-01T00:00:00Z"]
)
bodies = st.one_of(st.integers(0, 3), st.just("long " * 12_000))
odd_lines = st.sampled_from(
    [
        b"no json at all",
        b'{"event_id":"torn","timest',
        b'{"text":"no id"}',
        b'{"event_id":7}',
        b"\xff\xfe bytes",
        b"[1,2]",
        b'{"event_id":"","timestamp":"x"}',
    ]
)


def tree_with(
    repository: pygit2.Repository, tree: pygit2.Oid | None, files: dict[str, bytes | None]
) -> pygit2.Oid:
    """The tree with these files replaced, or removed where there are no bytes."""
    root = repository.TreeBuilder(tree) if tree else repository.TreeBuilder()
    for path, data in files.items():
        folder, _, name = path.rpartition("/")
        builder = root
        if folder:
            held = root.get(folder)
            builder = repository.TreeBuilder(held.id) if held else repository.TreeBuilder()
        if data is not None:
            builder.insert(name, repository.create_blob(data), FileMode.BLOB)
        elif builder.get(name):
            builder.remove(name)
        if folder:
            root.insert(folder, builder.write(), FileMode.TREE)
    return root.write()


class Replicas(RuleBasedStateMachine):
    """Three replicas, a remote, and a partner who writes to the remote whatever it likes."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = place.folder("replicas")
        self.clock = 1_767_323_045_000_000_000
        self.known: dict[str, dict[str, tuple[str, bytes]]] = {shard: {} for shard in SHARDS}
        self.odd: dict[str, set[bytes]] = {shard: set() for shard in SHARDS}
        self.pending: list[tuple[str, bytes]] = []

    @initialize()
    def begin(self) -> None:
        chance = random.Random(1)
        self.network = Network(self.folder / "remote.git", chance, lambda _s: None, healed=True)
        self.nodes = []
        for number in range(REPLICAS):
            node = Node(
                f"n{number}",
                self.folder / f"n{number}",
                self.network,
                chance,
                self.now_ns,
                lambda _s: None,
                lambda _what: None,
            )
            node.begin()
            self.nodes.append(node)
        self.logs = [node.log for node in self.nodes]

    def now_ns(self) -> int:
        self.clock += 1_000_000
        return self.clock

    def teardown(self) -> None:
        if hasattr(self, "nodes"):
            self.settle()
            for node in self.nodes:
                node.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    # -- what is known to be kept --

    def expect(self, shard: str, raw: bytes) -> None:
        keys = self.logs[0].reader.keys(raw)
        if not keys.id:
            self.odd[shard].add(raw)
            return
        new = (keys.order, raw)
        self.known[shard][keys.id] = min(self.known[shard].get(keys.id, new), new)

    def exchanged(self, log: Log) -> None:
        assert log.exchange().ok
        for shard, raw in self.pending:
            self.expect(shard, raw)
        self.pending.clear()

    # -- replicas --

    @rule(number=replicas, shard=shards, id=ids, moment=moments, body=bodies)
    def append(self, number: int, shard: str, id: str, moment: str, body: Any) -> None:
        """An id may come again, at another replica and with other words."""
        raw = canonical({"event_id": id, "timestamp": moment, "by": number, "body": body})
        self.logs[number].append([[(shard, raw)]])
        self.expect(shard, raw)

    @rule(number=replicas)
    def commit(self, number: int) -> None:
        self.logs[number].commit()

    @rule(number=replicas)
    def exchange(self, number: int) -> None:
        self.exchanged(self.logs[number])

    # -- the partner --

    def partner(
        self, files: dict[str, bytes | None], parents: list[pygit2.Oid], base: pygit2.Oid | None
    ) -> None:
        remote = self.network.repository
        tree = tree_with(remote, base, files)
        commit = remote.create_commit(None, WHO, WHO, "partner", tree, parents)
        remote.references.create(BRANCH, commit, force=True)

    def remote_file(self, shard: str) -> tuple[pygit2.Oid | None, list[pygit2.Oid], bytes]:
        remote = self.network.repository
        tip = tip_of(remote)
        if tip is None:
            return None, [], b""
        commit = remote[tip].peel(pygit2.Commit)
        try:
            blob = commit.tree[shard]
        except KeyError:
            return commit.tree_id, [commit.id], b""
        assert isinstance(blob, pygit2.Blob)
        return commit.tree_id, [commit.id], blob.data

    @rule(number=replicas, shard=shards, line=odd_lines, twice=st.booleans(), end=st.booleans())
    def odd_line(self, number: int, shard: str, line: bytes, twice: bool, end: bool) -> None:
        """The partner adds a line that is not as it should be, perhaps twice or unfinished."""
        base, parents, data = self.remote_file(shard)
        if data and not data.endswith(b"\n"):
            data += b"\n"
        added = b"\n".join([line] * (2 if twice else 1)) + (b"\n" if end else b"")
        self.partner({shard: data + added}, parents, base)
        self.pending.append((shard, line))
        self.exchanged(self.logs[number])

    @rule(number=replicas, shard=shards)
    def reordered(self, number: int, shard: str) -> None:
        """The partner writes the lines of a file in another order."""
        base, parents, data = self.remote_file(shard)
        lines = [raw for _, raw in split(data)]
        if lines:
            self.partner({shard: b"\n".join(reversed(lines)) + b"\n"}, parents, base)
            self.exchanged(self.logs[number])

    @rule(number=replicas, shard=shards)
    def deleted_file(self, number: int, shard: str) -> None:
        base, parents, _ = self.remote_file(shard)
        if parents:
            self.partner({shard: None}, parents, base)
            self.exchanged(self.logs[number])

    @rule(number=replicas, shard=shards, id=ids, moment=moments, body=bodies)
    def unrelated_root(self, number: int, shard: str, id: str, moment: str, body: Any) -> None:
        """The remote's branch begins anew with something else in it."""
        raw = canonical({"event_id": id, "timestamp": moment, "by": "partner", "body": body})
        self.partner({shard: raw + b"\n"}, [], None)
        self.pending.append((shard, raw))
        self.exchanged(self.logs[number])

    @precondition(lambda self: bool(tip_of(self.network.repository)))
    @rule(number=replicas)
    def octopus(self, number: int) -> None:
        """A commit with every replica's tip that the remote has ever seen as its parents."""
        remote = self.network.repository
        tips = [pygit2.Oid(hex=log.tip) for log in self.logs]
        parents = [tip for tip in dict.fromkeys(tips) if tip in remote]
        base, head, _ = self.remote_file(SHARDS[0])
        self.partner({}, list(dict.fromkeys(head + parents)), base)
        self.exchanged(self.logs[number])

    @precondition(lambda self: bool(tip_of(self.network.repository)) and not self.pending)
    @rule(steps=st.integers(1, 4), delete=st.booleans())
    def forced_back(self, steps: int, delete: bool) -> None:
        """Somebody moves the remote's branch back, or deletes it."""
        remote = self.network.repository
        if delete:
            remote.references.delete(BRANCH)
            return
        commit = remote[tip_of(remote) or ""].peel(pygit2.Commit)
        for _ in range(steps):
            commit = commit.parents[-1] if commit.parents else commit
        remote.references.create(BRANCH, commit.id, force=True)

    # -- what holds in the end --

    def settle(self) -> None:
        """All exchange until nothing moves; then they are alike and hold everything."""
        for _ in range(2 * REPLICAS):
            for log in self.logs:
                self.exchanged(log)
            if len({log.tip for log in self.logs}) == 1:
                break
        trees = {log.repository[log.tip].peel(pygit2.Commit).tree_id for log in self.logs}
        assert len(trees) == 1
        lines: dict[str, dict[str, set[bytes]]] = {shard: {} for shard in SHARDS}
        loose: dict[str, set[bytes]] = {shard: set() for shard in SHARDS}
        for line in self.logs[0].read():
            shard = (self.logs[0].format.shard_of(line.path) or (line.path,))[0]
            keys = self.logs[0].reader.keys(line.raw)
            if keys.id:
                lines[shard].setdefault(keys.id, set()).add(line.raw)
            else:
                loose[shard].add(line.raw)
        for shard in SHARDS:
            assert self.odd[shard] <= loose[shard]
            for id, (_, raw) in self.known[shard].items():
                assert raw in lines[shard][id]


TestReplicas = Replicas.TestCase
TestReplicas.settings = settings(
    max_examples=examples(15),
    stateful_step_count=20,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
TestReplicas.pytestmark = [pytest.mark.timeout(examples(400)), pytest.mark.long]  # type: ignore[attr-defined]

"""The remote and the way to it: a real bare repository, and a network that fails."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pygit2
from pygit2.enums import FileMode, ObjectType

from gitstore import Outcome
from gitstore.program import Answer, GitProgram

BRANCH = "refs/heads/a-sync"
TRACKING = "refs/remotes/origin/a-sync"


def tip_of(repository: pygit2.Repository, name: str = BRANCH) -> str | None:
    """The commit that a ref points at."""
    found = repository.references.get(name)
    return str(found.target) if found else None


def _below(repository: pygit2.Repository, id: pygit2.Oid) -> Iterator[pygit2.Oid]:
    found = repository[id]
    if isinstance(found, pygit2.Commit):
        yield found.tree_id
        yield from found.parent_ids
    elif isinstance(found, pygit2.Tree):
        yield from (entry.id for entry in found if entry.filemode != FileMode.COMMIT)


def carry(source: pygit2.Repository, target: pygit2.Repository, id: str, most: int = 0) -> bool:
    """Copies an object and all below it, the lowest first; False if it ended after `most`."""
    stack = [pygit2.Oid(hex=id)]
    copied = 0
    while stack:
        here = stack[-1]
        missing = [] if here in target else [o for o in _below(source, here) if o not in target]
        if missing:
            stack += missing
            continue
        stack.pop()
        if here not in target:
            kind, data = source.read(here)
            target.write(ObjectType(kind), data)
            copied += 1
            if most and copied >= most:
                return not stack
    return True


@dataclass
class Network:
    """What lies between the nodes and the remote.

    Attributes:
        healed: nothing fails any more.
        cut_off: nodes that reach nothing.
    """

    remote: Path
    chance: random.Random
    pass_time: Callable[[float], None]
    healed: bool = False
    cut_off: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.repository = pygit2.init_repository(str(self.remote), bare=True)

    def trouble(self, node: str) -> str:
        """What happens to one question: nothing, lost before, lost after, half, slow, refused."""
        if self.healed:
            return ""
        if node in self.cut_off:
            return "lost before"
        kinds = ["lost before", "lost after", "half", "slow", "refused"]
        return self.chance.choice(kinds) if self.chance.random() < 0.2 else ""

    def tamper(self) -> str:
        """Somebody moves the remote's branch back or deletes it; what was done."""
        tip = tip_of(self.repository)
        if tip is None:
            return "nothing"
        if self.chance.random() < 0.3:
            self.repository.references.delete(BRANCH)
            return "deleted"
        commit = self.repository[tip].peel(pygit2.Commit)
        for _ in range(self.chance.randint(1, 5)):
            if commit.parents:
                commit = self.chance.choice(commit.parents)
        self.repository.references.create(BRANCH, commit.id, force=True)
        return f"forced back to {commit.id}"


class SimRemote(GitProgram, kw_only=True):
    """Stands for the git program of one node."""

    node: str
    network: Network
    local: pygit2.Repository
    meanwhile: Callable[[str], None]

    def _asked(self, what: str) -> tuple[str, Answer | None]:
        self.started += 1
        if self.left_s() <= 0:
            return "", Answer(Outcome.TIMED_OUT, "the exchange did not end by its deadline")
        self.meanwhile(what)
        trouble = self.network.trouble(self.node)
        if trouble == "lost before":
            return trouble, Answer(Outcome.UNREACHABLE, "no route")
        if trouble == "slow":
            self.network.pass_time(self.network.chance.uniform(5, 100))
        return trouble, None

    @staticmethod
    def _answered(trouble: str, answer: Answer) -> Answer:
        return Answer(Outcome.TIMED_OUT, "git hung") if trouble == "lost after" else answer

    def ls_remote(self) -> Answer:
        """See `GitProgram`."""
        trouble, answer = self._asked("ls-remote")
        if answer:
            return answer
        tip = tip_of(self.network.repository)
        found = Answer(Outcome.OK, tip=tip) if tip else Answer(Outcome.NO_SUCH_BRANCH)
        return self._answered(trouble, found)

    def fetch(self, *, whole: bool = False) -> Answer:
        """See `GitProgram`."""
        trouble, answer = self._asked("fetch")
        if answer:
            return answer
        tip = tip_of(self.network.repository)
        if tip is None:
            return Answer(Outcome.NO_SUCH_BRANCH)
        most = self.network.chance.randint(1, 6) if trouble == "half" else 0
        if not carry(self.network.repository, self.local, tip, most) or trouble == "half":
            return Answer(Outcome.FAILED, "the connection broke")
        self.local.references.create(TRACKING, pygit2.Oid(hex=tip), force=True)
        return self._answered(trouble, Answer(Outcome.OK))

    def push(self, commit: str) -> Answer:
        """See `GitProgram`."""
        trouble, answer = self._asked("push")
        if answer:
            return answer
        if trouble == "refused":
            return Answer(Outcome.REJECTED, "cannot lock ref")
        remote = self.network.repository
        most = self.network.chance.randint(1, 6) if trouble == "half" else 0
        if not carry(self.local, remote, commit, most) or trouble == "half":
            return Answer(Outcome.FAILED, "the connection broke")
        tip = tip_of(remote)
        if tip and tip != commit and not remote.descendant_of(commit, tip):
            return Answer(Outcome.REJECTED, "fetch first")
        remote.references.create(BRANCH, pygit2.Oid(hex=commit), force=True)
        return self._answered(trouble, Answer(Outcome.OK))

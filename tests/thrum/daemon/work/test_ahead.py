"""What HEAD has and the base has not: what git says, whatever the clocks of the committers said."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pygit2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.laws import examples
from thrum.daemon.work import ahead as module
from thrum.daemon.work.ahead import Ahead, ahead, base
from thrum.daemon.work.deadline import Deadline, Expired


@dataclass
class Graph:
    """Commits of one empty tree in a bare repository, by number."""

    repository: pygit2.Repository
    ids: list[pygit2.Oid]

    @classmethod
    def of(cls, folder: Path, commits: list[tuple[int, set[int]]]) -> Graph:
        """Makes each commit at its time upon its parents."""
        repository = pygit2.init_repository(str(folder), bare=True)
        tree = repository.TreeBuilder().write()
        made = cls(repository, [])
        for number, (time, parents) in enumerate(commits):
            who = pygit2.Signature("T", "t@example.org", time, 0)
            upon = [made.ids[parent] for parent in sorted(parents)]
            made.ids.append(repository.create_commit(None, who, who, f"c{number}", tree, upon))
        return made

    def compare(self, head: int, base: int) -> Ahead:
        return ahead(self.repository, self.ids[head], self.ids[base])

    def git(self, *arguments: str) -> set[pygit2.Oid]:
        """The ids that git prints."""
        command = ["git", "-C", self.repository.path, *arguments]
        done = subprocess.run(command, capture_output=True, text=True)
        return {pygit2.Oid(hex=line) for line in done.stdout.split()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where all examples' commits may lie side by side."""
    return tmp_path_factory.mktemp("graphs")


@st.composite
def histories(draw: Any, skewed: bool) -> list[tuple[int, set[int]]]:
    """Times and parents; a parent is never younger unless clocks may be wrong."""
    commits: list[tuple[int, set[int]]] = []
    for number in range(draw(st.integers(2, 9))):
        parents = draw(st.sets(st.integers(0, number - 1), max_size=2)) if number else set()
        time = draw(st.integers(0, 2))
        if not skewed:
            time += max((commits[parent][0] for parent in parents), default=0)
        commits.append((time, parents))
    return commits


@settings(max_examples=examples(40))
@given(commits=histories(skewed=False), data=st.data())
def test_it_is_what_git_says(
    folder: Path, commits: list[tuple[int, set[int]]], data: st.DataObject
) -> None:
    numbers = st.integers(0, len(commits) - 1)
    head, base = data.draw(numbers), data.draw(numbers)
    graph = Graph.of(folder, commits)
    found = graph.compare(head, base)
    ours, theirs = str(graph.ids[head]), str(graph.ids[base])
    assert {each.id for each in found.commits} == graph.git("rev-list", f"{theirs}..{ours}")
    times = [each.commit_time for each in found.commits]
    assert times == sorted(times, reverse=True)
    forks = graph.git("merge-base", "--all", theirs, ours)
    # Of commits of one second nobody can say which is the newer.
    apart = len({time for time, _ in commits}) == len(commits)
    shared = forks if apart else forks and graph.git("rev-list", *map(str, forks))
    assert found.fork in shared if forks else found.fork is None


@settings(max_examples=examples(200))
@given(commits=histories(skewed=True), data=st.data())
def test_wrong_clocks_hide_no_commit(
    folder: Path, commits: list[tuple[int, set[int]]], data: st.DataObject
) -> None:
    numbers = st.integers(max(0, len(commits) - 3), len(commits) - 1)
    head, base = data.draw(numbers), data.draw(numbers)
    reach = [set[int]() for _ in commits]
    for number, (_, parents) in enumerate(commits):
        reach[number] = {number}.union(*(reach[parent] for parent in parents))
    graph = Graph.of(folder, commits)
    found = graph.compare(head, base)
    told = {each.id for each in found.commits}
    assert told >= {graph.ids[number] for number in reach[head] - reach[base]}
    assert told <= {graph.ids[number] for number in reach[head]}
    both = {graph.ids[number] for number in reach[head] & reach[base]}
    assert found.fork in both if both else found.fork is None


def test_a_base_that_is_dated_before_all_it_stands_upon(tmp_path: Path) -> None:
    """Head and base both stand upon 2; the base's committer had a clock that was years behind."""
    graph = Graph.of(tmp_path, [(50, set()), (60, {0}), (70, {1}), (80, {2}), (1, {2})])
    found = graph.compare(3, 4)
    assert [each.message for each in found.commits] == ["c3"]
    assert found.fork == graph.ids[2]


def test_the_same_commit_is_not_ahead_of_itself(tmp_path: Path) -> None:
    graph = Graph.of(tmp_path, [(1, set()), (2, {0})])
    assert graph.compare(1, 1) == Ahead([], graph.ids[1])
    assert graph.compare(0, 1) == Ahead([], graph.ids[0])


def test_histories_too_far_apart_are_not_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = [(1, set[int]()), *((n + 1, {n - 1}) for n in range(1, 8))]
    graph = Graph.of(tmp_path, line)
    monkeypatch.setattr(module, "MOST_WALKED", 6)
    assert graph.compare(7, 0) == Ahead([], None)
    assert len(graph.compare(6, 0).commits) == 6


def test_a_walk_ends_at_its_deadline(tmp_path: Path) -> None:
    graph = Graph.of(tmp_path, [(1, set()), (2, {0}), (3, {1})])
    ticks = iter(range(9))
    with pytest.raises(Expired):
        ahead(graph.repository, graph.ids[2], graph.ids[0], Deadline(0, lambda: next(ticks)))


def test_the_base_is_the_remotes_main_then_its_master_then_ten_back(tmp_path: Path) -> None:
    line = [(1, set[int]()), *((n + 1, {n - 1}) for n in range(1, 12))]
    graph = Graph.of(tmp_path, line)
    repository, ids = graph.repository, graph.ids
    assert base(repository, ids[11]) == ids[1]
    assert base(repository, ids[10]) == ids[0]
    assert base(repository, ids[9]) is None
    repository.references.create("refs/remotes/origin/master", ids[3])
    assert base(repository, ids[11]) == ids[3]
    tag = repository.create_tag(
        "t", ids[4], pygit2.enums.ObjectType.COMMIT, pygit2.Signature("T", "t@e", 1, 0), "annotated"
    )
    repository.references.create("refs/remotes/origin/main", tag)
    assert base(repository, ids[11]) == ids[4]


def test_a_shallow_clone_ends_where_its_commits_do(checkout: Any, tmp_path: Path) -> None:
    for number in range(5):
        checkout.commit(f"c{number}", a__py=f"{number}\n")
    checkout.git("clone", "-q", "--depth", "2", f"file://{checkout.root}", str(tmp_path / "few"))
    repository = pygit2.Repository(str(tmp_path / "few"))
    head = repository.head.peel(pygit2.Commit)
    repository.references.delete("refs/remotes/origin/main")
    assert base(repository, head.id) is None
    found = ahead(repository, head.id, head.parent_ids[0])
    assert [each.message.strip() for each in found.commits] == ["c4"]


def test_without_a_remote_the_last_ten_commits_count(checkout: Any) -> None:
    shas = [checkout.commit(f"c{n}", a__py=f"{n}\n") for n in range(10)]
    assert checkout.read().unmerged_commits == []
    shas.append(checkout.commit("c10", a__py="10\n"))
    found = [each.sha for each in checkout.read().unmerged_commits]
    assert found == shas[:0:-1]
    checkout.git("update-ref", "refs/remotes/origin/master", "HEAD~1")
    assert [each.message for each in checkout.read().unmerged_commits] == ["c10"]


def test_a_merge_brings_what_it_merges(checkout: Any) -> None:
    checkout.commit("first", a__py="a\n")
    checkout.base_here()
    checkout.git("checkout", "-q", "-b", "side")
    checkout.commit("side", "2026-01-03T00:00:00Z", s__py="s\n")
    checkout.git("checkout", "-q", "main")
    checkout.commit("trunk", "2026-01-04T00:00:00Z", t__py="t\n")
    checkout.git("merge", "-q", "-m", "join", "side", at="2026-01-05T00:00:00Z")
    work = checkout.read()
    told = [(each.message, each.files) for each in work.unmerged_commits]
    assert told == [("join", []), ("trunk", ["t.py"]), ("side", ["s.py"])]
    assert work.changed_files == ["s.py", "t.py"]


def test_histories_that_share_nothing_have_commits_and_no_difference(checkout: Any) -> None:
    checkout.commit("first", a__py="a\n")
    checkout.base_here()
    checkout.git("checkout", "-q", "--orphan", "other")
    checkout.commit("apart", b__py="b\n")
    work = checkout.read()
    assert [each.message for each in work.unmerged_commits] == ["apart"]
    assert work.changed_files == []

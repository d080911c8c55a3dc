from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitstore import Format, MergeRule

FORMAT = Format()
names = st.text("abcdefghijklmnopqrstuvwxyz0123456789_-", min_size=1, max_size=12)


@given(names, st.integers(1, 10_000))
def test_a_segment_leads_back_to_its_shard(name: str, number: int) -> None:
    for shard in (f"messages/{name}.jsonl", "events.jsonl"):
        assert FORMAT.shard_of(FORMAT.segment(shard, number)) == (shard, number)


def test_every_segment_is_where_older_programs_look() -> None:
    assert FORMAT.segment("events.jsonl", 1) == "events.jsonl"
    assert FORMAT.segment("events.jsonl", 2) == "messages/~events~2.jsonl"
    assert FORMAT.segment("messages/alice.jsonl", 3) == "messages/alice~3.jsonl"


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("events.jsonl", MergeRule.LINES),
        ("messages.jsonl", MergeRule.LINES),
        ("messages/a~2.jsonl", MergeRule.LINES),
        ("messages-v2/user:leon.jsonl", MergeRule.ROWS),
        ("receipts/bob.jsonl", MergeRule.ROWS),
        ("state/agents/bob.json", MergeRule.OBJECT),
        ("messages/sub/a.jsonl", MergeRule.OPAQUE),
        ("messages/a.txt", MergeRule.OPAQUE),
        ("other.jsonl", MergeRule.OPAQUE),
        ("context/a.md", MergeRule.OPAQUE),
    ],
)
def test_the_path_says_how_a_file_is_united(path: str, rule: MergeRule) -> None:
    assert FORMAT.rule(path) is rule

"""What is typed says how many and of whom, and holds no key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum.daemon.nudges import words
from thrum.daemon.tmux.words import has_control


@pytest.mark.parametrize(
    ("senders", "begins"),
    [
        (["nux"], "New message from @nux"),
        (["nux", "nux"], "2 new messages from @nux"),
        (["nux", "user:dana", "nux"], "3 new messages from @nux, @user:dana"),
        (["a", "b", "c", "d", "e"], "5 new messages from @a, @b, @c and 2 more"),
    ],
)
def test_one_word_for_all(senders: list[str], begins: str) -> None:
    said = words.nudge(senders)
    assert said == f"{begins} -- run `thrum inbox --unread` to read"
    assert words.is_nudge(said)


@given(st.lists(st.text(), min_size=1, max_size=20))
def test_whatever_senders_are_called_it_is_one_short_line(senders: list[str]) -> None:
    said = words.nudge(senders)
    assert not has_control(said)
    assert len(said) < 300
    assert "$(" not in said and said.count("`") == 2
    assert words.is_nudge(said)


@given(st.integers(1, 60), st.lists(st.sampled_from(["nux", "dag", "user:dana"]), min_size=1))
def test_it_is_known_wherever_it_is_broken(width: int, senders: list[str]) -> None:
    said = words.nudge(senders)
    broken = "\n  ".join(said[at : at + width] for at in range(0, len(said), width))
    assert words.is_nudge(broken)


@pytest.mark.parametrize("added", ["x", "Z", "New message from @nux", "!", "`"])
def test_with_anything_besides_it_is_none(added: str) -> None:
    said = words.nudge(["nux"])
    assert not words.is_nudge(said + added)
    assert not words.is_nudge(added + said)
    assert not words.is_nudge(said[:-1])
    assert not words.is_nudge(added)

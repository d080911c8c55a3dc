"""What counts of lines that are written again, taken back, or left on another branch."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.laws import examples
from thrum.runtimes.contract import Move, Turn
from thrum.snapshots.branch import Step, told


def said(text: str, who: str = "user", **move: object) -> Step:
    return Step(Move(**move), (Turn(who, text),))  # type: ignore[arg-type]


def does(**move: object) -> Step:
    return Step(Move(**move))  # type: ignore[arg-type]


def texts(*steps: Step, is_whole: bool = True) -> str:
    return "".join(each.text for each in told(steps, is_whole=is_whole))


def test_all_of_it_where_nothing_is_done() -> None:
    assert texts(said("a"), does(), said("b"), said("b")) == "abb"


def test_the_last_of_one_id_counts_at_the_place_of_the_first() -> None:
    assert texts(said("a", id="1"), said("b", id="2"), said("A", id="1")) == "Ab"
    assert texts(said("a", id="1"), does(id="1"), said("b", id="2")) == "b"


def test_what_was_taken_back_is_gone() -> None:
    steps = (said("a", id="1"), said("b", id="2"), said("B", id="2"), said("c", id="3"))
    assert texts(*steps, does(back_to="2"), said("d", id="4")) == "ad"
    assert texts(*steps, does(back_to="1")) == ""
    # It stood before everything that is known.
    assert texts(*steps, does(back_to="unknown"), said("d", id="4")) == "d"


def test_prompts_are_taken_back_with_all_that_followed() -> None:
    steps = (said("a"), said("1", "assistant"), said("b"), said("2", "assistant"), does())
    assert texts(*steps, does(users_back=1), said("c")) == "a1c"
    assert texts(*steps, does(users_back=2), said("c")) == "c"
    assert texts(*steps, does(users_back=9), said("c")) == "c"


def test_what_stands_for_all_replaces_all() -> None:
    assert texts(said("a", id="1"), does(is_anew=True), said("b", id="1"), said("c")) == "bc"


def test_the_last_branch_counts() -> None:
    """A person goes back to the first answer and says something else."""
    steps = (
        said("a", id="1"),
        said("b", "assistant", id="2", after="1"),
        does(id="3", after="2"),
        said("left", id="4", after="3"),
        said("behind", "assistant", id="5", after="4"),
        said("c", id="6", after="3"),
    )
    assert texts(*steps) == "abc"
    assert texts(*steps, does(id="7", after="5")) == "abc"  # nothing was said there
    assert texts(*steps, said("!", id="7", after="5")) == "ableftbehind!"


def test_another_first_prompt_leaves_the_first_one_behind() -> None:
    assert texts(said("a", id="1"), said("b", id="2", after="1"), said("c", id="3")) == "c"
    start = does(id="0", after="x")
    steps = (start, said("a", id="1"), said("b", id="2", after="1"), said("c", id="3"))
    assert texts(*steps[:3]) == "ab"
    assert texts(*steps) == "c"


def test_before_a_line_that_got_lost_all_counts() -> None:
    steps = (said("a", id="1"), said("b", id="2", after="1"), said("d", id="4", after="3"))
    assert texts(*steps) == "abd"
    # Where not all of it was read it may as well stand before.
    assert texts(*steps, is_whole=False) == "d"


def test_a_tree_that_begins_anew_without_a_word_goes_on() -> None:
    steps = (said("a", id="1"), said("b", id="2", after="1"), does(id="3"))
    assert texts(*steps, said("c", id="4", after="3")) == "abc"


NAMES = st.sampled_from(("", "1", "2", "3", "4"))
MOVES = st.builds(Move, NAMES, NAMES, NAMES, st.integers(0, 3), st.booleans())
STEPS = st.lists(
    st.builds(
        Step,
        MOVES | st.builds(Move, NAMES, NAMES),
        st.lists(st.builds(Turn, st.sampled_from(("user", "assistant")), st.text(max_size=2))).map(
            tuple
        ),
    ),
    max_size=12,
)


@settings(max_examples=examples(150))
@given(steps=STEPS, is_whole=st.booleans())
def test_whatever_lines_do_nothing_is_made_up_or_told_twice(
    steps: list[Step], is_whole: bool
) -> None:
    every = [turn for step in steps for turn in step.turns]
    for turn in told(steps, is_whole=is_whole):
        every.remove(turn)

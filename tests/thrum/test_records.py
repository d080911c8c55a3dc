"""Records do what dataclasses do, and are written when the first one is made."""

from __future__ import annotations

import copy
import dataclasses
import threading
from dataclasses import field
from typing import ClassVar, Generic, TypeVar

import pytest

from thrum.records import dataclass

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Point:
    """A frozen one with slots."""

    kind: ClassVar[str] = "point"
    x: int
    y: int = 2
    seen: list[int] = field(default_factory=list, compare=False, repr=False)

    @property
    def both(self) -> int:
        return self.x + self.y


@dataclass(frozen=True, slots=True)
class Deep(Point):
    """One that begins with another's fields."""

    z: int = 3


@dataclass(slots=True)
class Box(Generic[T]):
    """One that changes, with a field that nobody gives."""

    value: T
    count: int = field(init=False, default=7)


@dataclass
class Open:
    """One without slots."""

    name: str
    size: int = field(default=4, kw_only=True)
    parts: list[str] = field(default_factory=list)
    whole: str = field(init=False)

    def __post_init__(self) -> None:
        self.whole = self.name * 2


@dataclass(eq=False)
class Lone:
    """One that equals nothing but itself."""

    name: str = "x"


def test_one_is_made_shown_compared_and_hashed() -> None:
    assert repr(Point(1)) == "Point(x=1, y=2)"
    assert Point(1, seen=[1]) == Point(1, 2) != Point(1, 3)
    assert len({Point(1), Point(1), Point(2)}) == 2
    assert Point.kind == "point"
    assert Point(1).both == 3
    assert not hasattr(Point(1), "__dict__")
    assert Point(1).seen is not Point(1).seen


def test_one_begins_with_the_fields_of_its_base() -> None:
    deep = Deep(1, z=5)
    assert (deep.x, deep.y, deep.z, deep.both) == (1, 2, 5, 3)
    assert [each.name for each in dataclasses.fields(Deep)] == ["x", "y", "seen", "z"]
    assert list(Deep.__slots__) == ["z"]


def test_a_frozen_one_does_not_change() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError, match="x"):
        Point(1).x = 2  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError, match="x"):
        del Point(1).x


def test_another_one_is_made_of_it() -> None:
    assert dataclasses.replace(Point(1), y=9) == Point(1, 9)
    assert copy.copy(Deep(1, 2)) == Deep(1, 2)
    assert dataclasses.asdict(Box("v")) == {"value": "v", "count": 7}
    match Point(4):
        case Point(x, y):
            assert (x, y) == (4, 2)


def test_one_that_changes_has_no_hash_and_what_nobody_gives() -> None:
    box = Box(1)
    box.value = 2
    assert (box.value, box.count) == (2, 7)
    with pytest.raises(TypeError):
        hash(box)
    with pytest.raises(AttributeError):
        box.other = 1  # type: ignore[attr-defined]


def test_one_without_slots_says_of_its_class_what_dataclasses_do() -> None:
    made = Open("a", size=5)
    assert (made.whole, made.parts, Open.size) == ("aa", [], 4)
    assert not hasattr(Open, "parts")
    with pytest.raises(TypeError):
        Open("a", [], 5)  # type: ignore[call-arg]


def test_one_that_does_not_change_is_copied_before_anybody_asked_for_its_fields() -> None:
    @dataclass(frozen=True, slots=True)
    class Copied(Deep):
        """One that nobody looked at yet."""

        more: str = "m"

    assert copy.copy(Copied(1)) == copy.deepcopy(Copied(1)) == Copied(1)
    assert copy.copy(Copied(1, more="n")).more == "n"


def test_one_may_equal_itself_alone() -> None:
    assert Lone() != Lone()
    assert hash(Lone())


def test_nothing_is_written_before_the_first_one() -> None:
    @dataclass(frozen=True, slots=True)
    class Unmade:
        """One of which there is none yet."""

        broken: list[int] = []  # noqa: RUF012 -- what `dataclasses` refuses

    for _ in range(2):
        with pytest.raises(ValueError, match="mutable default"):
            Unmade()


def test_threads_that_make_the_first_one_at_once_all_get_one() -> None:
    @dataclass(frozen=True)
    class Raced:
        """One that many begin."""

        a: int
        b: int = 1

    start, made = threading.Barrier(8), []

    def make() -> None:
        start.wait()
        made.append(Raced(3))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert made == [Raced(3)] * 8

"""The table of all methods, of which those of a noun are loaded when one of them is called.

Most of what a daemon can be asked it never is. To load it all at the start took a third of the
time until the first answer, and several MB.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from threading import RLock
from typing import Any, NamedTuple

from thrum.daemon.rpc.registry import Method, table


class Shelf(NamedTuple):
    """Methods that are loaded together.

    Attributes:
        name: whose they are.
        nouns: what stands before the point in their names.
        load: has them loaded.
    """

    name: str
    nouns: tuple[str, ...]
    load: Callable[[], Sequence[Method[Any, Any]]]


class Shelves(Mapping[str, Method[Any, Any]]):
    """Methods by name. Whoever wants to see all of them has all loaded. Any thread.

    Args:
        shelves: where they are.
    """

    def __init__(self, shelves: Sequence[Shelf]) -> None:
        self._left = tuple(shelves)
        self._loaded: dict[str, Method[Any, Any]] = {}
        self._one_at_a_time = RLock()

    def __getitem__(self, name: str) -> Method[Any, Any]:
        """The method of that name.

        Raises:
            KeyError: there is none.
            ValueError: two bear one name, or one has another noun than its shelf.
        """
        found = self._loaded.get(name)
        if found is None:
            noun = name.partition(".")[0]
            self._load([each for each in self._left if noun in each.nouns])
            found = self._loaded[name]
        return found

    def __iter__(self) -> Iterator[str]:
        """All names."""
        self._load(self._left)
        return iter(self._loaded)

    def __len__(self) -> int:
        """How many there are."""
        self._load(self._left)
        return len(self._loaded)

    def _load(self, shelves: Sequence[Shelf]) -> None:
        with self._one_at_a_time:
            for shelf in shelves:
                if shelf in self._left:
                    found = shelf.load()
                    _check(shelf, found)
                    # In this order: who finds no shelf left for a noun finds its methods.
                    self._loaded = table(self._loaded.values(), found)
                    self._left = tuple(each for each in self._left if each is not shelf)


def _check(shelf: Shelf, found: Sequence[Method[Any, Any]]) -> None:
    """Refuses a method that nobody would find.

    Raises:
        ValueError: see above.
    """
    for each in found:
        if each.name.partition(".")[0] not in shelf.nouns:
            raise ValueError(f"{shelf.name} answers {each.name}, which is none of its nouns")

"""Dataclasses whose methods are written when the first object is made.

`dataclasses` writes and compiles the methods of a class where it is declared, which takes half a
millisecond. The start of a daemon declares hundreds and uses few of them, so that was a third of
it. What a class can do is the same; what is wrong with a declaration is said with the first object.
"""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from dataclasses import dataclass as dataclass
else:

    def dataclass(cls: type | None = None, /, **how: bool) -> Any:
        """As `dataclasses.dataclass`, and takes the same."""
        if cls is None:
            return lambda declared: _Class(declared, how).seen
        return _Class(cls, how).seen


_TOLD: Final = ("__dataclass_fields__", "__dataclass_params__", "__match_args__")
"""What others read of a class."""
_WRITTEN: Final = ("__repr__", "__eq__", "__hash__", "__getstate__", "__setstate__", *_TOLD)
_OF_ITS_OWN: Final = frozenset({"__dict__", "__weakref__"})
"""What each class is given when it is made."""
_one_at_a_time: Final = RLock()


class _Class:
    """A class that has no methods of `dataclasses` yet.

    Attributes:
        seen: what others know: the class that was declared, or one like it with slots.
    """

    def __init__(self, declared: type, how: dict[str, bool]) -> None:
        self._how = how
        self._body = {k: v for k, v in vars(declared).items() if k not in _OF_ITS_OWN}
        self._is_written = False
        self.seen = self._slotted(declared) if how.get("slots") else declared
        self._put("__init__", self._beginning())
        for name in _TOLD:
            self._put(name, _Told(name, self.write))
        if how.get("frozen"):
            self._put("__setattr__", _refuse)
            self._put("__delattr__", _refuse)

    def write(self) -> None:
        """Has the methods written, unless they are."""
        with _one_at_a_time:
            if not self._is_written:
                self._adopt(vars(self._finished()))
                self._is_written = True
                self._body = {}

    def _put(self, name: str, value: object) -> None:
        setattr(self.seen, name, value)

    def _finished(self) -> type:
        """A class like this one with all that `dataclasses` writes."""
        from dataclasses import dataclass as written_at_once

        same = type(self.seen)(self.seen.__name__, self.seen.__bases__, dict(self._body))
        return written_at_once(**self._how)(same)

    def _adopt(self, written: Any) -> None:
        """Takes over what was written; how objects begin comes last, for others begin some now."""
        if not self._how.get("slots"):
            for name in self._defaults():
                if name in written:
                    self._put(name, written[name])
                else:
                    delattr(self.seen, name)
        for name in _WRITTEN:
            if name in written:
                self._put(name, written[name])
        self._put("__init__", written["__init__"])

    def _defaults(self) -> Iterator[str]:
        """The fields for which the class says what they are otherwise."""
        return (name for name in self._body.get("__annotations__", ()) if name in self._body)

    def _beginning(self) -> Callable[..., None]:
        """How the first object begins."""

        def __init__(one: object, *args: object, **named: object) -> None:
            self.write()
            self.seen.__init__(one, *args, **named)  # type: ignore[misc]

        return __init__

    def _slotted(self, declared: type) -> type:
        """The class once more, with slots for its fields."""
        fields = _fields(declared)
        known = {
            name for base in declared.__mro__[1:-1] for name in vars(base).get("__slots__", ())
        }
        body = {name: value for name, value in self._body.items() if name not in fields}
        body["__slots__"] = tuple(name for name in fields if name not in known)
        made = type(declared)(declared.__name__, declared.__bases__, body)
        made.__qualname__ = declared.__qualname__
        return made


class _Told:
    """An attribute of the class that is there once the methods are."""

    __slots__ = ("_name", "_write")

    def __init__(self, name: str, write: Callable[[], None]) -> None:
        self._name = name
        self._write = write

    def __get__(self, _one: object, cls: type) -> Any:
        self._write()
        return getattr(cls, self._name)


def _fields(declared: type) -> dict[str, str]:
    """The fields that the class itself declares, and their types in words.

    Raises:
        TypeError: the annotations are no words.
    """
    found: dict[str, str] = vars(declared).get("__annotations__", {})
    if not all(isinstance(kind, str) for kind in found.values()):
        raise TypeError(f"{declared.__module__} needs `from __future__ import annotations`")
    return {name: kind for name, kind in found.items() if not kind.startswith("ClassVar")}


def _refuse(_one: object, name: str, _value: object = None) -> None:
    """Nothing changes of an object that is frozen.

    Raises:
        FrozenInstanceError: always.
    """
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot change field {name!r}")

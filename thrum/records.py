"""Dataclasses whose methods are written when the first object is made.

`dataclasses` writes and compiles the methods of a class where it is declared, which takes half a
millisecond. The start of a daemon declares hundreds and uses few of them, so that was a third of
it. Here one method is compiled, when it is needed; what others ask of a dataclass (`fields`,
`replace`) is made by `dataclasses` once somebody asks. What a class can do is the same; what is
wrong with a declaration is said with the first object.
"""

from __future__ import annotations

from operator import attrgetter
from reprlib import recursive_repr
from threading import RLock
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from dataclasses import Field
    from dataclasses import dataclass as dataclass
else:

    def dataclass(cls: type | None = None, /, **how: bool) -> Any:
        """As `dataclasses.dataclass`, and takes `frozen`, `slots`, `eq` and `kw_only`."""
        if cls is None:
            return lambda declared: _Class(declared, **how).seen
        return _Class(cls, **how).seen


_TOLD: Final = ("__dataclass_fields__", "__dataclass_params__", "__match_args__")
"""What others read of a class."""
_OF_ITS_OWN: Final = frozenset({"__dict__", "__weakref__"})
"""What each class is given when it is made."""
_OURS: Final = "__record__"
"""Where a class has what is known of it here."""
_NEW: Final = object()
"""Stands for a value that is made for each object."""
_one_at_a_time: Final = RLock()


class _Class:
    """A class that has no methods of its own for its fields yet.

    Attributes:
        seen: what others know: the class that was declared, or one like it with slots.
    """

    def __init__(
        self,
        declared: type,
        *,
        frozen: bool = False,
        slots: bool = False,
        eq: bool = True,
        kw_only: bool = False,
    ) -> None:
        self._how = {"frozen": frozen, "slots": slots, "eq": eq, "kw_only": kw_only}
        self._body = {k: v for k, v in vars(declared).items() if k not in _OF_ITS_OWN}
        self._is_written = False
        self.seen = self._slotted(declared) if slots else declared
        self._put(_OURS, self)
        self._put("__init__", self._beginning())
        for name in _TOLD:
            self._put(name, _Told(name, self.tell))
        if frozen and slots:
            self._put("__getstate__", _state)
            self._put("__setstate__", _take_state)
        if frozen:
            self._put("__setattr__", _refuse)
            self._put("__delattr__", _refuse)

    def write(self) -> None:
        """Has the methods written, unless they are; how objects begin is the last of them."""
        with _one_at_a_time:
            if self._is_written:
                return
            fields = self.fields()
            begin = _beginning(self.seen, fields, **self._how)
            if not self._how["slots"]:
                self._say_defaults()
            if "__repr__" not in self._body:
                self._put("__repr__", _representation([each.name for each in fields if each.repr]))
            if self._how["eq"]:
                self._compare([each.name for each in fields if each.compare])
            self._put("__init__", begin)
            self._is_written = True

    def tell(self) -> None:
        """Has `dataclasses` say what others read of the class."""
        from dataclasses import dataclass as at_once

        with _one_at_a_time:
            same = type(self.seen)(self.seen.__name__, self.seen.__bases__, dict(self._body))
            finished: type = at_once(**self._how)(same)
            for name in _TOLD:
                self._put(name, vars(finished)[name])

    def fields(self) -> list[Field[Any]]:
        """The fields of an object, those of the bases first."""
        found: dict[str, Field[Any]] = {}
        for base in reversed(self.seen.__mro__):
            ours = vars(base).get(_OURS)
            found |= {each.name: each for each in ours.own()} if ours else {}
        return list(found.values())

    def own(self) -> Iterator[Field[Any]]:
        """The fields that the class itself declares.

        Raises:
            ValueError: objects would share a default that changes.
        """
        from dataclasses import MISSING, Field, field

        for name, kind in _annotations(self._body).items():
            said = self._body.get(name, MISSING)
            each: Field[Any] = said if isinstance(said, Field) else field(default=said)
            if type(each.default).__hash__ is None:
                raise ValueError(f"mutable default for field {name}: use default_factory")
            each.name, each.type = name, kind
            if each.kw_only is MISSING:
                each.kw_only = self._how["kw_only"]
            yield each

    def _put(self, name: str, value: object) -> None:
        setattr(self.seen, name, value)

    def _say_defaults(self) -> None:
        """Has the class say of its fields what they are otherwise, and nothing of the others."""
        from dataclasses import MISSING

        for each in self.own():
            if each.default is not MISSING:
                self._put(each.name, each.default)
            elif each.name in self._body:
                delattr(self.seen, each.name)

    def _compare(self, names: Sequence[str]) -> None:
        """Has objects compared by the fields of these names."""
        values = attrgetter(*names) if names else _nothing
        is_hashed = self._body.get("__hash__") is not None
        if "__eq__" not in self._body:
            self._put("__eq__", _equality(values))
        if not is_hashed:
            self._put("__hash__", _hash(values) if self._how["frozen"] else None)

    def _beginning(self) -> Callable[..., None]:
        """How the first object begins."""

        def __init__(one: object, *args: object, **named: object) -> None:
            self.write()
            self.seen.__init__(one, *args, **named)  # type: ignore[misc]

        return __init__

    def _slotted(self, declared: type) -> type:
        """The class once more, with slots for its fields."""
        fields = _annotations(self._body)
        before = declared.__mro__[1:-1]
        known = {name for base in before for name in vars(base).get("__slots__", ())}
        body = {name: value for name, value in self._body.items() if name not in fields}
        body["__slots__"] = tuple(name for name in fields if name not in known)
        made = type(declared)(declared.__name__, declared.__bases__, body)
        made.__qualname__ = declared.__qualname__
        return made


class _Told:
    """An attribute of the class that is there once somebody asks for it."""

    __slots__ = ("_name", "_tell")

    def __init__(self, name: str, tell: Callable[[], None]) -> None:
        self._name = name
        self._tell = tell

    def __get__(self, _one: object, cls: type) -> Any:
        self._tell()
        return getattr(cls, self._name)


def _annotations(body: dict[str, Any]) -> dict[str, str]:
    """The fields of a class, and their types in words.

    Raises:
        TypeError: they are no words.
    """
    found: dict[str, str] = body.get("__annotations__", {})
    if not all(isinstance(kind, str) for kind in found.values()):
        raise TypeError(f"{body['__module__']} needs `from __future__ import annotations`")
    return {name: kind for name, kind in found.items() if not kind.startswith("ClassVar")}


def _beginning(
    cls: type, fields: Sequence[Field[Any]], *, frozen: bool, slots: bool, **_: bool
) -> Callable[..., None]:
    """How an object begins: the one method that is worth compiling, for it runs most often."""
    from dataclasses import MISSING

    known: dict[str, Any] = {"_new": _NEW, "_set": object.__setattr__}
    params: dict[bool, list[str]] = {False: ["self"], True: []}
    lines = []
    for each in fields:
        name, value = each.name, each.name
        if each.default_factory is not MISSING:
            known[f"_make_{name}"] = each.default_factory
            value = f"_make_{name}()"
            default, value = (
                "=_new",
                f"{value} if {name} is _new else {name}" if each.init else value,
            )
        elif each.default is not MISSING:
            known[f"_is_{name}"] = each.default
            default, value = f"=_is_{name}", name if each.init else f"_is_{name}"
        else:
            default = ""
        if each.init:
            params[bool(each.kw_only)].append(name + default)
        elif each.default_factory is MISSING and (not slots or not default):
            continue
        lines.append(f"_set(self, {name!r}, {value})" if frozen else f"self.{name} = {value}")
    if hasattr(cls, "__post_init__"):
        lines.append("self.__post_init__()")
    named = ["*", *params[True]] if params[True] else []
    head = f"def __init__({', '.join([*params[False], *named])}):"
    exec("\n ".join([head, *(lines or ["pass"])]), known)  # noqa: S102 -- names of our own fields
    known["__init__"].__qualname__ = f"{cls.__qualname__}.__init__"
    return known["__init__"]  # type: ignore[no-any-return]


def _representation(names: Sequence[str]) -> Callable[[object], str]:
    @recursive_repr()
    def __repr__(one: object) -> str:
        said = ", ".join(f"{name}={getattr(one, name)!r}" for name in names)
        return f"{type(one).__qualname__}({said})"

    return __repr__


def _equality(values: Callable[[Any], object]) -> Callable[[object, object], bool]:
    def __eq__(one: object, other: object) -> bool:
        if other.__class__ is not one.__class__:
            return NotImplemented
        return values(one) == values(other)

    return __eq__


def _hash(values: Callable[[Any], object]) -> Callable[[object], int]:
    def __hash__(one: object) -> int:
        return hash(values(one))

    return __hash__


def _nothing(_one: object) -> tuple[()]:
    """What is compared where there are no fields."""
    return ()


def _refuse(_one: object, name: str, _value: object = None) -> None:
    """Nothing changes of an object that is frozen.

    Raises:
        FrozenInstanceError: always.
    """
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot change field {name!r}")


def _state(one: Any) -> list[object]:
    """What a copy of an object begins with that cannot be changed."""
    return [getattr(one, each.name) for each in type(one).__record__.fields()]


def _take_state(one: Any, state: Sequence[object]) -> None:
    """Begins as another object is."""
    for each, value in zip(type(one).__record__.fields(), state, strict=True):
        object.__setattr__(one, each.name, value)

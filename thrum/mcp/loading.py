"""Loading the server without what its package brings along for other transports.

The packages ``mcp`` and ``mcp.server`` load by their own code clients, servers over HTTP, and what
these speak and encipher with: a fifth of the time until the first answer and a quarter of the
memory, of which a server on standard input and output uses nothing. So that code is not run before
somebody asks one of the two for a name. Their modules are loaded as ever.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import util
from types import ModuleType
from typing import Any, Final, cast

from thrum.garbage import uncollected

_UNREAD: Final = ("mcp", "mcp.server")
"""From the outermost one inwards."""

_SPARED: Final = "uvicorn"
"""What a package below looks for and does without."""


class _Unread(ModuleType):
    """A package whose own code is run when it is asked for a name that it does not have yet."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # the import system asks for these, and goes on without them
            raise AttributeError(name)
        self.__class__ = cast("type[_Unread]", ModuleType)  # that code may ask for names itself
        spec = self.__spec__
        assert spec is not None
        assert spec.loader is not None
        spec.loader.exec_module(self)
        return getattr(self, name)


@contextmanager
def sparing() -> Iterator[None]:
    """Within it the server's modules are imported; what is loaded already stays as it is.

    Nobody looks for garbage among them.
    """
    is_spared = _SPARED not in sys.modules
    if is_spared:
        cast("dict[str, object]", sys.modules)[_SPARED] = None  # is not there, says the language
    with uncollected():
        try:
            for name in _UNREAD:
                _put_unread(name)
            yield
        finally:
            if is_spared:
                del sys.modules[_SPARED]


def _put_unread(name: str) -> None:
    spec = None if name in sys.modules else util.find_spec(name)
    if spec is None:
        return
    module = util.module_from_spec(spec)
    module.__class__ = _Unread
    sys.modules[name] = module
    outer, _, inner = name.rpartition(".")
    if outer:
        setattr(sys.modules[outer], inner, module)

"""The program that a daemon began as, for what it loads later.

A daemon loads what it needs when it needs it, and goes on for weeks, while the program on the disk
becomes a newer one. So what it has not loaded it keeps as compiled code, a sixth of what it would
take otherwise: whatever it loads is of one program.
"""

from __future__ import annotations

import logging
import marshal
import struct
import sys
import zlib
from collections.abc import Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import MAGIC_NUMBER, cache_from_source, spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType
from typing import Final, NamedTuple

FOLDERS: Final = ("gitstore", "thrum/claims", "thrum/daemon", "thrum/runtimes", "thrum/snapshots")
"""Where the modules are that a daemon works and answers with."""
FILES: Final = "thrum/*.py"

_HEAD: Final = struct.Struct("<4sIII")
"""What stands above compiled code: Python's number, how it is told that it is of the source, and
the source's time and length."""
_BY_TIME: Final = 0
_WORD: Final = 0xFFFFFFFF

logger = logging.getLogger("thrum.daemon")


class Kept(NamedTuple):
    """A module that is not loaded: its file, and its compiled code, packed."""

    path: Path
    code: bytes


class KeptCode(MetaPathFinder):
    """Finds modules in what was kept of them.

    Args:
        root: the folder that the program is in.
        folders: those of its folders that count.
        files: the pattern of further files.
    """

    def __init__(
        self,
        root: Path = Path(__file__).parents[2],
        folders: Sequence[str] = FOLDERS,
        files: str = FILES,
    ) -> None:
        self._root, self._folders, self._files = root, folders, files
        self._kept: dict[str, Kept] = {}

    def keep(self) -> None:
        """Keeps the code of all modules that are not loaded, and has them loaded of it."""
        try:
            for name, path in self._modules():
                if name not in sys.modules:
                    self._kept[name] = Kept(path, zlib.compress(_code(name, path), level=1))
        except (OSError, SyntaxError) as error:
            logger.warning("the program changed when the daemon had just begun: %s", error)
        sys.meta_path.insert(0, self)

    def forget(self) -> None:
        """Has modules loaded of their files again."""
        sys.meta_path.remove(self)

    def find_spec(
        self, name: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """See `MetaPathFinder`; None for what is not kept."""
        kept = self._kept.get(name)
        if kept is None:
            return None
        loader = _Loader(name, str(kept.path), self._kept)
        return spec_from_file_location(name, kept.path, loader=loader)

    def _modules(self) -> Iterator[tuple[str, Path]]:
        """What may be loaded, and where it is."""
        within = (sorted((self._root / each).rglob("*.py")) for each in self._folders)
        for path in (*(each for found in within for each in found), *self._root.glob(self._files)):
            parts = path.relative_to(self._root).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def _code(name: str, path: Path) -> bytes:
    """The compiled code of a module, as bytes.

    Mostly Python has it beside the source, and then it is not made into code here: what is made and
    thrown away leaves its room behind, a megabyte of it.

    Raises:
        OSError, SyntaxError: as the source says.
    """
    about = path.stat()
    of_source = MAGIC_NUMBER, _BY_TIME, int(about.st_mtime) & _WORD, about.st_size & _WORD
    try:
        compiled = Path(cache_from_source(path)).read_bytes()
    except (OSError, NotImplementedError):
        compiled = b""
    if compiled.startswith(_HEAD.pack(*of_source)):
        return compiled[_HEAD.size :]
    return marshal.dumps(SourceFileLoader(name, str(path)).get_code(name))


class _Loader(SourceFileLoader):
    """Loads a module of its kept code, which is needed once."""

    def __init__(self, name: str, path: str, kept: dict[str, Kept]) -> None:
        super().__init__(name, path)
        self._kept = kept

    def get_code(self, name: str) -> CodeType | None:
        """See `SourceFileLoader`."""
        kept = self._kept.get(name)
        if kept is None:
            return super().get_code(name)
        code: CodeType = marshal.loads(zlib.decompress(kept.code))  # noqa: S302 -- made above
        return code

    def exec_module(self, module: ModuleType) -> None:
        """See `SourceFileLoader`; what could not be loaded may be tried again."""
        super().exec_module(module)
        self._kept.pop(module.__name__, None)

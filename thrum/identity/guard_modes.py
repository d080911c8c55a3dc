"""Which mode each guard has: three layers, field by field, the later one counts.

All strict by default; then ``identity_guard`` in ``.thrum/config.json``, or in the ``config.yaml``
that beats it; then ``identity_guard`` in ``.thrum/var/guard-daemon.json``. They are read at every
question, so a change counts at once. A file that cannot be read, or a mode that does not exist, is
passed over and named among the faults; `thrum doctor` shows them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from thrum import small_file
from thrum.identity.guards import DEFAULT, GUARDS, MODES, Mode

SECTION: Final = "identity_guard"
LAYERS: Final[dict[str, str]] = {
    "config": "config.json",
    "config.yaml": "config.yaml",
    "guard-daemon": "var/guard-daemon.json",
}
"""The layers above the defaults, the last one on top, by their file below ``.thrum``."""
_READ: Final = {".json": small_file.json_object, ".yaml": small_file.yaml_object}


class Modes(NamedTuple):
    """What counts in one place.

    Attributes:
        modes: the mode of every guard.
        layers: which layer said so: ``default`` or a key of `LAYERS`.
        faults: sentences about what was passed over.
    """

    modes: Mapping[str, Mode]
    layers: Mapping[str, str]
    faults: tuple[str, ...]


def read(directory: Path) -> Modes:
    """The modes of a ``.thrum`` directory; never fails."""
    modes: dict[str, Mode] = dict.fromkeys(GUARDS, DEFAULT)
    layers = dict.fromkeys(GUARDS, "default")
    faults: list[str] = []
    for layer, name in LAYERS.items():
        path = directory / name
        for key, value in _section(path, faults).items():
            mode = next((each for each in MODES if each == value), None)
            if key not in GUARDS or mode is None:
                what = f"{key} is {value!r}" if key in GUARDS else f"there is no guard {key!r}"
                faults.append(f"{path}: {SECTION}: {what}")
                continue
            modes[key], layers[key] = mode, layer
    return Modes(modes, layers, tuple(faults))


def _section(path: Path, faults: list[str]) -> Mapping[str, Any]:
    try:
        tree = _READ[path.suffix](path)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        faults.append(f"{path} cannot be read: {error}")
        return {}
    section = tree.get(SECTION)
    if section is None:
        return {}
    if not isinstance(section, dict):
        faults.append(f"{path}: {SECTION} must hold guards and their modes")
        return {}
    return section

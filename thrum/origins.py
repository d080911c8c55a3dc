"""Where each value of the configuration comes from, for people who wonder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from thrum import access, config, small_file
from thrum.config import HIDDEN, Config, is_secret
from thrum.errors import ThrumError

Source = Literal["flag", "env", "config.yaml", "config.json", "default"]


class Setting(NamedTuple):
    """A key with its value.

    Attributes:
        value: what counts; what opens something is hidden.
        source: what says it.
        default: what counts where nothing says anything; None, too, where nobody knows the key.
    """

    name: str
    value: Any
    source: Source
    default: Any = None


def settings(found: Config) -> dict[str, Setting]:
    """Every key that is known or stands in a file, by its dotted name; keys that are known first.

    Raises:
        ThrumError: ``config``, a file or a variable says something that cannot be.
    """
    by_hand = _by_hand(found)
    known = {name: _known(found, by_hand, name) for name in found.keys}
    others = {
        name: Setting(name, _shown(name, value), _file(by_hand, name))
        for name, value in _leaves(found.tree)
        if name not in known
    }
    return known | others


def overrides(found: Config) -> dict[str, str]:
    """The variables that are set and beat a key of the files, with their values."""
    names = (each for key in found.keys.values() for each in key.env.split(", ") if each)
    return {
        name: found.environment[name]
        for name in dict.fromkeys(names)
        if found.environment.get(name, "").strip()
    }


def _known(found: Config, by_hand: Mapping[str, Any], name: str) -> Setting:
    set_by, default = found.keys[name].env.split(", "), found.keys[name].default
    if any(found.environment.get(each, "").strip() for each in set_by if each):
        return Setting(name, _from_environment(found, name), "env", default)
    value = found.get(name)
    if _at(found.tree, name) is None:
        return Setting(name, value, "default", default)
    return Setting(name, _shown(name, value), _file(by_hand, name), default)


def _from_environment(found: Config, name: str) -> Any:
    """What a variable says of a key, as `Config` reads it."""
    of = {
        "daemon.local_only": lambda: found.local_only,
        "daemon.autostart": lambda: found.asked_to_start,
    }
    return of[name]() if name in of else _variable(found, name)


def _variable(found: Config, name: str) -> str:
    """The first variable of a key that is set."""
    said = (found.environment.get(each, "") for each in found.keys[name].env.split(", "))
    return next(each for each in said if each.strip())


def _file(by_hand: Mapping[str, Any], name: str) -> Source:
    return "config.json" if _at(by_hand, name) is None else "config.yaml"


def _by_hand(found: Config) -> Mapping[str, Any]:
    """What the file that is written by hand says; `config.load` has read it and found it well."""
    path = found.path.with_suffix(".yaml")
    try:
        return config.lifted(small_file.yaml_object(path))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        text, todo = f"{path} cannot be read: {error}", "correct the file"
        raise ThrumError("config", text, access.what_helps(error, path, todo)) from error


def _at(tree: Mapping[str, Any], name: str) -> Any:
    value: Any = tree
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _leaves(tree: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of a tree that is no tree itself, by its dotted name."""
    for key, value in tree.items():
        name = f"{before}{key}"
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, f"{name}.")
        else:
            yield name, value


def _shown(name: str, value: Any) -> Any:
    return HIDDEN if value and is_secret(name) else value

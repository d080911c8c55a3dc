"""The methods of the nouns: none is forgotten, and each stands with its noun."""

from __future__ import annotations

import importlib
import pkgutil

from thrum.daemon import rpc
from thrum.daemon.rpc.nouns import NOUNS, of
from thrum.daemon.rpc.registry import declared_in


def test_every_method_of_the_folder_is_in_the_table() -> None:
    modules = [
        importlib.import_module(f"{rpc.__name__}.{each.name}")
        for each in pkgutil.iter_modules(rpc.__path__)
    ]
    declared = {each.name for each in declared_in(*modules)}
    found = [each.name for noun in NOUNS for each in of(noun)]
    assert declared == {*found}
    assert len(declared) == len(found) > 40

"""``state.db``: local facts that no event carries and no rebuild gives back.

A service is an *owner*: it declares a `Schema`, has tables of its own name's prefix, and reaches
them, and nothing else, through its `Tables`. What goes wrong with one owner stays with it; what
goes wrong with the file costs what cannot be read any more, and nothing is thrown away.
"""

from thrum.daemon.state.schema import Migration, Schema
from thrum.daemon.state.state import State
from thrum.daemon.state.tables import Tables

__all__ = ["Migration", "Schema", "State", "Tables"]

"""The log as people ask for it: who sent what when, read straight from the branch.

Neither the daemon nor the database takes part, so this is what is left to look at when either is in
trouble. Every answer holds also what lies in the journal and is not committed yet, unless the
question is about an earlier moment.
"""

from thrum.history.entry import Entry, entries_of, entry, newest_moment
from thrum.history.moment import History
from thrum.history.page import Filter, Page, as_document, is_wanted, known_types

__all__ = [
    "Entry",
    "Filter",
    "History",
    "Page",
    "as_document",
    "entries_of",
    "entry",
    "is_wanted",
    "known_types",
    "newest_moment",
]

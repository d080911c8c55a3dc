"""``thrum doctor``: looks at everything and says what to do about what is wrong.

Each check is a function that yields findings; none changes anything. With ``fix`` the repairs that
cannot lose anything are made: what is moved aside is named.
"""

from thrum.doctor.accepted import accept, take_back
from thrum.doctor.examination import as_json, examine, fix, is_clean
from thrum.doctor.finding import Finding, Level, Patient

__all__ = [
    "Finding",
    "Level",
    "Patient",
    "accept",
    "as_json",
    "examine",
    "fix",
    "is_clean",
    "take_back",
]

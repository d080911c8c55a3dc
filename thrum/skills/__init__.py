"""What agents can read of Thrum where they look for skills, slash commands and plugins.

One source, in ``texts`` and ``slash``; every form that some runtime wants is made from it.
"""

from thrum.skills.folders import pieces

__all__ = ["pieces"]

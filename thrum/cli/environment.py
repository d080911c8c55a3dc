"""Every environment variable that is read, for the help and for the page about configuration."""

from __future__ import annotations

from typing import Final

VARIABLES: Final = {
    "THRUM_NAME": "Which of several agents of a worktree this shell is.",
    "THRUM_ROLE, THRUM_MODULE, THRUM_DISPLAY": "What `quickstart` registers when flags say "
    "nothing.",
    "THRUM_AGENT_ID": "Who is calling, where no identity file says it.",
    "THRUM_INTENT": "What an agent is about to do, as the session says that was made for it.",
    "THRUM_HOME": "The repository to use where none is found above the current directory.",
    "THRUM_SOCKET": "The daemon's socket, instead of the repository's own.",
    "THRUM_WS_PORT": "The port of the web page, for the daemon; beats the file.",
    "THRUM_UI_DEV": "A folder that the daemon serves in place of the web page's own files.",
    "THRUM_TS_ADDRESS": "The address of this machine in the tailnet, where it is not found.",
    "THRUM_TS_PORT": "The port at which peers of the tailnet come, instead of one of 9100 to 9200.",
    "THRUM_LOCAL_ONLY, THRUM_LOCAL": "Whether the remote is off limits: true or false; the first "
    "beats the second.",
    "THRUM_AUTOSTART": "Start the daemon when a command needs it: true or false; beats the file.",
    "CI": "No daemon is started unless the variable above or the file asks for it.",
    "THRUM_NO_HINTS": "No hints on stderr.",
    "THRUM_BACKUP_DIR, THRUM_BACKUP_REPO, THRUM_BACKUP_CURRENT": "Set for programs that a backup "
    "runs: the folder of the repository's backups, the repository, and the backup itself.",
    "THRUM_PAGER, PAGER": "What shows long output on a terminal; the first beats the second, and "
    "`cat` or an empty one switches it off.",
    "THRUM_READY": "`0` has each command load itself, instead of a process of the daemon that "
    "stands ready carrying it out.",
    "THRUM_HOOK_MS": "How long a hook may take, in milliseconds; if it is not set, 250, and 1000 "
    "before a commit or an edit.",
    "THRUM_DEBUG": "Show the traceback of a defect.",
    "NO_COLOR": "No colours.",
    "CLICOLOR_FORCE": "Colours where stdout is no terminal, too.",
    "COLUMNS": "The width of the output where no terminal tells it.",
}
"""Variables that belong together, and what they say."""

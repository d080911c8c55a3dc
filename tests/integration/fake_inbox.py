"""A session of a runtime with an inbox socket, as Claude Code's documentation has it.

Run as a process of the runtime's name. A line ``auth`` with its token comes first, then a line
``user`` whose text begins a turn; the same text twice is dropped. Of each turn it prints a line:
what began it, and what the hooks brought.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from typing import Any

TOKEN = "t0ken"


def hook(event: str, **given: Any) -> str:
    """What a hook says to the model."""
    about = json.dumps({"session_id": "s1", "hook_event_name": event, **given})
    line = [sys.argv[2], "-m", "thrum", "hook", event, "--runtime", "claude"]
    done = subprocess.run(line, input=about, capture_output=True, text=True, check=True)
    said = json.loads(done.stdout) if done.stdout else {}
    return str(
        said.get("hookSpecificOutput", said).get("additionalContext", said.get("reason", ""))
    )


def turn(text: str) -> None:
    """One that a text begins."""
    told = [hook("UserPromptSubmit", prompt=text), hook("Stop")]
    print(json.dumps({"text": text, "told": "\n".join(told)}), flush=True)


def taken(connection: socket.socket) -> list[str]:
    """The texts that a connection brings; none where it does not say the token first."""
    rows = [json.loads(line) for line in connection.makefile()]
    if not rows or rows[0] != {"type": "auth", "token": TOKEN}:
        return []
    return [each["message"]["content"] for each in rows[1:] if each["type"] == "user"]


def main() -> None:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(sys.argv[1])
    listener.listen()
    os.environ |= {
        "CLAUDE_CODE_MESSAGING_SOCKET": sys.argv[1],
        "CLAUDE_CODE_MESSAGING_TOKEN": TOKEN,
    }
    hook("SessionStart", source="startup")
    turn("hello")
    known: set[str] = set()
    while True:
        connection, _ = listener.accept()
        for text in taken(connection):
            if text not in known:
                known.add(text)
                turn(text)


if __name__ == "__main__":
    main()

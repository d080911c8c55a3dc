"""Runtimes whose plugins ask: what ours in TypeScript would do is done here by its rules."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from tests.runtimes.fake import Fake, Outcome, demand, json_object, keys

ASKS = re.compile(r"""(?:tell|ask)\(\s*"([\w.]+)\"""")
EXPORTS = re.compile(r"^export\b", re.MULTILINE)
PATIENCE = re.compile(r"PATIENCE_MS = (\d+)")


class FakeWithPlugin(Fake):
    """A runtime that loads a file, in which each event that is asked about stands as a word."""

    def load_plugin(self, path: Path) -> None:
        """Takes in a plugin; nothing where there is none."""
        if not path.exists():
            return
        text = path.read_text()
        program = re.search(r'^const THRUM = (".*")$', text, re.MULTILINE)
        demand(program is not None, "the plugin starts no program")
        demand(len(EXPORTS.findall(text)) == 1, "every export is taken for a plugin")
        demand(text.count("{") == text.count("}"), "the plugin is not whole")
        asks = dict.fromkeys(ASKS.findall(text))
        patience = PATIENCE.search(text)
        assert program
        for event in asks:
            line = f"{json.loads(program[1])} hook {event} --runtime {self.name}"
            self.hook(event, line, patience and int(patience[1]), unit=1000)

    def understood(self, event: str, stdout: str, status: int) -> Outcome:
        """A plugin passes over whatever it does not understand."""
        demand(status == 0, f"{event} failed: {status}")
        said = keys(json_object(stdout, event), "context turn", "", event)
        texts: list[Any] = [said.get("context", ""), said.get("turn", "")]
        demand(all(isinstance(each, str) for each in texts), "a reply that is no text")
        return Outcome([texts[0]] if texts[0] else [], texts[1])

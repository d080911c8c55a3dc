"""Processes that sleep for a number of seconds by which one knows them among all others."""

from __future__ import annotations

import random

import psutil

from thrum.identity import process


def fresh_mark() -> str:
    """A number of seconds that nobody else sleeps."""
    return f"600.{random.SystemRandom().randrange(10**12):012}"


def marked(mark: str) -> list[int]:
    """The processes that run and have the mark among their arguments."""
    found = []
    for each in psutil.process_iter():
        try:
            if any(mark in word for word in each.cmdline()) and process.alive(each.pid):
                found.append(each.pid)
        except psutil.Error:
            continue  # gone by now
    return found

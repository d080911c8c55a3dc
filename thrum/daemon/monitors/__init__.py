"""Monitors: programs that the daemon keeps running, and whose output it reports as messages."""

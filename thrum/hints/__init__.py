"""Hints: what somebody should know before a command does something, or can do next."""

"""Thrum: durable mail, presence and shared context for coding agents, carried by git."""

__version__ = "0.1.0"

"""Calls that wait for mail."""

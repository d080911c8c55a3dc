"""Daemons that come back after login: a list of repositories, and what has the system start them.

One unit starts all that are listed. So a repository that was moved or deleted is passed over and
named, and no unit of its own is left to fail at each login.
"""

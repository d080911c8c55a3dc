"""Backups that the daemon takes by itself, and who hears that one could not be taken."""
